import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Rtp90k } from '../../codecs/types.ts';
import { fitSize } from './fit-size.ts';
import { FrameRateEstimator } from './frame-rate.ts';
import { SampleWindow } from './samples.ts';

describe('fitSize', () => {
  test.each([
    [{ width: 1280, height: 720 }, {}, { width: 1280, height: 720 }],
    [
      { width: 1280, height: 720 },
      { maxWidth: 640, maxHeight: 640 },
      { width: 640, height: 360 },
    ],
    [{ width: 720, height: 1280 }, { maxHeight: 640 }, { width: 360, height: 640 }],
    [{ width: 641, height: 361 }, {}, { width: 640, height: 360 }],
    [{ width: 320, height: 180 }, { maxWidth: 640 }, { width: 320, height: 180 }],
    [{ width: 4096, height: 4096 }, {}, { width: 2304, height: 2304 }],
    [{ width: 2, height: 2 }, {}, { width: 16, height: 16 }],
  ])('%j within %j is %j', (source, limits, expected) => {
    expect(fitSize(source, 'H264', limits)).toEqual(expected);
  });

  test('always even, within the limits, and of nearly the same shape', () => {
    const side = fc.integer({ min: 64, max: 8192 });
    fc.assert(
      fc.property(side, side, side, side, (width, height, maxWidth, maxHeight) => {
        const fitted = fitSize({ width, height }, 'VP8', { maxWidth, maxHeight });
        expect(fitted.width % 2 === 0 && fitted.height % 2 === 0).toBe(true);
        expect(fitted.width).toBeLessThanOrEqual(Math.min(width, maxWidth));
        expect(fitted.height).toBeLessThanOrEqual(Math.min(height, maxHeight));
        const factor = Math.min(1, maxWidth / width, maxHeight / height, 4096 / width, 4096 / height);
        if (Math.min(width, height) * factor < 2) return;
        expect(Math.abs(fitted.width - width * factor)).toBeLessThanOrEqual(2);
        expect(Math.abs(fitted.height - height * factor)).toBeLessThanOrEqual(2);
      }),
      { seed: 8 },
    );
  });
});

describe('FrameRateEstimator', () => {
  const rateOf = (ticks: readonly number[]): number | null => {
    const estimator = new FrameRateEstimator();
    for (const tick of ticks) estimator.pictureArrived(tick as Rtp90k);
    return estimator.framesPerSecond;
  };

  test('tells the usual rate, whatever single pictures are missing', () => {
    const regular = Array.from({ length: 40 }, (_, i) => i * 6000);
    expect(rateOf(regular)).toBe(15);
    expect(rateOf(regular.filter((_, i) => i % 5 !== 3))).toBe(15);
    expect(rateOf(regular.slice(0, 5))).toBeNull();
  });

  test('follows a change, and takes neither pauses nor steps back for a rate', () => {
    const slow = Array.from({ length: 40 }, (_, i) => i * 3000);
    const fast = Array.from({ length: 40 }, (_, i) => 1_000_000 + i * 1500);
    expect(rateOf([...slow, ...fast])).toBe(60);
    expect(rateOf([...slow, 90_000_000, 5])).toBe(30);
    expect(rateOf(Array.from({ length: 20 }, (_, i) => i * 170_000))).toBe(1);
    expect(rateOf(Array.from({ length: 20 }, (_, i) => i))).toBe(120);
  });
});

test('SampleWindow forgets the oldest', () => {
  const window = new SampleWindow();
  expect(window.percentiles([0.5])).toEqual([0]);
  for (let i = 0; i < 1000; i++) window.add(i);
  expect(window.percentiles([0, 0.5, 0.95, 1])).toEqual([700, 850, 985, 999]);
});
