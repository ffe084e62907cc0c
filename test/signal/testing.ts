/** What the tests of this folder spoil pictures and sound with: seeded, so that a failure repeats. */

/** A generator of numbers in [-1, 1), the same for the same seed (mulberry32). */
export function seededNoise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** A plane with uniform noise of up to `swing` added to each sample, clipped to bytes. */
export function noisy(plane: Uint8Array, swing: number, seed: number): Uint8Array {
  const noise = seededNoise(seed);
  return plane.map((value) => Math.max(0, Math.min(255, Math.round(value + swing * noise()))));
}

/** A luma plane scaled down by a whole factor: each pixel the mean of the ones it replaces. */
export function boxScaled(luma: Uint8Array, width: number, height: number, factor: number): Uint8Array {
  const outWidth = Math.floor(width / factor);
  const outHeight = Math.floor(height / factor);
  return Uint8Array.from({ length: outWidth * outHeight }, (_, at) => {
    const left = (at % outWidth) * factor;
    const top = Math.floor(at / outWidth) * factor;
    let sum = 0;
    for (let y = top; y < top + factor; y += 1) {
      for (let x = left; x < left + factor; x += 1) sum += luma[y * width + x] ?? 0;
    }
    return Math.round(sum / (factor * factor));
  });
}

/** A luma plane blown up by a whole factor, each pixel repeated. */
export function repeated(luma: Uint8Array, width: number, height: number, factor: number): Uint8Array {
  const outWidth = width * factor;
  return Uint8Array.from({ length: outWidth * height * factor }, (_, at) => {
    const x = Math.floor((at % outWidth) / factor);
    const y = Math.floor(at / outWidth / factor);
    return luma[y * width + x] ?? 0;
  });
}
