import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  barcodeBottomPx,
  elapsedMs,
  PatternParameterError,
  readBarcode,
  stampTimeMs,
  writeBarcode,
} from './barcode.ts';
import { noisy } from './testing.ts';

const stamp = { frame: 123_456, timeMs: 0x9a_bcde_f012, stream: 201 };

function painted(width: number, height: number, of = stamp): Uint8Array {
  const luma = new Uint8Array(width * height).fill(90);
  writeBarcode(luma, width, height, of);
  return luma;
}

describe('barcode', () => {
  it('reads back what was written, at every size down to 64x36', () => {
    for (const [width, height] of [
      [64, 36],
      [160, 90],
      [176, 144],
      [320, 180],
      [426, 240],
      [640, 360],
      [1280, 720],
    ] as const) {
      expect(readBarcode(painted(width, height), width, width, height)).toEqual(stamp);
    }
  });

  it('reads back any stamp', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 0, max: 2 ** 40 - 1 }),
        fc.integer({ min: 0, max: 255 }),
        (frame, timeMs, stream) => {
          const luma = painted(160, 90, { frame, timeMs, stream });
          expect(readBarcode(luma, 160, 160, 90)).toEqual({ frame, timeMs, stream });
        },
      ),
      { seed: 1, numRuns: 50 },
    );
  });

  it('reads through a stride, strong noise and a changed range of luma', () => {
    const strided = new Uint8Array(704 * 360);
    const luma = painted(640, 360);
    for (let y = 0; y < 360; y += 1) strided.set(luma.subarray(y * 640, (y + 1) * 640), y * 704);
    expect(readBarcode(strided, 704, 640, 360)).toEqual(stamp);
    expect(readBarcode(noisy(luma, 60, 7), 640, 640, 360)).toEqual(stamp);
    expect(
      readBarcode(
        luma.map((value) => 90 + value * 0.5),
        640,
        640,
        360,
      ),
    ).toEqual(stamp);
  });

  it('refuses pictures without a barcode', () => {
    expect(readBarcode(new Uint8Array(640 * 360), 640, 640, 360)).toBeNull();
    expect(readBarcode(new Uint8Array(640 * 360).fill(200), 640, 640, 360)).toBeNull();
    for (let seed = 1; seed <= 20; seed += 1) {
      expect(readBarcode(noisy(new Uint8Array(64 * 36).fill(128), 127, seed), 64, 64, 36)).toBeNull();
    }
  });

  it('refuses a barcode of which any one cell is wrong', () => {
    for (let cell = 0; cell < 96; cell += 1) {
      const luma = painted(640, 360);
      const left = (cell % 32) * 20;
      const top = Math.floor(cell / 32) * 20;
      for (let y = top; y < top + 20; y += 1) {
        for (let x = left; x < left + 20; x += 1) luma[y * 640 + x] = 240 - (luma[y * 640 + x] ?? 0);
      }
      expect(readBarcode(luma, 640, 640, 360)).toBeNull();
    }
  });

  it('refuses planes that are too short or too small instead of reading past them', () => {
    expect(readBarcode(painted(640, 360).subarray(0, 1000), 640, 640, 360)).toBeNull();
    expect(readBarcode(painted(640, 360), 640, 32, 18)).toBeNull();
  });

  it('leaves the rows below the band alone', () => {
    const luma = painted(640, 360);
    expect(barcodeBottomPx(360)).toBe(60);
    expect(luma.subarray(60 * 640).every((value) => value === 90)).toBe(true);
    expect(luma.subarray(0, 60 * 640).some((value) => value === 90)).toBe(false);
  });

  it('refuses to write what does not fit', () => {
    const luma = new Uint8Array(64 * 36);
    for (const wrong of [
      { frame: 2 ** 32 },
      { frame: -1 },
      { frame: 0.5 },
      { timeMs: 2 ** 40 },
      { stream: 256 },
    ]) {
      expect(() => writeBarcode(luma, 64, 36, { ...stamp, ...wrong })).toThrow(PatternParameterError);
    }
  });
});

describe('stamp time', () => {
  it('measures across the wrap, in both directions', () => {
    const beforeWrapMs = stampTimeMs(2 ** 40 * 3 - 5);
    const afterWrapMs = stampTimeMs(2 ** 40 * 3 + 7);
    expect(beforeWrapMs).toBe(2 ** 40 - 5);
    expect(afterWrapMs).toBe(7);
    expect(elapsedMs(beforeWrapMs, afterWrapMs)).toBe(12);
    expect(elapsedMs(afterWrapMs, beforeWrapMs)).toBe(-12);
    expect(elapsedMs(100, 90)).toBe(-10);
  });
});
