import { describe, expect, it } from 'vitest';
import { steadyMask } from './mask.ts';

function steady(steps: readonly number[]): number[] {
  const held = new Float32Array(1);
  const shown = new Uint8Array(1);
  return steps.map((value, index) => {
    steadyMask(held, Float32Array.of(value), shown, { isFirst: index === 0 });
    return shown[0] ?? -1;
  });
}

describe('steadyMask', () => {
  it('takes the first mask as it is', () => {
    expect(steady([0.6])).toEqual([153]);
  });

  it('follows at once where the network is sure', () => {
    expect(steady([0, 1, 0])).toEqual([0, 255, 0]);
  });

  it('steadies where it wavers: less than half of each swing is seen', () => {
    const shown = steady(Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 0.4 : 0.6))).slice(10);
    expect(Math.max(...shown) - Math.min(...shown)).toBeLessThan(0.2 * 255 * 0.5);
    expect(Math.min(...shown)).toBeGreaterThan(0.4 * 255);
  });

  it('holds on to nothing for ever', () => {
    expect(steady([1, ...Array.from({ length: 20 }, () => 0.5)]).at(-1)).toBeCloseTo(127.5, -1);
  });

  it('counts what is no number between 0 and 1 as the nearest, and no number at all as background', () => {
    expect(steady([-3])).toEqual([0]);
    expect(steady([7])).toEqual([255]);
    expect(steady([1, Number.NaN])).toEqual([255, 0]);
  });

  it('refuses masks of different sizes', () => {
    expect(() =>
      steadyMask(new Float32Array(2), new Float32Array(3), new Uint8Array(3), { isFirst: true }),
    ).toThrow(RangeError);
  });
});
