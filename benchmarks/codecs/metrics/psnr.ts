/**
 * Peak signal-to-noise ratio of 8-bit planes.
 *
 * What will surprise you: a clip's figure is that of its mean squared error (ffmpeg's "average"), not the mean of the pictures' decibels,
 * so one perfect picture does not make it infinite.
 */
import { type Plane, assertSameSize } from './planes.ts';

/** What equal planes get, where the true value has no end. */
export const PERFECT_DB = 100;

/** @throws RangeError where the planes differ in size */
export function meanSquaredError(a: Plane, b: Plane): number {
  assertSameSize(a, b);
  const { data: left } = a;
  const { data: right } = b;
  let squares = 0;
  for (let at = 0; at < left.length; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    squares += difference * difference;
  }
  return squares / left.length;
}

/** @returns dB, at most {@link PERFECT_DB} */
export function psnrDb(meanSquare: number): number {
  return meanSquare === 0 ? PERFECT_DB : Math.min(PERFECT_DB, 10 * Math.log10((255 * 255) / meanSquare));
}
