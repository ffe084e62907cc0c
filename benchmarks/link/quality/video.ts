/** What a viewer had of a video, in one record. Definitions: `age.ts`, `freezes.ts`, and here. */
import { quantile } from '../../report/statistics.ts';
import { ageQuantilesMs } from './age.ts';
import { type FrameRecord, type Quantiles, type Span, isIn, lengthUs } from './frames.ts';
import { type Freezes, freezes } from './freezes.ts';

/** A frame that takes longer is late: above it people begin to talk into one another. */
export const DEADLINE_MS = 150;

export interface PsnrSummary {
  /** Of the mean squared error of all pictures, and not the mean of their decibels. */
  readonly meanDb: number;
  /** 5 % of pictures are worse. */
  readonly p5Db: number;
  readonly leastDb: number;
}

export interface VideoQuality {
  readonly captured: number;
  readonly shown: number;
  /** Of the picture on screen, over time: the figure to quote. */
  readonly ageMs: Quantiles;
  /** Capture to screen, over the pictures that were shown. Null: none was. Flatters whoever skips. */
  readonly shownDelayMs: Quantiles | null;
  readonly freezes: Freezes;
  /** Share of captured pictures. */
  readonly inTimeShare: number;
  /** Of encoded pictures. */
  readonly bitrateBps: number;
  readonly psnr: PsnrSummary | null;
}

/**
 * @param frames of the whole run
 * @param deadlineMs from capture to screen
 * @throws RangeError for an empty span, one without pictures, and clocks that do not agree
 */
export function videoQuality(
  frames: readonly FrameRecord[],
  span: Span,
  deadlineMs = DEADLINE_MS,
): VideoQuality {
  const captured = frames.filter(({ captureUs }) => isIn(span, captureUs));
  const delaysMs = captured.flatMap(({ captureUs, displayUs }) =>
    displayUs === null || displayUs >= span.toUs ? [] : [(displayUs - captureUs) / 1000],
  );
  return {
    captured: captured.length,
    shown: delaysMs.length,
    ageMs: ageQuantilesMs(frames, span),
    shownDelayMs: quantilesOf(delaysMs),
    freezes: freezes(frames, span),
    inTimeShare: inTimeShare(frames, span, deadlineMs),
    bitrateBps: (captured.reduce((sum, { bytes }) => sum + bytes, 0) * 8e6) / lengthUs(span),
    psnr: psnrSummary(captured),
  };
}

/**
 * Pictures (or packets of audio) that were there in time. Those whose deadline is after the span are not counted: nobody knows yet.
 * @throws RangeError where that leaves none
 */
export function inTimeShare(
  frames: readonly Pick<FrameRecord, 'captureUs' | 'displayUs'>[],
  span: Span,
  deadlineMs: number,
): number {
  const due = frames.filter(
    ({ captureUs }) => isIn(span, captureUs) && captureUs + deadlineMs * 1000 <= span.toUs,
  );
  if (due.length === 0) throw new RangeError('no picture whose deadline is in the span');
  const inTime = due.filter(
    ({ captureUs, displayUs }) => displayUs !== null && displayUs - captureUs <= deadlineMs * 1000,
  );
  return inTime.length / due.length;
}

export function quantilesOf(sample: readonly number[]): Quantiles | null {
  if (sample.length === 0) return null;
  return { p50: quantile(sample, 0.5), p95: quantile(sample, 0.95), p99: quantile(sample, 0.99) };
}

function psnrSummary(frames: readonly FrameRecord[]): PsnrSummary | null {
  const decibels = frames.flatMap(({ psnrDb }) => (psnrDb === undefined ? [] : [psnrDb]));
  if (decibels.length === 0) return null;
  // Relative to a squared error of 255²; constant, so it falls out.
  const meanError = decibels.reduce((sum, db) => sum + 10 ** (-db / 10), 0) / decibels.length;
  return {
    meanDb: -10 * Math.log10(meanError),
    p5Db: quantile(decibels, 0.05),
    leastDb: decibels.reduce((least, db) => Math.min(least, db), Infinity),
  };
}
