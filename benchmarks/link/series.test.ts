/** Series for plots say what was measured, in the units of the axis. */
import { describe, expect, it } from 'vitest';
import { msToUs } from '../../pipelines/link/link.ts';
import type { LinkSample } from '../../pipelines/link/samples.ts';
import { ageSeries, queueSeries, rateSeries } from './series.ts';

const SAMPLES: readonly LinkSample[] = [
  { atMs: 100, capacityBps: 2e6, offeredBps: 3e6, leftBps: 1e6, queueBytes: 9, queueDelayMs: 12 },
  { atMs: 200, capacityBps: 0, offeredBps: 3e6, leftBps: 0, queueBytes: 99, queueDelayMs: null },
];

describe('series', () => {
  it('have rates in Mbit/s, delays in ms, and a gap where a queue never leaves', () => {
    expect(rateSeries('capacity', SAMPLES, ({ capacityBps }) => capacityBps)).toEqual({
      name: 'capacity',
      unit: 'Mbit/s',
      points: [
        { atMs: 100, value: 2 },
        { atMs: 200, value: 0 },
      ],
    });
    expect(queueSeries('queue', SAMPLES).points.map(({ value }) => value)).toEqual([12, null]);
  });

  it('have the age as a saw', () => {
    const pieces = [
      { fromUs: msToUs(0), toUs: msToUs(40), ageUs: 100_000 },
      { fromUs: msToUs(40), toUs: msToUs(90), ageUs: 110_000 },
    ];
    expect(ageSeries('age', pieces).points).toEqual([
      { atMs: 0, value: 100 },
      { atMs: 40, value: 140 },
      { atMs: 40, value: 110 },
      { atMs: 90, value: 160 },
    ]);
  });
});
