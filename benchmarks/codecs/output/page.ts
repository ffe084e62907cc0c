/**
 * The results as one HTML file that needs nothing beside it: opened from a disk, sent by mail, printed.
 *
 * What will surprise you: colours and sizes are the product's own; web/page/design/tokens.css is read and put in.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Claim } from '../../report/claims.ts';
import type { Table } from '../../report/report.ts';
import { median } from '../../report/statistics.ts';
import { msSsimDb } from '../metrics/msSsim.ts';
import type { CodecResults, RdRecord } from '../model.ts';
import { curvesOf, isDefault } from './curves.ts';
import { speedSettings } from './hull.ts';
import { COLOURS, type Series, chart, escaped } from './chart.ts';
import { number, peerName } from './tables.ts';

const TOKENS = fileURLToPath(new URL('../../../web/page/design/tokens.css', import.meta.url));

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
  const beside = (name: string): string => readFileSync(path.join(import.meta.dirname, name), 'utf8');
  const names = seriesNames(results);
  const contents = [...new Set(results.points.map(({ content }) => content))];
  const conditions = Object.entries(results.conditions);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>CommuCat: codecs measured</title>
<link rel="icon" href="data:,">
<style>
${readFileSync(TOKENS, 'utf8')}
${beside('page.css')}
</style>
</head>
<body>
<main>
<h1>Codecs, measured</h1>
<div class="quiet">${conditions.map(([name, value]) => `${escaped(name)}: ${escaped(String(value))}`).join('<br>')}</div>
<div class="legend" role="group" aria-label="What the charts show">${legend(names)}</div>
${claims.length === 0 ? '' : section('Claims', tableHtml(claimTable(claims)))}
${contents.map((content) => section(capital(content), `<div class="charts">${chartsOf(results, content, names)}</div>`)).join('\n')}
${tables.map((table) => section(table.title, tableHtml(table))).join('\n')}
${skipped.length === 0 ? '' : section('Skipped', `<ul>${skipped.map((reason) => `<li>${escaped(reason)}</li>`).join('')}</ul>`)}
</main>
<div id="value" role="status" hidden></div>
<script type="module">
${beside('explore.js')}
</script>
</body>
</html>
`;
}

interface SeriesName {
  readonly name: string;
  readonly colour: number;
  readonly dashed: boolean;
}

/** Ours first; a peer has the colour of the encoder it is compared with. */
function seriesNames({ points, peers }: CodecResults): readonly SeriesName[] {
  const encoders = [...new Set(points.map(({ encoder }) => encoder))];
  const peerNames = new Map(peers.map((peer) => [peerName(peer), encoders.indexOf(peer.encoder)]));
  return [
    ...encoders.map((name, colour) => ({ name, colour, dashed: false })),
    ...Array.from(peerNames, ([name, colour]) => ({ name, colour, dashed: true })),
  ];
}

function chartsOf(results: CodecResults, content: string, names: readonly SeriesName[]): string {
  const curves = curvesOf(results.points).filter((curve) => curve.content === content);
  const records = (name: string): readonly RdRecord[] =>
    curves.find((curve) => curve.encoder === name && isDefault(curve))?.points ??
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
  names: readonly SeriesName[],
): readonly Series[] {
  return names.flatMap((entry) => {
    const own = points.filter(
      (point) => point.content === content && point.encoder === entry.name && isDefault(point),
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
  names: readonly SeriesName[],
): readonly Series[] {
  const curves = curvesOf(points);
  return names.flatMap((entry) => {
    const settings = speedSettings(curves, content, entry.name);
    if (settings.length < 2) return [];
    const spots = [...settings]
      .sort((a, b) => a.ms - b.ms)
      .map(({ speed, ms, bdRatePercent, abovePercent }) => ({
        x: ms,
        y: bdRatePercent,
        label: `${speed === null ? 'default' : `speed ${speed}`}, ${ms.toFixed(2)} ms, BD-rate ${bdRatePercent.toFixed(1)} %${abovePercent === 0 ? ', on the hull' : ''}`,
      }));
    return [{ ...entry, line: false, points: spots }];
  });
}

function legend(names: readonly SeriesName[]): string {
  return names
    .map(
      ({ name, colour, dashed }) =>
        `<label class="c${colour % COLOURS}"><input type="checkbox" checked value="${escaped(name)}"><span>${escaped(name)}${dashed ? ' (dashed)' : ''}</span></label>`,
    )
    .join('');
}

function claimTable(claims: readonly Claim[]): Table {
  return {
    title: 'Claims',
    columns: ['id', 'value', 'unit', 'target', 'kept'],
    rows: claims.map(({ id, value, unit, target, ok }) => [id, value, unit, target, ok ? 'yes' : 'NO']),
  };
}

function section(title: string, body: string): string {
  return `<section><h2>${escaped(title)}</h2>${body}</section>`;
}

function tableHtml({ title, columns, rows }: Table): string {
  const cell = (value: string | number): string => {
    const kind =
      value === 'yes' || value === 'better'
        ? ' class="yes"'
        : /^(NO|worse)$/.test(String(value))
          ? ' class="no"'
          : '';
    return `<td${kind}>${escaped(String(value))}</td>`;
  };
  const head = columns.map((name) => `<th scope="col">${escaped(name)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  // Wide tables scroll by themselves, and so must be reachable by the keyboard.
  return `<div class="table" tabindex="0" role="region" aria-label="${escaped(title)}"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
