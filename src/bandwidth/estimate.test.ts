import { describe, expect, it } from 'vitest';
import { UNMEASURED, readEstimate } from './estimate.ts';

describe("mediasoup's estimate", () => {
  it('is a limit only where it lies below what mediasoup would say at most, and after it has settled', () => {
    const first = readEstimate({ availableBitrate: 600_000, maxBitrate: 2_000_000 }, UNMEASURED, 10_000);
    expect(first).toEqual({ availableBps: 600_000, isLimit: false, sinceMs: 10_000 });
    const later = readEstimate({ availableBitrate: 600_000, maxBitrate: 2_000_000 }, first, 14_000);
    expect(later).toEqual({ availableBps: 600_000, isLimit: true, sinceMs: 10_000 });
    expect(readEstimate({ availableBitrate: 1_960_000, maxBitrate: 2_000_000 }, later, 15_000).isLimit).toBe(
      false,
    );
  });

  it('is one at once where it falls, and stays one', () => {
    const first = readEstimate({ availableBitrate: 1_000_000, maxBitrate: 2_000_000 }, UNMEASURED, 0);
    const fallen = readEstimate({ availableBitrate: 300_000, maxBitrate: 2_000_000 }, first, 500);
    expect([first.isLimit, fallen.isLimit]).toEqual([false, true]);
    expect(readEstimate({ availableBitrate: 320_000, maxBitrate: 2_000_000 }, fallen, 1000).isLimit).toBe(
      true,
    );
  });

  it.each([null, 7, {}, { availableBitrate: 'much' }, { availableBitrate: Number.NaN }])(
    'stays as it was where the event says nothing: %j',
    (info) => {
      const before = { availableBps: 1, isLimit: true, sinceMs: 2 };
      expect(readEstimate(info, before, 50_000)).toBe(before);
    },
  );
});
