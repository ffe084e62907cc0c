/** The two WebRTC transports of a participant: what a client is told of them, what they tell, and their end. */
import type { types } from 'mediasoup';
import { ProtocolError } from '../../signaling/errors.ts';
import type { DtlsParameters, IceParameters, TransportOffer } from '../../signaling/messages/media.ts';
import { readEstimate } from '../bandwidth/estimate.ts';
import type { Logger } from '../observe/logger.ts';
import type { Clock } from '../time/clock.ts';
import { type CallMedia, transportOffer } from './callMedia.ts';
import type { Participant } from './participant.ts';
import { unlessGone } from './unlessGone.ts';

export interface Transports {
  readonly send: types.WebRtcTransport;
  readonly receive: types.WebRtcTransport;
}

export function offersOf({ send, receive }: Transports): {
  readonly send_transport: TransportOffer;
  readonly receive_transport: TransportOffer;
} {
  return { send_transport: transportOffer(send), receive_transport: transportOffer(receive) };
}

/** @throws ProtocolError MediaUnavailable */
export async function makeTransports(ground: () => Promise<CallMedia>): Promise<Transports> {
  try {
    const media = await ground();
    const [send, receive] = await Promise.all([media.createTransport(), media.createTransport()]);
    await media.limitIncoming(send);
    return { send, receive };
  } catch (cause) {
    throw new ProtocolError('MediaUnavailable', 'no media process could take this participant', { cause });
  }
}

/** Follows what the transports of a participant tell: the estimate of its network, and states for the log. */
export function watchTransports(
  participant: Participant,
  { send, receive }: Transports,
  clock: Clock,
  logger: Logger,
): void {
  receive.on('trace', ({ type, info }) => {
    if (type === 'bwe') participant.way = readEstimate(info, participant.way, clock.nowMs());
  });
  receive.enableTraceEvent(['bwe']).catch((error: unknown) => {
    if (receive.closed) return;
    logger.warn({ participantId: participant.id, error: String(error) }, 'no bandwidth estimates');
  });
  for (const [direction, transport] of [
    ['send', send],
    ['receive', receive],
  ] as const) {
    const fields = { participantId: participant.id, direction };
    transport.on('icestatechange', (state) => logger.debug({ ...fields, state }, 'ICE state'));
    transport.on('dtlsstatechange', (state) => logger.debug({ ...fields, state }, 'DTLS state'));
  }
}

/** @throws ProtocolError NotFound */
export function transportOf({ transports }: Participant, transportId: string): types.WebRtcTransport {
  if (transports?.send.id === transportId) return transports.send;
  if (transports?.receive.id === transportId) return transports.receive;
  throw new ProtocolError('NotFound', 'no such transport of yours');
}

/** @throws ProtocolError MediaUnavailable, InvalidMessage */
export async function connectTransport(
  transport: types.WebRtcTransport,
  dtlsParameters: DtlsParameters,
): Promise<void> {
  try {
    await transport.connect({ dtlsParameters });
  } catch (cause) {
    if (transport.closed) {
      throw new ProtocolError('MediaUnavailable', 'the media part is being replaced', { cause });
    }
    throw new ProtocolError('InvalidMessage', 'these DTLS parameters cannot be used', { cause });
  }
}

/** @throws ProtocolError MediaUnavailable */
export function restartIce(transport: types.WebRtcTransport): Promise<IceParameters> {
  return unlessGone(
    () => transport.closed,
    () => transport.restartIce(),
  );
}

export function closeTransports({ send, receive }: Transports): void {
  send.close();
  receive.close();
}
