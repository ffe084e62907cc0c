import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bps } from '../../codecs/types.ts';
import { LOWEST_VIDEO_BPS, RisingTarget, ceilingBps, floorBps, sharedTargetBps } from './encodeTarget.ts';

describe('one encode for many', () => {
  const ceiling = ceilingBps(1280, 720, 30);

  it('gives whom nothing limits what the picture can use', () => {
    expect(sharedTargetBps([null, null], ceiling)).toBe(ceiling);
    expect(sharedTargetBps([], ceiling)).toBe(ceiling);
  });

  it('follows the least of those above the floor', () => {
    expect(sharedTargetBps([null, 1_400_000, 900_000], ceiling)).toBe(900_000);
    expect(sharedTargetBps([1_400_000, floorBps(ceiling) - 1], ceiling)).toBe(1_400_000);
  });

  it('follows the least of all where nobody is above the floor', () => {
    expect(sharedTargetBps([300_000, 200_000], ceiling)).toBe(200_000);
    expect(sharedTargetBps([10_000], ceiling)).toBe(LOWEST_VIDEO_BPS);
  });

  it('never leaves its bounds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.integer({ min: 0, max: 20_000_000 }))),
        fc.integer({ min: 16, max: 4096 }),
        fc.integer({ min: 1, max: 60 }),
        (shares, size, rate) => {
          const most = ceilingBps(size, size, rate);
          const target = sharedTargetBps(shares, most);
          expect(target).toBeGreaterThanOrEqual(LOWEST_VIDEO_BPS);
          expect(target).toBeLessThanOrEqual(most);
        },
      ),
      { seed: 2 },
    );
  });
});

describe('a target over time', () => {
  it('starts where it is wanted, falls at once, and rises slowly', () => {
    const target = new RisingTarget();
    expect(target.next(0, 1_000_000 as Bps)).toBe(1_000_000);
    expect(target.next(500, 200_000 as Bps)).toBe(200_000);
    expect(target.next(1000, 1_000_000 as Bps)).toBe(Math.round(200_000 * 1.8 ** 0.5));
    const after = Array.from({ length: 12 }, (_, index) => target.next(1500 + 500 * index, 1_000_000 as Bps));
    expect(after.at(-1)).toBe(1_000_000);
    expect([...after]).toEqual([...after].sort((a, b) => a - b));
  });
});
