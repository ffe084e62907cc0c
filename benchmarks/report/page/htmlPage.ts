/**
 * The page of a bench as one HTML file that needs nothing beside it: opened from a disk, sent by mail, printed.
 *
 * What will surprise you: colours and sizes are the product's own; web/page/design/tokens.css is read and put in.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Claim } from '../claims.ts';
import type { Table } from '../report.ts';
import { COLOURS, escaped } from './chart.ts';

const TOKENS = fileURLToPath(new URL('../../../web/page/design/tokens.css', import.meta.url));

/** A series that all charts of the page can show or hide. */
export interface LegendEntry {
  readonly name: string;
  readonly colour: number;
  readonly dashed: boolean;
}

export interface HtmlPage {
  /** Of the window. */
  readonly title: string;
  readonly heading: string;
  readonly conditions: Readonly<Record<string, string | number>>;
  readonly legend: readonly LegendEntry[];
  readonly claims: readonly Claim[];
  /** HTML, as `section` makes it; between claims and tables. */
  readonly sections: readonly string[];
  readonly tables: readonly Table[];
  readonly skipped: readonly string[];
}

export function htmlPage(page: HtmlPage): string {
  const { claims, tables, skipped } = page;
  const beside = (name: string): string => readFileSync(path.join(import.meta.dirname, name), 'utf8');
  const conditions = Object.entries(page.conditions);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(page.title)}</title>
<link rel="icon" href="data:,">
<style>
${readFileSync(TOKENS, 'utf8')}
${beside('page.css')}
</style>
</head>
<body>
<main>
<h1>${escaped(page.heading)}</h1>
<div class="quiet">${conditions.map(([name, value]) => `${escaped(name)}: ${escaped(String(value))}`).join('<br>')}</div>
<div class="legend" role="group" aria-label="What the charts show">${legend(page.legend)}</div>
${claims.length === 0 ? '' : section('Claims', tableHtml(claimTable(claims)))}
${page.sections.join('\n')}
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

/** @param body HTML */
export function section(title: string, body: string): string {
  return `<section><h2>${escaped(title)}</h2>${body}</section>`;
}

/** @param charts HTML, as `chart` and `timeChart` make it */
export function chartGrid(charts: string): string {
  return `<div class="charts">${charts}</div>`;
}

export function tableHtml({ title, columns, rows }: Table): string {
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

function legend(entries: readonly LegendEntry[]): string {
  return entries
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
