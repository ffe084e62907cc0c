import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOWEST_VIDEO_BPS, ceilingBps, targetBps } from './derivedRate.ts';

describe('bitrate of a derived stream', () => {
  it('gives an unmeasured watcher what the picture can use', () => {
    expect(targetBps([{ availableBps: null, videos: 1, audios: 1 }], 600_000)).toBe(600_000);
  });

  it('follows the slowest watcher, less his sound, split among his videos', () => {
    const fast = { availableBps: 5_000_000, videos: 1, audios: 1 };
    const slow = { availableBps: 1_000_000, videos: 2, audios: 1 };
    expect(targetBps([fast, slow], 2_000_000)).toBe(Math.round((900_000 - 48_000) / 2));
  });

  it('never leaves its bounds, and never rises when a network gets worse', () => {
    const watcher = fc.record({
      availableBps: fc.option(fc.integer({ min: 0, max: 20_000_000 })),
      videos: fc.integer({ min: 0, max: 30 }),
      audios: fc.integer({ min: 0, max: 30 }),
    });
    fc.assert(
      fc.property(
        fc.array(watcher),
        fc.integer({ min: 16, max: 4096 }),
        fc.integer({ min: 1, max: 60 }),
        (watchers, size, rate) => {
          const ceiling = ceilingBps(size, size, rate);
          const target = targetBps(watchers, ceiling);
          expect(target).toBeGreaterThanOrEqual(LOWEST_VIDEO_BPS);
          expect(target).toBeLessThanOrEqual(ceiling);
          const worse = watchers.map((one) => ({
            ...one,
            availableBps: one.availableBps === null ? null : one.availableBps / 2,
          }));
          expect(targetBps(worse, ceiling)).toBeLessThanOrEqual(target);
        },
      ),
      { seed: 2 },
    );
  });
});
