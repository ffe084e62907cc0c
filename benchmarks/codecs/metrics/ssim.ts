/**
 * Structural similarity of 8-bit planes (Wang, Bovik, Sheikh, Simoncelli: "Image quality assessment: from error visibility to structural
 * similarity", IEEE Transactions on Image Processing 13(4), 2004), with its constants K1 = 0.01, K2 = 0.03, L = 255.
 *
 * What will surprise you: the window is flat, 8x8 samples, at every fourth sample across and down, as in x264 and ffmpeg; not the
 * paper's 11x11 Gaussian, which costs fifteen times as much and ranks encoders alike. The multi-scale figure uses the Gaussian (msSsim.ts).
 * Variances are those of the window's 64 samples (divided by 64).
 */
import { type Plane, assertSameSize } from './planes.ts';

export const C1 = (0.01 * 255) ** 2;
export const C2 = (0.03 * 255) ** 2;

const BLOCK = 4;
const WINDOW_SAMPLES = 64;
/** Of one 4x4 block: sum a, sum b, sum of a² + b², sum of ab. */
const SUMS = 4;

/**
 * @returns the mean over all windows; 1 for equal planes. A margin of less than 4 samples on the right and below is left out.
 * @throws RangeError where the planes differ in size, or are smaller than one window
 */
export function ssim(a: Plane, b: Plane): number {
  assertSameSize(a, b);
  const across = Math.floor(a.width / BLOCK);
  const down = Math.floor(a.height / BLOCK);
  if (across < 2 || down < 2) throw new RangeError(`${a.width}x${a.height} is smaller than one 8x8 window`);
  let above = new Int32Array(across * SUMS);
  let below = new Int32Array(across * SUMS);
  sumBlocks(a, b, 0, above);
  let sum = 0;
  for (let row = 1; row < down; row += 1) {
    sumBlocks(a, b, row, below);
    sum += sumWindows(above, below, across);
    [above, below] = [below, above];
  }
  return sum / ((across - 1) * (down - 1));
}

function sumBlocks(a: Plane, b: Plane, row: number, sums: Int32Array): void {
  const { width, data: left } = a;
  const { data: right } = b;
  sums.fill(0);
  const end = Math.floor(width / BLOCK) * BLOCK;
  for (let y = row * BLOCK; y < (row + 1) * BLOCK; y += 1) {
    for (let x = 0; x < end; x += BLOCK) {
      let [sumA, sumB, squares, products] = [0, 0, 0, 0];
      for (let at = y * width + x; at < y * width + x + BLOCK; at += 1) {
        const l = left[at] ?? 0;
        const r = right[at] ?? 0;
        sumA += l;
        sumB += r;
        squares += l * l + r * r;
        products += l * r;
      }
      sums[x] = (sums[x] ?? 0) + sumA;
      sums[x + 1] = (sums[x + 1] ?? 0) + sumB;
      sums[x + 2] = (sums[x + 2] ?? 0) + squares;
      sums[x + 3] = (sums[x + 3] ?? 0) + products;
    }
  }
}

/** Each window is two blocks of one row and the two below. */
function sumWindows(above: Int32Array, below: Int32Array, across: number): number {
  let sum = 0;
  for (let block = 0; block + 1 < across; block += 1) {
    const at = block * SUMS;
    const four = (field: number): number =>
      (above[at + field] ?? 0) +
      (above[at + SUMS + field] ?? 0) +
      (below[at + field] ?? 0) +
      (below[at + SUMS + field] ?? 0);
    const meanA = four(0) / WINDOW_SAMPLES;
    const meanB = four(1) / WINDOW_SAMPLES;
    const variances = four(2) / WINDOW_SAMPLES - meanA * meanA - meanB * meanB;
    const covariance = four(3) / WINDOW_SAMPLES - meanA * meanB;
    sum +=
      ((2 * meanA * meanB + C1) * (2 * covariance + C2)) /
      ((meanA * meanA + meanB * meanB + C1) * (variances + C2));
  }
  return sum;
}
