/**
 * Freezes, as a browser counts them: `freezeCount` and `totalFreezesDuration` of W3C's "Identifiers for WebRTC's Statistics API".
 *
 * The time from one picture on screen to the next is a freeze where it is at least max(3 × mean, mean + 150 ms), the mean being that of
 * the last 30 such times. Like libwebrtc, this one among them, and no freeze before there are five.
 *
 * What will surprise you: what is frozen at the end of the span is a freeze as well if it is long enough; a browser counts it only when a
 * picture comes.
 */
import { type FrameRecord, type Span, lengthUs, shownFrames } from './frames.ts';

const WINDOW = 30;
const LEAST_INTERVALS = 5;
const FACTOR = 3;
const MARGIN_US = 150_000;

export interface Freezes {
  readonly count: number;
  /** From the last picture before to the first one after. */
  readonly totalMs: number;
  readonly longestMs: number;
  readonly perMinute: number;
  /** Of the span's time. */
  readonly share: number;
}

/** @param frames of the whole run; a freeze belongs to the span in which it ends, with all of its length */
export function freezes(frames: readonly FrameRecord[], span: Span): Freezes {
  const spanUs = lengthUs(span);
  const times: number[] = shownFrames(frames)
    .map(({ displayUs }) => displayUs)
    .filter((us) => us < span.toUs);
  if (times.length > 0) times.push(span.toUs);
  const intervalsUs: number[] = [];
  const frozenUs: number[] = [];
  for (let index = 1; index < times.length; index += 1) {
    const endUs = times[index] ?? 0;
    const intervalUs = endUs - (times[index - 1] ?? 0);
    intervalsUs.push(intervalUs);
    if (intervalsUs.length > WINDOW) intervalsUs.shift();
    if (endUs >= span.fromUs && isFreeze(intervalUs, intervalsUs)) frozenUs.push(intervalUs);
  }
  const totalUs = frozenUs.reduce((sum, us) => sum + us, 0);
  return {
    count: frozenUs.length,
    totalMs: totalUs / 1000,
    longestMs: Math.max(0, ...frozenUs) / 1000,
    perMinute: (frozenUs.length * 60e6) / spanUs,
    share: Math.min(1, totalUs / spanUs),
  };
}

function isFreeze(intervalUs: number, lastUs: readonly number[]): boolean {
  if (lastUs.length < LEAST_INTERVALS) return false;
  const meanUs = lastUs.reduce((sum, us) => sum + us, 0) / lastUs.length;
  return intervalUs >= Math.max(FACTOR * meanUs, meanUs + MARGIN_US);
}
