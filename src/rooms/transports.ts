/** The two WebRTC transports of a participant, and the test network before them: what a client is told of them, what they tell, and their end. */
import type { types } from 'mediasoup';
import { ProtocolError } from '../../signaling/errors.ts';
import type { DtlsParameters, IceParameters, TransportOffer } from '../../signaling/messages/media.ts';
import type { EmulatedNetwork } from '../../signaling/messages/requests.ts';
import { readEstimate } from '../bandwidth/estimate.ts';
import type { EmulatedWay, NetworkEmulator } from '../emulation/emulator.ts';
import type { Logger } from '../observe/logger.ts';
import type { Clock } from '../time/clock.ts';
import { type CallMedia, transportOffer } from './callMedia.ts';
import type { Participant } from './participant.ts';
import { unlessGone } from './unlessGone.ts';

export interface Transports {
  readonly send: types.WebRtcTransport;
  readonly receive: types.WebRtcTransport;
  /** The test network that both go through; null: none. */
  readonly way: EmulatedWay | null;
}

/** As the messages have them. */
export interface TransportOffers {
  readonly send_transport: TransportOffer;
  readonly receive_transport: TransportOffer;
  readonly network: EmulatedNetwork | null;
}

export function offersOf({ send, receive, way }: Transports): TransportOffers {
  const offer = (transport: types.WebRtcTransport): TransportOffer => {
    const plain = transportOffer(transport);
    return way === null ? plain : { ...plain, ice_candidates: way.through(plain.ice_candidates) };
  };
  return {
    send_transport: offer(send),
    receive_transport: offer(receive),
    network: way?.network ?? null,
  };
}

/** What transports are made with. */
export interface TransportMaker {
  readonly ground: () => Promise<CallMedia>;
  readonly emulator: NetworkEmulator;
}

/**
 * @param network the test network that they go through; null: none
 * @throws ProtocolError MediaUnavailable, EmulationUnavailable
 */
export async function makeTransports(
  { ground, emulator }: TransportMaker,
  network: EmulatedNetwork | null,
): Promise<Transports> {
  const plain = await makePlain(ground);
  if (network === null) return { ...plain, way: null };
  try {
    const { ice_candidates: candidates } = transportOffer(plain.send);
    return { ...plain, way: await emulator.open(network, candidates) };
  } catch (error) {
    closeTransports({ ...plain, way: null });
    throw error;
  }
}

/**
 * The same, but without the test network where that cannot be had: being in the call matters more.
 * @throws ProtocolError MediaUnavailable
 */
export async function makeTransportsAnyway(
  maker: TransportMaker,
  network: EmulatedNetwork | null,
): Promise<Transports> {
  try {
    return await makeTransports(maker, network);
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== 'EmulationUnavailable') throw error;
    return makeTransports(maker, null);
  }
}

async function makePlain(ground: () => Promise<CallMedia>): Promise<Omit<Transports, 'way'>> {
  try {
    const media = await ground();
    const [send, receive] = await Promise.all([media.createTransport(), media.createTransport()]);
    await media.limitIncoming(send);
    return { send, receive };
  } catch (cause) {
    throw new ProtocolError('MediaUnavailable', 'no media process could take this participant', { cause });
  }
}

export interface TransportWatch {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The test network of a participant ended by itself. */
  readonly onWayDied: (participant: Participant) => void;
}

/** Follows what the transports of a participant tell: the estimate of its network, and states for the log. */
export function watchTransports(
  participant: Participant,
  transports: Transports,
  { clock, logger, onWayDied }: TransportWatch,
): void {
  const { send, receive, way } = transports;
  const wayDied = (): void => {
    if (participant.transports === transports) onWayDied(participant);
  };
  if (way?.closed === true) wayDied();
  else way?.once('died', wayDied);
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

export function closeTransports({ send, receive, way }: Transports): void {
  send.close();
  receive.close();
  way?.close();
}
