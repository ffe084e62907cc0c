/** The source's frame rate, measured from the timestamps of its pictures. Pure. */
import type { Rtp90k } from '../../codecs/types.ts';

const WINDOW = 31;
const MIN_SAMPLES = 5;
const TICKS_PER_SECOND = 90_000;
/** A longer pause is an idle source, not a frame rate. */
const MAX_INTERVAL_RTP90K = 2 * TICKS_PER_SECOND;
/** What encoders take. */
const MIN_FRAME_RATE = 1;
const MAX_FRAME_RATE = 120;

export class FrameRateEstimator {
  readonly #intervals: number[] = [];
  #last: Rtp90k | null = null;

  pictureArrived(timestampRtp90k: Rtp90k): void {
    const interval = this.#last === null ? 0 : timestampRtp90k - this.#last;
    this.#last = timestampRtp90k;
    if (interval <= 0 || interval > MAX_INTERVAL_RTP90K) return;
    this.#intervals.push(interval);
    if (this.#intervals.length > WINDOW) this.#intervals.shift();
  }

  /**
   * Frames a second by the median interval, which single dropped pictures do not move; null before there is anything to
   * tell.
   */
  get framesPerSecond(): number | null {
    if (this.#intervals.length < MIN_SAMPLES) return null;
    const sorted = [...this.#intervals].sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1] ?? TICKS_PER_SECOND;
    return Math.max(MIN_FRAME_RATE, Math.min(MAX_FRAME_RATE, TICKS_PER_SECOND / median));
  }
}
