/** Synthetic moving pictures, the same on every machine, and how far a decoded one is from its source. */
import type { Bps, Rtp90k } from '../types.ts';
import { i420Bytes } from '../native/frame.ts';

const TEXTURE = 256;

/** A small linear congruential generator (the constants of Numerical Recipes): the same numbers for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Smooth blobs: random values every 8 samples, bilinear in between, so that codecs have texture to follow. */
function makeTexture(): Uint8Array {
  const random = seededRandom(7);
  const cells = TEXTURE / 8;
  const grid = Float64Array.from({ length: cells * cells }, () => 40 + random() * 170);
  const at = (x: number, y: number): number => grid[(y % cells) * cells + (x % cells)] ?? 0;
  const texture = new Uint8Array(TEXTURE * TEXTURE);
  for (let y = 0; y < TEXTURE; y++) {
    for (let x = 0; x < TEXTURE; x++) {
      const [cx, cy, fx, fy] = [x >> 3, y >> 3, (x & 7) / 8, (y & 7) / 8];
      const top = at(cx, cy) * (1 - fx) + at(cx + 1, cy) * fx;
      const bottom = at(cx, cy + 1) * (1 - fx) + at(cx + 1, cy + 1) * fx;
      texture[y * TEXTURE + x] = top * (1 - fy) + bottom * fy;
    }
  }
  return texture;
}

const texture = makeTexture();

/** Picture `number` of a scene: a background that pans slowly, and a box that moves across it the other way. */
export function movingPicture(width: number, height: number, number: number): Uint8Array {
  const picture = new Uint8Array(i420Bytes(width, height));
  const boxSize = height >> 2;
  const boxX = width - ((number * 5) % (width + boxSize));
  const boxY = height >> 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inBox = x >= boxX && x < boxX + boxSize && y >= boxY && y < boxY + boxSize;
      const tx = inBox ? (x - boxX) * 2 : x + number * 2;
      const ty = inBox ? (y - boxY) * 2 + 100 : y + number;
      picture[y * width + x] = texture[(ty % TEXTURE) * TEXTURE + (tx % TEXTURE)] ?? 0;
    }
  }
  const chromaWidth = Math.ceil(width / 2);
  const chromaHeight = Math.ceil(height / 2);
  const u = width * height;
  const v = u + chromaWidth * chromaHeight;
  for (let y = 0; y < chromaHeight; y++) {
    for (let x = 0; x < chromaWidth; x++) {
      picture[u + y * chromaWidth + x] = 96 + ((x + number) % 64);
      picture[v + y * chromaWidth + x] = 160 - (y % 64);
    }
  }
  return picture;
}

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
