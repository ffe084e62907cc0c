import { describe, expect, it } from 'vitest';
import { LONGEST_WIDE_AFTER_MS, NarrowWay, WIDE_AFTER_MS } from './narrowWay.ts';

const FLOOR = 100_000;

describe('a narrow way', () => {
  it('is one after two looks below the floor in a row', () => {
    const way = new NarrowWay();
    const seen = [50_000, 150_000, 50_000, 50_000].map((bps, index) => {
      way.look(index * 500, bps, FLOOR);
      return way.narrow;
    });
    expect(seen).toEqual([false, false, false, true]);
  });

  it('is wide again after a while well above the floor, and not just above it', () => {
    const way = new NarrowWay();
    for (const atMs of [0, 500]) way.look(atMs, 50_000, FLOOR);
    for (let atMs = 1000; atMs < 20_000; atMs += 500) way.look(atMs, 120_000, FLOOR);
    expect(way.narrow).toBe(true);
    way.look(20_000, null, FLOOR);
    way.look(20_000 + WIDE_AFTER_MS - 1, 200_000, FLOOR);
    expect(way.narrow).toBe(true);
    way.look(20_000 + WIDE_AFTER_MS, 200_000, FLOOR);
    expect(way.narrow).toBe(false);
  });

  it('waits twice as long each time that it was too early', () => {
    const way = new NarrowWay();
    const narrowForMs: number[] = [];
    let before = false;
    let narrowSinceMs = 0;
    for (let atMs = 0; atMs < 300_000; atMs += 500) {
      // What he has while he watches the smaller one seems enough for the whole one, and is not.
      way.look(atMs, before ? null : 50_000, FLOOR);
      const now: boolean = way.narrow;
      if (!before && now) narrowSinceMs = atMs;
      if (before && !now) narrowForMs.push(atMs - narrowSinceMs - 500);
      before = now;
    }
    expect(narrowForMs.slice(0, 5)).toEqual([5000, 10_000, 20_000, 40_000, LONGEST_WIDE_AFTER_MS]);
  });
});
