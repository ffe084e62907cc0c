/**
 * Measures the way to each participant every two seconds: tells him the figures (CALL_STATS), and everybody the word for it when
 * it changes (PRESENCE `quality`).
 *
 * What will surprise you:
 * - Everybody has a timer of his own, which starts when he comes: a room's questions to its mediasoup worker are spread over
 *   the interval by themselves. One look asks three things: each of the two transports, and one stream for the round trip.
 * - A way that is gone while the signalling still stands (ICE says `disconnected`) is `lost` too.
 */
import type { types } from 'mediasoup';
import type { Quality } from '../../signaling/messages/requests.ts';
import type { WaySample } from '../bandwidth/proof.ts';
import type { Logger } from '../observe/logger.ts';
import type { ParticipantId } from '../plan/types.ts';
import type { Clock } from '../time/clock.ts';
import { FIRST_QUALITY, type NetworkSample, type QualityState, nextQuality } from './quality.ts';
import type { Member } from './reconciler.ts';
import type { Transports } from './transports.ts';

export interface NetworkWatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onQuality: (member: Member, quality: Quality) => void;
}

interface Watched {
  readonly member: Member;
  state: QualityState;
  cancel: () => void;
}

export const MEASURE_INTERVAL_MS = 2000;

export class NetworkWatch {
  readonly #options: NetworkWatchOptions;
  readonly #watched = new Map<ParticipantId, Watched>();

  constructor(options: NetworkWatchOptions) {
    this.#options = options;
  }

  /** From now on; whoever was watched under the same id no longer is. */
  add(member: Member): void {
    const { id } = member.participant;
    this.remove(id);
    const watched: Watched = { member, state: FIRST_QUALITY, cancel: () => undefined };
    this.#watched.set(id, watched);
    this.#arm(watched);
  }

  remove(id: ParticipantId): void {
    this.#watched.get(id)?.cancel();
    this.#watched.delete(id);
  }

  close(): void {
    for (const id of [...this.#watched.keys()]) this.remove(id);
  }

  #arm(watched: Watched): void {
    watched.cancel = this.#options.clock.after(MEASURE_INTERVAL_MS, () => {
      this.#measure(watched)
        .catch((error: unknown) => this.#options.logger.warn({ error: String(error) }, 'not measured'))
        .finally(() => {
          if (this.#isWatched(watched)) this.#arm(watched);
        });
    });
  }

  #isWatched(watched: Watched): boolean {
    return this.#watched.get(watched.member.participant.id) === watched;
  }

  async #measure(watched: Watched): Promise<void> {
    const { participant, deliveries } = watched.member;
    const { transports } = participant;
    if (transports === null) return;
    const sample = await look(transports, deliveries.anyConsumer(), deliveries.counts().videos);
    // It may have ended, or have other transports by now.
    if (sample === null || !this.#isWatched(watched) || participant.transports !== transports) return;
    participant.notify('CALL_STATS', {
      receive_available_bps: sample.availableBps,
      rtt_ms: sample.rttMs,
      receive_loss: sample.receiveLoss,
      send_loss: sample.sendLoss,
    });
    watched.state =
      transports.receive.iceState === 'disconnected'
        ? { ...watched.state, quality: 'lost' }
        : nextQuality(watched.state, sample);
    const { quality } = watched.state;
    if (quality !== participant.quality) this.#options.onQuality(watched.member, quality);
  }
}

/** What is sent on the way to a participant, and what becomes of it. @returns null where there is no way now */
export async function measureWay(member: Member | undefined): Promise<WaySample | null> {
  const receive = member?.participant.transports?.receive;
  if (member === undefined || receive === undefined) return null;
  try {
    const [[receiving], rttMs] = await Promise.all([
      receive.getStats(),
      roundTripMs(member.deliveries.anyConsumer()),
    ]);
    if (receiving === undefined) return null;
    const {
      rtpSendBitrate: sentBps,
      rtxSendBitrate: resentBps,
      sendBitrate,
      rtpPacketLossSent: loss = null,
    } = receiving;
    return { sentBps, resentBps, totalBps: Math.max(sentBps, sendBitrate), loss, rttMs };
  } catch (error) {
    if (receive.closed) return null;
    throw error;
  }
}

/** @returns null where the transports ended meanwhile */
async function look(
  { send, receive }: Transports,
  consumer: types.Consumer | null,
  videos: number,
): Promise<NetworkSample | null> {
  try {
    const [[sending], [receiving], rttMs] = await Promise.all([
      send.getStats(),
      receive.getStats(),
      roundTripMs(consumer),
    ]);
    return {
      receiveLoss: receiving?.rtpPacketLossSent ?? null,
      sendLoss: sending?.rtpPacketLossReceived ?? null,
      rttMs,
      availableBps: receiving?.availableOutgoingBitrate ?? null,
      sentBps: receiving?.sendBitrate ?? null,
      videos,
    };
  } catch (error) {
    if (send.closed || receive.closed) return null;
    throw error;
  }
}

/** @returns null where there is none yet, or the consumer ended between the question and the answer */
async function roundTripMs(consumer: types.Consumer | null): Promise<number | null> {
  const streams = (await consumer?.getStats().catch(() => [])) ?? [];
  const rttMs = streams.find(
    ({ ssrc }) => ssrc === consumer?.rtpParameters.encodings?.[0]?.ssrc,
  )?.roundTripTime;
  return rttMs === undefined || rttMs === 0 ? null : rttMs;
}
