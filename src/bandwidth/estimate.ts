/** mediasoup's estimate of one transport, read from its `bwe` trace. Pure. Source: TransportCongestionControlClient of its worker. */
import type { WayEstimate } from './types.ts';

export const UNMEASURED: WayEstimate = { availableBps: null, isLimit: false, sinceMs: 0 };

/** The first estimates are where congestion control starts from, and no measurement. */
const SETTLE_MS = 4000;
const FELL_SHARE = 0.8;
/** An estimate this near to the highest that mediasoup would say is that bound, and not the network's. */
const BOUND_SHARE = 0.95;

/**
 * @param info of the trace event, untyped there: `availableBitrate` and `maxBitrate`, bits per second
 * @param before what was known
 * @returns what is known now; `before` where the event says nothing
 */
export function readEstimate(info: unknown, before: WayEstimate, nowMs: number): WayEstimate {
  if (typeof info !== 'object' || info === null || !('availableBitrate' in info)) return before;
  const { availableBitrate } = info;
  if (typeof availableBitrate !== 'number' || !Number.isFinite(availableBitrate)) return before;
  const bound = 'maxBitrate' in info && typeof info.maxBitrate === 'number' ? info.maxBitrate : Infinity;
  const sinceMs = before.availableBps === null ? nowMs : before.sinceMs;
  // A fall is a measurement, however early.
  const fell = before.isLimit || availableBitrate < (before.availableBps ?? 0) * FELL_SHARE;
  const isLimit = availableBitrate < bound * BOUND_SHARE && (fell || nowMs - sinceMs >= SETTLE_MS);
  return { availableBps: availableBitrate, isLimit, sinceMs };
}
