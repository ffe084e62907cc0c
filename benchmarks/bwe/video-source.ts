/**
 * What a video encoder does, as seen by the network: 30 frames a second whose sizes scatter (lognormal) around what the target leaves for
 * each, the long-term rate held, a key frame on demand.
 */
import { seededRandom } from '../../pipelines/seeded-random.ts';

const FRAME_US = 1e6 / 30;
/** Standard deviation of the logarithm of a frame's size. */
const SCATTER = 0.25;
const KEY_FRAME_FACTOR = 5;
/** Beyond the target's share, what was too much is saved within so many frames. */
const CATCH_UP_FRAMES = 8;
const MAX_PAYLOAD_BYTES = 1200;

export interface VideoSourceOptions {
  readonly seed: number;
  /** More than this is never made. @default no limit */
  readonly maxBps?: number;
  /** Makes less than the target, as quiet content does. @default 1 */
  readonly share?: (nowUs: number) => number;
  /** @default none but the first */
  readonly keyFrameEveryMs?: number;
}

export class VideoSource {
  readonly #options: VideoSourceOptions;
  readonly #random;
  #nextUs = 0;
  #debtBytes = 0;
  #keyFrameUs = 0;

  constructor(options: VideoSourceOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  get nextUs(): number {
    return this.#nextUs;
  }

  /** @returns payload bytes of the frame's packets; none where a frame is skipped because too much is queued */
  frame(nowUs: number, targetBps: number, queuedBytes: number): number[] {
    const { maxBps = Infinity, share = (): number => 1, keyFrameEveryMs = Infinity } = this.#options;
    this.#nextUs = Math.max(this.#nextUs + FRAME_US, nowUs + 1);
    const bps = Math.min(maxBps, targetBps) * share(nowUs);
    const meanBytes = (bps * FRAME_US) / 8e6;
    const isKey = nowUs >= this.#keyFrameUs;
    if (isKey) this.#keyFrameUs = nowUs + keyFrameEveryMs * 1000;
    // Box and Muller; the mean of the lognormal is made 1.
    const normal =
      Math.sqrt(-2 * Math.log(1 - this.#random.next())) * Math.cos(2 * Math.PI * this.#random.next());
    const scatter = Math.exp(SCATTER * normal - (SCATTER * SCATTER) / 2);
    // What is over the target, or still waits, is saved over the next frames.
    const saved = (this.#debtBytes + queuedBytes) / CATCH_UP_FRAMES;
    const bytes = Math.max(0, (meanBytes - saved) * scatter * (isKey ? KEY_FRAME_FACTOR : 1));
    this.#debtBytes = Math.max(-meanBytes * CATCH_UP_FRAMES, this.#debtBytes + bytes - meanBytes);
    if (bytes < 60) return [];
    const count = Math.ceil(bytes / MAX_PAYLOAD_BYTES);
    return Array.from({ length: count }, () => Math.ceil(bytes / count));
  }
}
