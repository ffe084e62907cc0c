/** Each metric against values that can be had without it: closed forms, hand-computed ones, and known limits. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../codecs/conformance/pictures.ts';
import { CurveError, type RdPoint, bdPsnrDb, bdRatePercent } from './bjontegaard.ts';
import { MS_SSIM_MIN_SIDE, msSsim, msSsimDb } from './msSsim.ts';
import { Pchip } from './pchip.ts';
import { type Plane, planesOf } from './planes.ts';
import { PERFECT_DB, meanSquaredError, psnrDb } from './psnr.ts';
import { C1, C2, ssim } from './ssim.ts';

function plane(width: number, height: number, value: (x: number, y: number) => number): Plane {
  return {
    width,
    height,
    data: Uint8Array.from({ length: width * height }, (_, at) => value(at % width, Math.floor(at / width))),
  };
}

function noise(side: number, seed: number, amplitude: number): Plane {
  const random = seededRandom(seed);
  return plane(side, side, () => 128 + (random() - 0.5) * amplitude);
}

describe('planes', () => {
  it('of an odd size are rounded up', () => {
    const [y, u, v] = planesOf(
      Uint8Array.from({ length: 15 + 6 + 6 }, (_, at) => at),
      5,
      3,
    );
    expect([y.width, y.height, u.width, u.height]).toEqual([5, 3, 3, 2]);
    expect([y.data[0], u.data[0], v.data[0]]).toEqual([0, 15, 21]);
    expect(() => planesOf(new Uint8Array(26), 5, 3)).toThrow(RangeError);
  });
});

describe('PSNR', () => {
  it('of a constant difference d is 20 log10(255 / d)', () => {
    const a = plane(32, 16, (x) => 40 + x);
    for (const d of [1, 5, 100]) {
      const b = plane(32, 16, (x) => 40 + x + d);
      expect(psnrDb(meanSquaredError(a, b))).toBeCloseTo(20 * Math.log10(255 / d), 10);
    }
  });

  it('of one sample that is off by 16 in 256 is that of a mean square of 1', () => {
    const a = plane(16, 16, () => 100);
    const b = plane(16, 16, (x, y) => (x === 3 && y === 7 ? 116 : 100));
    expect(meanSquaredError(a, b)).toBe(1);
    expect(psnrDb(1)).toBeCloseTo(48.1308, 4);
  });

  it('of equal planes has a bound, and of different sizes is refused', () => {
    expect(psnrDb(meanSquaredError(noise(16, 1, 50), noise(16, 1, 50)))).toBe(PERFECT_DB);
    expect(() => meanSquaredError(noise(16, 1, 50), noise(32, 1, 50))).toThrow(RangeError);
  });
});

describe('SSIM', () => {
  it('of two flat planes is the luminance term alone', () => {
    const value = (2 * 100 * 120 + C1) / (100 * 100 + 120 * 120 + C1);
    expect(
      ssim(
        plane(16, 24, () => 100),
        plane(16, 24, () => 120),
      ),
    ).toBeCloseTo(value, 12);
  });

  it('of an inverted checkerboard is the structure term with the opposite sign', () => {
    const board = (sign: number): Plane =>
      plane(32, 32, (x, y) => 128 + sign * ((x + y) % 2 === 0 ? 10 : -10));
    // Variances 100, covariance -100, equal means.
    expect(ssim(board(1), board(-1))).toBeCloseTo((-200 + C2) / (200 + C2), 12);
    expect(ssim(board(1), board(1))).toBe(1);
  });

  it('agrees with the definition written out for one window', () => {
    const [a, b] = [noise(8, 3, 120), noise(8, 4, 90)];
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / 64;
    const [va, vb] = [[...a.data], [...b.data]];
    const [ma, mb] = [mean(va), mean(vb)];
    const varianceA = mean(va.map((value) => (value - ma) ** 2));
    const varianceB = mean(vb.map((value) => (value - mb) ** 2));
    const covariance = mean(va.map((value, at) => (value - ma) * ((vb[at] ?? 0) - mb)));
    const expected =
      ((2 * ma * mb + C1) * (2 * covariance + C2)) /
      ((ma * ma + mb * mb + C1) * (varianceA + varianceB + C2));
    expect(ssim(a, b)).toBeCloseTo(expected, 10);
  });

  it('refuses planes below one window', () => {
    expect(() => ssim(noise(7, 1, 9), noise(7, 2, 9))).toThrow(RangeError);
  });
});

describe('multi-scale SSIM', () => {
  const side = MS_SSIM_MIN_SIDE + 16;

  it('of two flat planes is the luminance term to the power of the coarsest weight', () => {
    const value = (2 * 100 * 120 + C1) / (100 * 100 + 120 * 120 + C1);
    expect(
      msSsim(
        plane(side, side, () => 100),
        plane(side, side, () => 120),
      ),
    ).toBeCloseTo(value ** 0.1333, 6);
  });

  it('is 1 for equal planes, and falls as noise grows', () => {
    const clean = plane(side, side, (x, y) => 128 + 60 * Math.sin(x / 9) * Math.cos(y / 7));
    const disturbed = (amplitude: number): Plane => {
      const random = seededRandom(5);
      return plane(side, side, (x, y) => (clean.data[y * side + x] ?? 0) + (random() - 0.5) * amplitude);
    };
    expect(msSsim(clean, clean)).toBeCloseTo(1, 12);
    const values = [4, 16, 48].map((amplitude) => msSsim(clean, disturbed(amplitude)));
    expect(values).toEqual([...values].sort((a, b) => b - a));
    expect(values[0]).toBeLessThan(1);
  });

  it('has no room in a small picture', () => {
    expect(() => msSsim(noise(175, 1, 9), noise(175, 1, 9))).toThrow(RangeError);
    expect(msSsimDb(0.99)).toBeCloseTo(20, 10);
    expect(msSsimDb(1)).toBeCloseTo(60, 10);
  });
});

describe('PCHIP', () => {
  it('goes through its knots, is exact for a line, and never overshoots a step', () => {
    const line = new Pchip([0, 1, 3, 4].map((x) => ({ x, y: 2 * x + 1 })));
    expect(line.at(2.3)).toBeCloseTo(5.6, 12);
    expect(line.integral(0, 4)).toBeCloseTo(20, 12);
    const step = new Pchip([0, 0, 1, 1].map((y, x) => ({ x, y })));
    for (let x = 0; x <= 3; x += 0.1) {
      expect(step.at(x)).toBeGreaterThanOrEqual(0);
      expect(step.at(x)).toBeLessThanOrEqual(1);
    }
    expect(step.at(1.5)).toBeCloseTo(0.5, 12);
  });

  it('has the slopes that the formulas give by hand', () => {
    // Knots 0, 1, 4: slopes 1 and 3. Inner: 6 / (3 / 1 + 3 / 3) = 1.5. Ends: (3 * 1 - 3) / 2 = 0 and (3 * 3 - 1) / 2 = 4.
    const curve = new Pchip([0, 1, 4].map((y, x) => ({ x, y })));
    const [left, right] = [0, 1.5];
    expect(curve.at(0.5)).toBeCloseTo((0 + 1) / 2 + (left - right) / 8, 12);
    expect(curve.at(1.5)).toBeCloseTo((1 + 4) / 2 + (1.5 - 4) / 8, 12);
  });

  it('has the integral that fine steps add up to', () => {
    const curve = new Pchip([1, 4, 5, 9].map((y, x) => ({ x: x * x, y })));
    let sum = 0;
    for (let x = 0.0005; x < 9; x += 0.001) sum += curve.at(x) * 0.001;
    expect(curve.integral(0, 9)).toBeCloseTo(sum, 4);
    expect(() => curve.integral(-1, 2)).toThrow(RangeError);
  });
});

describe('Bjøntegaard', () => {
  const anchor: readonly RdPoint[] = [
    { rate: 400, quality: 31.2 },
    { rate: 800, quality: 34.1 },
    { rate: 1500, quality: 36.4 },
    { rate: 3000, quality: 38.9 },
  ];

  it('of the same curve is 0', () => {
    expect(bdRatePercent(anchor, anchor)).toBeCloseTo(0, 10);
    expect(bdPsnrDb(anchor, anchor)).toBeCloseTo(0, 10);
  });

  it('of a curve with every rate 20 % higher is 20 %, and of the reverse 1 / 1.2', () => {
    const dearer = anchor.map(({ rate, quality }) => ({ rate: rate * 1.2, quality }));
    expect(bdRatePercent(anchor, dearer)).toBeCloseTo(20, 8);
    expect(bdRatePercent(dearer, anchor)).toBeCloseTo((1 / 1.2 - 1) * 100, 8);
  });

  it('of a curve that is 0.7 dB better at every rate is 0.7 dB', () => {
    const better = anchor.map(({ rate, quality }) => ({ rate, quality: quality + 0.7 }));
    expect(bdPsnrDb(anchor, better)).toBeCloseTo(0.7, 10);
  });

  it('refuses what cannot be compared', () => {
    expect(() => bdRatePercent(anchor.slice(1), anchor)).toThrow(CurveError);
    const far = anchor.map(({ rate, quality }) => ({ rate: rate * 100, quality: quality + 20 }));
    expect(() => bdRatePercent(anchor, far)).toThrow(/no quality in common/);
    expect(() => bdPsnrDb(anchor, far)).toThrow(/no rate in common/);
    const falling = anchor.map(({ rate, quality }) => ({ rate, quality: -quality }));
    expect(() => bdRatePercent(anchor, falling)).toThrow(/does not rise/);
    expect(() => bdRatePercent(anchor, [...anchor, { rate: 0, quality: 1 }])).toThrow(CurveError);
  });
});
