/** Pictures for tests, and how far a decoded one is from its source. */
import { i420Bytes } from '../native/frame.ts';
import type { Bps, Rtp90k } from '../types.ts';

export { movingPicture, seededRandom } from '../moving-picture.ts';

/** Picture `number` of a screen: hard-edged glyphs that stand still, and a line on which one more appears with each picture. */
export function screenPicture(width: number, height: number, number: number): Uint8Array {
  const picture = new Uint8Array(i420Bytes(width, height)).fill(128);
  const columns = width >> 3;
  for (let y = 0; y < height; y++) {
    const row = y >> 4;
    for (let x = 0; x < width; x++) {
      const column = x >> 3;
      const written = row !== 2 || column <= number % columns;
      const glyph = Math.imul(row * columns + column + 1, 0x9e3779b1) >>> 0;
      const dot = (glyph >>> (((y >> 1) & 7) * 4 + ((x >> 1) & 3))) & 1;
      picture[y * width + x] = written && (y & 15) < 14 && dot === 1 ? 20 : 235;
    }
  }
  return picture;
}

/** Peak signal-to-noise ratio of the luma plane in dB; Infinity for equal planes. */
export function lumaPsnrDb(a: Uint8Array, b: Uint8Array, width: number, height: number): number {
  let squares = 0;
  const samples = width * height;
  for (let i = 0; i < samples; i++) squares += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
  return 10 * Math.log10((255 * 255 * samples) / squares);
}

export const bps = (value: number): Bps => value as Bps;
export const rtp90k = (value: number): Rtp90k => value as Rtp90k;
