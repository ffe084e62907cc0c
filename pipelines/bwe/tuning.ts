/**
 * The constants of the estimator, each with what it decides. Found in the laboratory: a seeded random search over the six LTE traces as they
 * are, checked at another round trip and at shifted starting points (docs/bandwidth.md has both).
 */

export interface Tuning {
  /** The rate's fast reading: of what was served in so long. Less follows grants of single radio frames. */
  readonly fastWindowUs: number;
  /** The slow reading; the lower of both counts, so that falls are believed at once and rises after a while. */
  readonly slowWindowUs: number;
  /** How far the slow reading counts where it is the lower one, 0 to 1. */
  readonly slowShare: number;
  /** Either reading wants so many packets. */
  readonly minPackets: number;
  /** A batch counts as backlogged from this share of its bytes on. */
  readonly busyShare: number;
  /** The queue that is aimed at: time, and packets. The second part makes equal flows equal. */
  readonly targetUs: number;
  readonly targetPackets: number;
  /** A queue above the target is drained within this; one below it is filled within the second. */
  readonly drainUs: number;
  readonly fillUs: number;
  /** Growth over two round trips while the queue is empty: 0.3 is 30 %. */
  readonly growth: number;
  /** The same far below what the link carried lately. */
  readonly regrowth: number;
  /** What a missing feedback leaves of the rate, for each 25 ms that it is late. */
  readonly fade: number;
  /** The link is believed to serve on for so many feedback intervals beyond the last one. */
  readonly ageIntervals: number;
  /** Pacing is at most this times the rate. */
  readonly maxGain: number;
  /** Headroom by volatility v (mean of |ln(fast / slow)|): the larger of 1 - calmSlope v and wildShare exp(wildSlope v). */
  readonly calmSlope: number;
  readonly wildShare: number;
  readonly wildSlope: number;
  readonly maxHeadroom: number;
  readonly volatilityMemoryUs: number;
  /** By so much a packet must have been early to count as one that waited, beside the path's jitter. */
  readonly slackUs: number;
  /** A single wait counts for no more than this in the slow reading: an outage that is over says little of what comes. */
  readonly longestGapUs: number;
}

export const TUNING: Tuning = {
  fastWindowUs: 25_000,
  slowWindowUs: 270_000,
  slowShare: 0.85,
  minPackets: 8,
  busyShare: 0.8,
  targetUs: 4_800,
  targetPackets: 6.7,
  drainUs: 20_000,
  fillUs: 30_000,
  growth: 0.3,
  regrowth: 1,
  fade: 0.2,
  ageIntervals: 0.77,
  maxGain: 2.5,
  calmSlope: 2.2,
  wildShare: 0.13,
  wildSlope: 5,
  maxHeadroom: 2,
  volatilityMemoryUs: 41_000_000,
  slackUs: 1_000,
  longestGapUs: 108_000,
};
