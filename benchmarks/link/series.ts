/** What was measured of a link, as series for the plots of a report. */
import type { TimeSeries } from '../report/page/timeChart.ts';
import type { AgePiece } from './quality/age.ts';
import type { LinkSample } from '../../pipelines/link/samples.ts';

export function rateSeries(
  name: string,
  samples: readonly LinkSample[],
  bps: (sample: LinkSample) => number,
): TimeSeries {
  const points = samples.map((sample) => ({ atMs: sample.atMs, value: bps(sample) / 1e6 }));
  return { name, unit: 'Mbit/s', points };
}

/** What a packet would wait. A queue that can never leave is a gap. */
export function queueSeries(name: string, samples: readonly LinkSample[]): TimeSeries {
  const points = samples.map(({ atMs, queueDelayMs }) => ({ atMs, value: queueDelayMs }));
  return { name, unit: 'ms', points };
}

/** Up with time, down with each picture. */
export function ageSeries(name: string, pieces: readonly AgePiece[]): TimeSeries {
  const points = pieces.flatMap(({ fromUs, toUs, ageUs }) => [
    { atMs: fromUs / 1000, value: ageUs / 1000 },
    { atMs: toUs / 1000, value: (ageUs + toUs - fromUs) / 1000 },
  ]);
  return { name, unit: 'ms', points };
}
