/** What is known of each captured picture at the end of a run, and of the time in which it counts. */
import type { Us } from '../../../pipelines/link/link.ts';

export interface FrameRecord {
  readonly captureUs: Us;
  /** When it was on screen; null: never. */
  readonly displayUs: Us | null;
  /** Encoded; 0 where the encoder skipped it. */
  readonly bytes: number;
  /** What the viewer saw at its time against what was captured, luma, in dB. Absent where nobody looked. */
  readonly psnrDb?: number;
}

/** From, inclusive, to, exclusive. */
export interface Span {
  readonly fromUs: Us;
  readonly toUs: Us;
}

export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

interface Shown {
  readonly captureUs: Us;
  readonly displayUs: Us;
}

/**
 * In order of display. A picture that comes after a younger one is left out: a player does not go back.
 * @throws RangeError for a picture that is on screen before it was captured: the two clocks are not one
 */
export function shownFrames(frames: readonly FrameRecord[]): readonly Shown[] {
  const shown: Shown[] = [];
  for (const { captureUs, displayUs } of frames) {
    if (displayUs === null) continue;
    if (displayUs < captureUs) {
      throw new RangeError(`a picture captured at ${captureUs} us was on screen at ${displayUs} us`);
    }
    shown.push({ captureUs, displayUs });
  }
  shown.sort((a, b) => a.displayUs - b.displayUs || a.captureUs - b.captureUs);
  let youngestUs = -Infinity;
  return shown.filter(({ captureUs }) => {
    const isYounger = captureUs > youngestUs;
    youngestUs = Math.max(youngestUs, captureUs);
    return isYounger;
  });
}

/** @throws RangeError for a span that is empty */
export function lengthUs({ fromUs, toUs }: Span): number {
  if (!(toUs > fromUs)) throw new RangeError(`a span from ${fromUs} to ${toUs} us is empty`);
  return toUs - fromUs;
}

export function isIn({ fromUs, toUs }: Span, us: number): boolean {
  return us >= fromUs && us < toUs;
}
