/**
 * How old the picture on screen is, at every moment: the delay of a call as its viewer has it.
 *
 * The delay of each shown picture (Salsify, NSDI 2018) says nothing of pictures that never came: a sender that skips a whole outage has
 * a good p95. The age goes on while nothing comes, so its quantiles are over time and not over pictures.
 *
 * What will surprise you: nothing is sampled. Between two pictures the age rises by a second each second, so its distribution is a sum of
 * even pieces, and quantiles are exact.
 */
import { type Us, asUs } from '../../../pipelines/link/link.ts';
import { type FrameRecord, type Quantiles, type Span, lengthUs, shownFrames } from './frames.ts';

/** While one picture is on screen, or before the first. */
export interface AgePiece {
  readonly fromUs: Us;
  readonly toUs: Us;
  /** At `fromUs`; at `toUs` it is older by their distance. */
  readonly ageUs: number;
}

/**
 * @param frames of the whole run; those before the span tell what is on screen at its beginning
 * @returns pieces in order, without gaps. Before anything is shown, the age is the time since the first picture was captured, which
 *   nobody has seen yet; before that, there is none.
 */
export function agePieces(frames: readonly FrameRecord[], span: Span): readonly AgePiece[] {
  lengthUs(span);
  let capturedUs = frames.reduce((least, { captureUs }) => Math.min(least, captureUs), Infinity);
  if (capturedUs === Infinity) capturedUs = span.fromUs;
  let atUs = Math.max(span.fromUs, capturedUs);
  const pieces: AgePiece[] = [];
  const add = (toUs: number): void => {
    if (toUs > atUs) pieces.push({ fromUs: asUs(atUs), toUs: asUs(toUs), ageUs: atUs - capturedUs });
    atUs = Math.max(atUs, toUs);
  };
  for (const { captureUs, displayUs } of shownFrames(frames)) {
    if (displayUs >= span.toUs) break;
    add(displayUs);
    capturedUs = captureUs;
  }
  add(span.toUs);
  return pieces;
}

/**
 * Over time.
 * @returns in ms
 * @throws RangeError where nothing was captured before the end of the span
 */
export function ageQuantilesMs(frames: readonly FrameRecord[], span: Span): Quantiles {
  const pieces = agePieces(frames, span);
  const quantileMs = (share: number): number => ageQuantileUs(pieces, share) / 1000;
  return { p50: quantileMs(0.5), p95: quantileMs(0.95), p99: quantileMs(0.99) };
}

/** @returns the age that is not exceeded during that share of the time */
export function ageQuantileUs(pieces: readonly AgePiece[], share: number): number {
  // Each piece spreads its time evenly over the ages that it goes through.
  const edges = pieces.flatMap(({ fromUs, toUs, ageUs }) => [
    { ageUs, change: 1 },
    { ageUs: ageUs + toUs - fromUs, change: -1 },
  ]);
  edges.sort((a, b) => a.ageUs - b.ageUs);
  const last = edges.at(-1);
  if (last === undefined) throw new RangeError('the age of a picture that was never captured');
  let leftUs = share * pieces.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0);
  let [through, beforeUs] = [0, 0];
  for (const { ageUs, change } of edges) {
    const timeUs = through * (ageUs - beforeUs);
    if (timeUs >= leftUs && through > 0) return beforeUs + leftUs / through;
    leftUs -= timeUs;
    through += change;
    beforeUs = ageUs;
  }
  return last.ageUs;
}
