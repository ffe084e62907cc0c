/** How strongly the background is blurred. */

/** Lines of the scaled-down background; the width follows the picture's shape. */
export const BACKGROUND_LINES = 108;
const LEAST_SIGMA = 2;
const MOST_SIGMA = 7;

/** @param strength from 0, still a blur in which no text can be read, to 1. @returns sigma in lines of the background. */
export function sigmaOf(strength: number): number {
  const bounded = Number.isFinite(strength) ? Math.min(Math.max(strength, 0), 1) : 0.5;
  return LEAST_SIGMA + (MOST_SIGMA - LEAST_SIGMA) * bounded;
}

/** @returns weights from the middle outwards, to 2.5 sigma; the middle once and all others twice make 1. */
export function gaussianWeights(sigma: number): Float32Array<ArrayBuffer> {
  const taps = Math.ceil(sigma * 2.5) + 1;
  const weights = Float32Array.from({ length: taps }, (_, tap) =>
    Math.exp(-(tap * tap) / (2 * sigma * sigma)),
  );
  const sum = weights.reduce((total, weight, tap) => total + (tap === 0 ? weight : 2 * weight), 0);
  return weights.map((weight) => weight / sum);
}
