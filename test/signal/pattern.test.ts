import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PatternParameterError, readBarcode } from './barcode.ts';
import { contentPsnrDb, drawPattern, PERFECT_PSNR_DB, pictureBytes } from './pattern.ts';
import { boxScaled, noisy, repeated } from './testing.ts';

const W = 640;
const H = 360;
const stamp = { frame: 5000, timeMs: 1_234_567, stream: 3 };

function picture(width = W, height = H, of = stamp): Uint8Array {
  const out = new Uint8Array(pictureBytes(width, height));
  drawPattern(out, width, height, of);
  return out;
}

describe('pattern', () => {
  it('paints the same bytes everywhere', () => {
    expect(createHash('sha256').update(picture()).digest('hex')).toMatchInlineSnapshot(
      `"6f9bf5c70cacfc4b1b78ee791f0e667def3e6f52c10aec993554a4bb5ef09db4"`,
    );
  });

  it('is perfect against itself, whatever was in the buffer before', () => {
    const used = new Uint8Array(pictureBytes(W, H)).fill(77);
    drawPattern(used, W, H, stamp);
    expect(used).toEqual(picture());
    expect(contentPsnrDb(used, W, W, H, stamp)).toBe(PERFECT_PSNR_DB);
    expect(readBarcode(used, W, W, H)).toEqual(stamp);
  });

  it('measures noise as the formula says', () => {
    // Uniform noise of swing 10 (rounded to whole steps) has a mean square of 100/3 + 1/12: 32.9 dB.
    expect(contentPsnrDb(noisy(picture(), 10, 1), W, W, H, stamp)).toBeCloseTo(32.9, 0);
    expect(contentPsnrDb(noisy(picture(), 20, 2), W, W, H, stamp)).toBeLessThan(28);
  });

  it('ignores the barcode and sees the rest', () => {
    const luma = picture();
    luma.fill(0, 0, 60 * W);
    expect(contentPsnrDb(luma, W, W, H, stamp)).toBe(PERFECT_PSNR_DB);
    luma.fill(0, 340 * W, 360 * W);
    expect(contentPsnrDb(luma, W, W, H, stamp)).toBeLessThan(25);
  });

  it('scores an older picture, another stream and a flat picture under 30 dB', () => {
    for (const frame of [4999, 4998, 4990, 4900]) {
      expect(contentPsnrDb(picture(W, H, { ...stamp, frame }), W, W, H, stamp)).toBeLessThan(30);
    }
    for (let stream = 0; stream < 8; stream += 1) {
      if (stream === stamp.stream) continue;
      expect(contentPsnrDb(picture(W, H, { ...stamp, stream }), W, W, H, stamp)).toBeLessThan(20);
    }
    expect(contentPsnrDb(new Uint8Array(W * H).fill(118), W, W, H, stamp)).toBeLessThan(20);
  });

  it('scores a picture that went through a much smaller one under 30 dB', () => {
    const blurred = repeated(boxScaled(picture(), W, H, 8), W / 8, H / 8, 8);
    expect(contentPsnrDb(blurred, W, W, H, stamp)).toBeLessThan(30);
  });

  it('can be compared at the size a layer was scaled to', () => {
    const half = boxScaled(picture(), W, H, 2);
    expect(readBarcode(half, 320, 320, 180)).toEqual(stamp);
    expect(contentPsnrDb(half, 320, 320, 180, stamp)).toBeGreaterThan(45);
    const quarter = boxScaled(picture(), W, H, 4);
    expect(readBarcode(quarter, 160, 160, 90)).toEqual(stamp);
    expect(contentPsnrDb(quarter, 160, 160, 90, stamp)).toBeGreaterThan(35);
  });

  it('keeps luma in the studio range and moves for as long as frame numbers go', () => {
    const late = { ...stamp, frame: 2 ** 32 - 1 };
    const luma = picture(W, H, late).subarray(0, W * H);
    expect(luma.every((value) => value >= 16 && value <= 235)).toBe(true);
    expect(contentPsnrDb(picture(W, H, { ...late, frame: late.frame - 1 }), W, W, H, late)).toBeLessThan(30);
  });

  it('refuses odd or tiny sizes and short buffers', () => {
    expect(() => picture(641, 360)).toThrow(PatternParameterError);
    expect(() => picture(62, 36)).toThrow(PatternParameterError);
    expect(() => drawPattern(new Uint8Array(10), W, H, stamp)).toThrow(PatternParameterError);
    expect(() => contentPsnrDb(new Uint8Array(10), W, W, H, stamp)).toThrow(PatternParameterError);
  });
});
