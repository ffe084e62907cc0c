/**
 * Multi-scale structural similarity of a luma plane (Wang, Simoncelli, Bovik: "Multiscale structural similarity for image quality
 * assessment", 37th Asilomar Conference, 2003): five scales, 11x11 Gaussian of σ = 1.5, the paper's weights, 2x2 means between scales.
 *
 * What will surprise you: it is the perceptual metric that can be had without a trained model. It sees structure at several viewing
 * distances; it sees neither colour, nor motion, nor what a viewer looks at, and is no VMAF. Only windows that lie wholly inside count.
 */
import { type Plane, assertSameSize } from './planes.ts';
import { C1, C2 } from './ssim.ts';

/** Exponents of the five scales, finest first (table 1 of the paper). */
const WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const;
const TAPS = 11;
const SIGMA = 1.5;
/** The coarsest scale must still hold one window. */
export const MS_SSIM_MIN_SIDE = TAPS << (WEIGHTS.length - 1);

const KERNEL = gaussian();

function gaussian(): Float64Array {
  const raw = Float64Array.from({ length: TAPS }, (_, at) =>
    Math.exp(-((at - (TAPS - 1) / 2) ** 2) / (2 * SIGMA * SIGMA)),
  );
  const sum = raw.reduce((total, value) => total + value, 0);
  return raw.map((value) => value / sum);
}

interface Picture {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/**
 * @returns 1 for equal planes, less for others; a scale whose mean structure is negative counts as 0
 * @throws RangeError where the planes differ in size, or a side is shorter than {@link MS_SSIM_MIN_SIDE}
 */
export function msSsim(a: Plane, b: Plane): number {
  assertSameSize(a, b);
  if (Math.min(a.width, a.height) < MS_SSIM_MIN_SIDE) {
    throw new RangeError(`multi-scale SSIM needs sides of ${MS_SSIM_MIN_SIDE}, not ${a.width}x${a.height}`);
  }
  let left: Picture = { ...a, data: Float32Array.from(a.data) };
  let right: Picture = { ...b, data: Float32Array.from(b.data) };
  let product = 1;
  for (const [scale, weight] of WEIGHTS.entries()) {
    const { luminance, structure } = similarity(left, right);
    const last = scale === WEIGHTS.length - 1;
    product *= Math.max(0, last ? luminance : structure) ** weight;
    if (!last) [left, right] = [halved(left), halved(right)];
  }
  return product;
}

/** A scale on which quality grows about as decibels do; for curves and their differences. At most 60. */
export function msSsimDb(value: number): number {
  return -10 * Math.log10(Math.max(1 - value, 1e-6));
}

/** Means over all windows: of the contrast-structure term, and of that times the luminance term. */
function similarity(a: Picture, b: Picture): { readonly luminance: number; readonly structure: number } {
  const meansA = smooth(a, a.data);
  const meansB = smooth(b, b.data);
  const squaresA = smooth(a, times(a.data, a.data));
  const squaresB = smooth(b, times(b.data, b.data));
  const products = smooth(a, times(a.data, b.data));
  let [luminance, structure] = [0, 0];
  for (let at = 0; at < meansA.length; at += 1) {
    const meanA = meansA[at] ?? 0;
    const meanB = meansB[at] ?? 0;
    const variances = (squaresA[at] ?? 0) - meanA * meanA + (squaresB[at] ?? 0) - meanB * meanB;
    const contrast = (2 * ((products[at] ?? 0) - meanA * meanB) + C2) / (variances + C2);
    structure += contrast;
    luminance += (contrast * (2 * meanA * meanB + C1)) / (meanA * meanA + meanB * meanB + C1);
  }
  return { luminance: luminance / meansA.length, structure: structure / meansA.length };
}

function times(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length);
  for (let at = 0; at < a.length; at += 1) out[at] = (a[at] ?? 0) * (b[at] ?? 0);
  return out;
}

/** The Gaussian across, then down; the result is smaller by ten samples each way. Double precision: variances are differences of squares. */
function smooth({ width, height }: Picture, data: Float32Array): Float64Array {
  const outWidth = width - TAPS + 1;
  const outHeight = height - TAPS + 1;
  const rows = new Float64Array(outWidth * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < outWidth; x += 1) {
      let sum = 0;
      for (let tap = 0; tap < TAPS; tap += 1) sum += (KERNEL[tap] ?? 0) * (data[y * width + x + tap] ?? 0);
      rows[y * outWidth + x] = sum;
    }
  }
  const out = new Float64Array(outWidth * outHeight);
  for (let tap = 0; tap < TAPS; tap += 1) {
    const factor = KERNEL[tap] ?? 0;
    const from = tap * outWidth;
    for (let at = 0; at < out.length; at += 1) out[at] = (out[at] ?? 0) + factor * (rows[from + at] ?? 0);
  }
  return out;
}

function halved({ data, width, height }: Picture): Picture {
  const [halfWidth, halfHeight] = [width >> 1, height >> 1];
  const out = new Float32Array(halfWidth * halfHeight);
  for (let y = 0; y < halfHeight; y += 1) {
    for (let x = 0; x < halfWidth; x += 1) {
      const at = 2 * y * width + 2 * x;
      out[y * halfWidth + x] =
        ((data[at] ?? 0) + (data[at + 1] ?? 0) + (data[at + width] ?? 0) + (data[at + width + 1] ?? 0)) / 4;
    }
  }
  return { data: out, width: halfWidth, height: halfHeight };
}
