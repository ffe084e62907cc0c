import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../seeded-random.ts';
import { OPPORTUNITY_BITS } from './capacity.ts';
import { type CellularOptions, cellularCapacity } from './cellular.ts';
import { checkLinkConfig } from './config.ts';

const OPTIONS: CellularOptions = {
  durationMs: 600_000,
  maxBps: 8e6,
  startBps: 2e6,
  wanderBps: 1e6,
  outageMs: 600,
};

function timesOf(options: CellularOptions, seed = 7): readonly number[] {
  const capacity = cellularCapacity(seededRandom(seed), options);
  checkLinkConfig({ capacity, queue: { discipline: 'drop-tail' }, delayMs: 0 });
  return capacity.kind === 'trace' ? Array.from(capacity.opportunitiesMs) : [];
}

function perWindow(times: readonly number[], windowMs: number): readonly number[] {
  const counts = new Array<number>(OPTIONS.durationMs / windowMs).fill(0);
  for (const at of times.slice(0, -1)) {
    const window = Math.floor(at / windowMs);
    counts[window] = (counts[window] ?? 0) + 1;
  }
  return counts;
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

describe('the capacity of a cellular link', () => {
  it('is the same for the same seed, as long as it should be, and never above the most', () => {
    const times = timesOf(OPTIONS);
    expect(timesOf(OPTIONS)).toEqual(times);
    expect(timesOf(OPTIONS, 8)).not.toEqual(times);
    expect(times.at(-1)).toBe(OPTIONS.durationMs);
    // 8 Mbit/s in a second, and four deviations of a Poisson count.
    const most = OPTIONS.maxBps / OPPORTUNITY_BITS;
    expect(Math.max(...perWindow(times, 1000))).toBeLessThan(most + 4 * Math.sqrt(most));
  });

  it('is a Poisson process where the rate stands still', () => {
    const bps = 3e6;
    const counts = perWindow(timesOf({ ...OPTIONS, startBps: bps, wanderBps: 0 }), 100);
    const expected = (bps * 0.1) / OPPORTUNITY_BITS;
    const variance = mean(counts.map((count) => (count - expected) ** 2));
    // 6000 windows: four standard deviations of the mean, and of the variance, of a Poisson count.
    expect(Math.abs(mean(counts) - expected)).toBeLessThan(4 * Math.sqrt(expected / counts.length));
    expect(Math.abs(variance / expected - 1)).toBeLessThan(4 * Math.sqrt(2.1 / counts.length));
  });

  it('wanders, and stops at times for about as long as it is told', () => {
    const times = timesOf(OPTIONS);
    const counts = perWindow(times, 1000);
    expect(Math.max(...counts)).toBeGreaterThan(1.5 * mean(counts));
    const gaps = times.flatMap((at, index) => {
      const gap = at - (times[index - 1] ?? 0);
      return gap > 200 ? [gap] : [];
    });
    expect(gaps.length).toBeGreaterThan(3);
    expect(mean(gaps)).toBeGreaterThan(OPTIONS.outageMs * 0.5);
    expect(mean(gaps)).toBeLessThan(OPTIONS.outageMs * 2.5);
  });
});
