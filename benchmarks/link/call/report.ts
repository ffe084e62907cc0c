/** What a call over an emulated link was like: a table, and plots. */
import type { Run } from '../../report/page/runPage.ts';
import type { Table } from '../../report/report.ts';
import { ageSeries, queueSeries, rateSeries } from '../series.ts';
import type { CallResult } from './scenarios.ts';

export function callTable(results: readonly CallResult[]): Table {
  const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
  return {
    title: 'A real call over emulated links, at the viewer',
    columns: [
      'link',
      'age p50 ms',
      'p95',
      'p99',
      'freezes',
      'frozen ms',
      'longest',
      'in time',
      'shown',
      'PSNR dB',
      'audio concealed',
      'relay late p99 ms',
    ],
    rows: results.map(({ scenario, video, audio, link }) => [
      scenario,
      video.ageMs.p50.toFixed(0),
      video.ageMs.p95.toFixed(0),
      video.ageMs.p99.toFixed(0),
      video.freezes.count,
      video.freezes.totalMs.toFixed(0),
      video.freezes.longestMs.toFixed(0),
      share(video.inTimeShare),
      `${video.shown} of ${video.captured}`,
      video.psnr?.meanDb.toFixed(1) ?? '–',
      share(audio.share),
      link.lateMs?.p99.toFixed(1) ?? '–',
    ]),
  };
}

export function callRuns(results: readonly CallResult[]): readonly Run[] {
  return results.map(({ scenario, age, frames, estimate, link }) => {
    const samples = link.down?.samples ?? [];
    // A picture that never came breaks the line.
    const psnr = frames
      .filter(({ displayUs, psnrDb }) => displayUs === null || psnrDb !== undefined)
      .map(({ captureUs, displayUs, psnrDb }) => ({
        atMs: (displayUs ?? captureUs) / 1000,
        value: displayUs === null ? null : (psnrDb ?? null),
      }))
      .sort((a, b) => a.atMs - b.atMs);
    return {
      title: scenario,
      note: 'From the server to the viewer. Sent: what the server gave to the link.',
      charts: [
        {
          title: 'Rates',
          series: [
            rateSeries('sent', samples, ({ offeredBps }) => offeredBps),
            {
              name: 'estimate',
              unit: 'Mbit/s',
              points: estimate.map(({ atMs, value }) => ({
                atMs,
                value: value === null ? null : value / 1e6,
              })),
            },
            rateSeries('capacity', samples, ({ capacityBps }) => capacityBps),
          ],
        },
        { title: 'Queue', series: [queueSeries('queue', samples)] },
        { title: 'Age of the picture on screen', series: [ageSeries('age', age)] },
        { title: 'Luma PSNR of pictures shown', series: [{ name: 'PSNR', unit: 'dB', points: psnr }] },
      ],
    };
  });
}
