/**
 * When an output encodes a key frame, when it encodes the last picture once more, and which timestamps it uses. Pure.
 *
 * Requests are merged: one key frame answers all that came before it, and two key frames keep a distance, since every one
 * costs the watchers' bandwidth. A source that sends no pictures (a shared screen at rest) must not make a new watcher
 * wait, so its last picture is encoded again, with a timestamp of the present.
 */
import type { Rtp90k } from '../../codecs/types.ts';

const MIN_KEY_FRAME_DISTANCE_MS = 200;
/** A source slower than this is not worth waiting for. */
const SLOW_INTERVAL_MS = 100;
const SLOW_SOURCE_PATIENCE_MS = 60;
/** Without a measured interval: two pictures at 30 a second. */
const UNKNOWN_INTERVAL_MS = 66;
const INTERVALS_OF_PATIENCE = 1.5;
const RTP_TICKS_PER_MS = 90;
/**
 * A repeated picture's timestamp stays this far behind the present: the next real picture, whose packets are on their way,
 * must not turn out to be older.
 */
const REPEAT_MARGIN_MS = 50;
/** A larger step back is a new timeline, not a picture that came late. */
const MAX_STEP_BACK_RTP90K = 90_000;

export class OutputSchedule {
  #keyFrameWanted = true;
  #lastKeyFrameAtMs = -Infinity;
  #lastPictureAtMs: number | null = null;
  #lastPictureRtp90k: Rtp90k | null = null;
  #lastUsedRtp90k: Rtp90k | null = null;
  #intervalMs = UNKNOWN_INTERVAL_MS;

  /** The source's usual time between pictures. */
  setInterval(intervalMs: number): void {
    this.#intervalMs = intervalMs;
  }

  /** Somebody needs a key frame. */
  requestKeyFrame(): void {
    this.#keyFrameWanted = true;
  }

  /**
   * A picture of the source is there.
   * @returns false where it must be left out, as a newer timestamp was used already.
   */
  pictureArrived(timestampRtp90k: Rtp90k, nowMs: number): boolean {
    this.#lastPictureAtMs = nowMs;
    this.#lastPictureRtp90k = timestampRtp90k;
    const last = this.#lastUsedRtp90k;
    if (last !== null && timestampRtp90k <= last && last - timestampRtp90k < MAX_STEP_BACK_RTP90K) {
      return false;
    }
    this.#lastUsedRtp90k = timestampRtp90k;
    return true;
  }

  /**
   * A picture that was there before the output: to be encoded at once.
   * @returns the timestamp for it: its own, or a later one where it is old.
   */
  startFrom(timestampRtp90k: Rtp90k, arrivedAtMs: number, nowMs: number): Rtp90k {
    this.#lastPictureAtMs = arrivedAtMs;
    this.#lastPictureRtp90k = timestampRtp90k;
    if (nowMs - arrivedAtMs <= this.#patienceMs) {
      this.#lastUsedRtp90k = timestampRtp90k;
      return timestampRtp90k;
    }
    return this.#useRepeatTimestamp(timestampRtp90k, arrivedAtMs, nowMs);
  }

  /** Whether the picture that goes to the encoder now is to be a key frame. */
  keyFrameDue(nowMs: number): boolean {
    return this.#keyFrameWanted && nowMs >= this.#lastKeyFrameAtMs + MIN_KEY_FRAME_DISTANCE_MS;
  }

  /** A key frame goes to the encoder: requests from now on are new ones. */
  keyFrameSubmitted(nowMs: number): void {
    this.#keyFrameWanted = false;
    this.#lastKeyFrameAtMs = nowMs;
  }

  /** The encoder left it out, or it could not be sent: again, but no sooner than two key frames may follow each other. */
  keyFrameMissed(): void {
    this.#keyFrameWanted = true;
  }

  /** @returns the timestamp with which to encode the last picture once more now, or null. */
  takeRepeat(nowMs: number): Rtp90k | null {
    if (nowMs < this.nextDeadlineMs || this.#lastPictureAtMs === null || this.#lastPictureRtp90k === null) {
      return null;
    }
    return this.#useRepeatTimestamp(this.#lastPictureRtp90k, this.#lastPictureAtMs, nowMs);
  }

  /** When the last picture is to be repeated unless a new one comes; Infinity where that is not needed. */
  get nextDeadlineMs(): number {
    if (!this.#keyFrameWanted || this.#lastPictureAtMs === null) return Infinity;
    return Math.max(
      this.#lastKeyFrameAtMs + MIN_KEY_FRAME_DISTANCE_MS,
      this.#lastPictureAtMs + this.#patienceMs,
    );
  }

  get #patienceMs(): number {
    return this.#intervalMs > SLOW_INTERVAL_MS
      ? SLOW_SOURCE_PATIENCE_MS
      : this.#intervalMs * INTERVALS_OF_PATIENCE;
  }

  #useRepeatTimestamp(pictureRtp90k: Rtp90k, arrivedAtMs: number, nowMs: number): Rtp90k {
    const elapsedMs = nowMs - arrivedAtMs;
    const aheadMs = Math.max(elapsedMs - REPEAT_MARGIN_MS, elapsedMs / 2);
    const wanted = pictureRtp90k + Math.floor(aheadMs * RTP_TICKS_PER_MS);
    const last = this.#lastUsedRtp90k ?? pictureRtp90k;
    const used = Math.max(wanted, last + 1) as Rtp90k;
    this.#lastUsedRtp90k = used;
    return used;
  }
}
