/**
 * The results as one HTML file that needs nothing beside it: opened from a disk, sent by mail, printed.
 */
import { writeFileSync } from 'node:fs';
import type { Claim } from '../../report/claims.ts';
import { type Series, chart } from '../../report/page/chart.ts';
import { type LegendEntry, chartGrid, htmlPage, section } from '../../report/page/htmlPage.ts';
import type { Table } from '../../report/report.ts';
import { median } from '../../report/statistics.ts';
import { msSsimDb } from '../metrics/msSsim.ts';
import type { CodecResults, RdRecord } from '../model.ts';
import { curvesOf, speedSettings } from './analysis.ts';
import { number } from './tables.ts';

export interface PageContent {
  readonly results: CodecResults;
  readonly tables: readonly Table[];
  readonly claims: readonly Claim[];
  readonly skipped: readonly string[];
}

/** @throws where the file cannot be written */
export function writePage(file: string, content: PageContent): void {
  writeFileSync(file, pageOf(content));
}

export function pageOf({ results, tables, claims, skipped }: PageContent): string {
  const names = seriesNames(results);
  const contents = [...new Set(results.points.map(({ content }) => content))];
  return htmlPage({
    title: 'CommuCat: codecs measured',
    heading: 'Codecs, measured',
    conditions: results.conditions,
    legend: names,
    claims,
    sections: contents.map((content) =>
      section(capital(content), chartGrid(chartsOf(results, content, names))),
    ),
    tables,
    skipped,
  });
}

/** Ours first; a peer has the colour of the encoder it is compared with. */
function seriesNames({ points, peers }: CodecResults): readonly LegendEntry[] {
  const encoders = [...new Set(points.map(({ encoder }) => encoder))];
  const peerNames = new Map(peers.map((peer) => [peerName(peer), encoders.indexOf(peer.encoder)]));
  return [
    ...encoders.map((name, colour) => ({ name, colour, dashed: false })),
    ...Array.from(peerNames, ([name, colour]) => ({ name, colour, dashed: true })),
  ];
}

function peerName({ tool, settings, encoder }: CodecResults['peers'][number]): string {
  return `${encoder}, ${tool} ${settings}`;
}

function chartsOf(results: CodecResults, content: string, names: readonly LegendEntry[]): string {
  const curves = curvesOf(results.points).filter((curve) => curve.content === content);
  const records = (name: string): readonly RdRecord[] =>
    curves.find(({ encoder, speed }) => encoder === name && speed === null)?.points ??
    results.peers.find((peer) => peer.content === content && peerName(peer) === name)?.points ??
    [];
  const rd = (quality: (record: RdRecord) => number | null, unit: string): readonly Series[] =>
    names.flatMap((entry) => {
      const points = records(entry.name).flatMap((record) => {
        const y = quality(record);
        if (y === null) return [];
        const label = `${number(record.bps / 1000, 0)} kbit/s (asked ${number(record.targetBps / 1000, 0)}), ${y.toFixed(2)} ${unit}`;
        return [{ x: record.bps / 1000, y, label }];
      });
      return points.length === 0 ? [] : [{ ...entry, line: true, points }];
    });
  const plots: {
    readonly series: readonly Series[];
    readonly title: string;
    readonly y: string;
    readonly x: string;
  }[] = [
    { series: rd(({ psnrDb }) => psnrDb[0], 'dB'), title: 'Luma PSNR', y: 'dB', x: 'kbit/s' },
    {
      series: rd(({ msSsim }) => (msSsim === null ? null : msSsimDb(msSsim)), 'dB'),
      title: 'Multi-scale SSIM',
      y: '−10 log₁₀(1 − MS-SSIM)',
      x: 'kbit/s',
    },
    { series: costSeries(results, content, names), title: 'CPU for each picture', y: 'ms', x: 'kbit/s' },
  ];
  const speeds = speedSeries(results, content, names);
  return [
    ...plots
      .filter(({ series }) => series.length > 0)
      .map(({ series, title, x, y }) => chart(series, { title, xLabel: x, yLabel: y, logarithmicX: true })),
    ...(speeds.length === 0
      ? []
      : [
          chart(speeds, {
            title: 'Speeds tried: BD-rate against the default',
            xLabel: 'CPU for each picture, ms',
            yLabel: '%',
            logarithmicX: true,
          }),
        ]),
  ].join('\n');
}

function costSeries(
  { points }: CodecResults,
  content: string,
  names: readonly LegendEntry[],
): readonly Series[] {
  return names.flatMap((entry) => {
    const own = points.filter(
      (point) => point.content === content && point.encoder === entry.name && point.speed === null,
    );
    const spots = own.map((point) => {
      const ms = median(point.encodeMs);
      const label = `${number(point.bps / 1000, 0)} kbit/s, ${ms.toFixed(2)} ms to encode, ${median(point.decodeMs).toFixed(2)} ms to decode, latency p99 ${point.latencyMs.p99.toFixed(2)} ms`;
      return { x: point.bps / 1000, y: ms, label };
    });
    return spots.length === 0 ? [] : [{ ...entry, line: true, points: spots }];
  });
}

function speedSeries(
  { points }: CodecResults,
  content: string,
  names: readonly LegendEntry[],
): readonly Series[] {
  const curves = curvesOf(points);
  return names.flatMap((entry) => {
    const settings = speedSettings(curves, content, entry.name);
    if (settings.length < 2) return [];
    const spots = [...settings]
      .sort((a, b) => a.ms - b.ms)
      .map(({ speed, ms, bdRatePercent, onHull }) => ({
        x: ms,
        y: bdRatePercent,
        label: `${speed === null ? 'default' : `speed ${speed}`}, ${ms.toFixed(2)} ms, BD-rate ${bdRatePercent.toFixed(1)} %${onHull ? ', on the hull' : ''}`,
      }));
    return [{ ...entry, line: false, points: spots }];
  });
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
