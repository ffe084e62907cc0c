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
import type { CodecResults } from '../model.ts';
import { COLOURS, chart, escaped } from './chart.ts';
import { type SeriesName, costPlot, perceptualPlot, psnrPlot, seriesNames, speedPlot } from './series.ts';

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

function chartsOf(results: CodecResults, content: string, names: readonly SeriesName[]): string {
  return [psnrPlot, perceptualPlot, costPlot, speedPlot]
    .map((plot) => plot(results, content, names))
    .filter(({ series }) => series.length > 0)
    .map(({ series, options }) => chart(series, options))
    .join('\n');
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
