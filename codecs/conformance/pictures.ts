/** How far a decoded picture is from its source. */
import type { Bps, Rtp90k } from '../types.ts';

export { movingPicture, seededRandom } from '../moving-picture.ts';

/** Peak signal-to-noise ratio of the luma plane in dB; Infinity for equal planes. */
export function lumaPsnrDb(a: Uint8Array, b: Uint8Array, width: number, height: number): number {
  let squares = 0;
  const samples = width * height;
  for (let i = 0; i < samples; i++) squares += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
  return 10 * Math.log10((255 * 255 * samples) / squares);
}

export const bps = (value: number): Bps => value as Bps;
export const rtp90k = (value: number): Rtp90k => value as Rtp90k;
