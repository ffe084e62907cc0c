/** The page of what was measured over time: for each run its charts, one below the other or side by side, on one axis of time. */
import type { Claim } from '../claims.ts';
import type { Table } from '../report.ts';
import { escaped } from './chart.ts';
import { type LegendEntry, chartGrid, htmlPage, section, tableHtml } from './htmlPage.ts';
import { type TimeSeries, timeChart } from './timeChart.ts';

export interface RunChart {
  readonly title: string;
  /** Of one unit. One that has no points is left out. */
  readonly series: readonly TimeSeries[];
}

export interface Run {
  readonly title: string;
  /** What is to be seen, for a person. */
  readonly note?: string;
  readonly charts: readonly RunChart[];
  readonly tables?: readonly Table[];
}

export interface RunPage {
  /** `Link laboratory`. */
  readonly heading: string;
  readonly conditions: Readonly<Record<string, string | number>>;
  readonly runs: readonly Run[];
  /** Names of series that are only there to compare with: dashed. */
  readonly dashed?: readonly string[];
  readonly claims: readonly Claim[];
  readonly tables: readonly Table[];
  readonly skipped: readonly string[];
}

/** @throws RangeError for a chart of series with different units */
export function runPage({
  heading,
  conditions,
  runs,
  dashed = [],
  claims,
  tables,
  skipped,
}: RunPage): string {
  const entries = legendOf(runs, new Set(dashed));
  const colours = new Map(entries.map(({ name, colour }) => [name, colour]));
  return htmlPage({
    title: `CommuCat: ${heading.charAt(0).toLowerCase()}${heading.slice(1)}`,
    heading,
    conditions,
    legend: entries,
    claims,
    sections: runs.map((run) => section(run.title, runHtml(run, colours, new Set(dashed)))),
    tables,
    skipped,
  });
}

function runHtml(
  { note, charts, tables = [] }: Run,
  colours: ReadonlyMap<string, number>,
  dashed: ReadonlySet<string>,
): string {
  const filled = charts
    .map(({ title, series }) => ({ title, series: series.filter(({ points }) => points.length > 0) }))
    .filter(({ series }) => series.length > 0);
  // All charts of a run share the axis, so that one can look from one to the other.
  const times = filled.flatMap(({ series }) =>
    series.flatMap(({ points }) => [points[0]?.atMs ?? 0, points.at(-1)?.atMs ?? 0]),
  );
  const fromMs = Math.min(...times);
  const toMs = Math.max(...times, fromMs + 1);
  const drawn = filled.map(({ title, series }) =>
    timeChart(series, { title, fromMs, toMs, colours, dashed }),
  );
  return [
    ...(note === undefined ? [] : [`<p class="quiet">${escaped(note)}</p>`]),
    chartGrid(drawn.join('\n')),
    ...tables.map((table) => `<h3>${escaped(table.title)}</h3>${tableHtml(table)}`),
  ].join('\n');
}

function legendOf(runs: readonly Run[], dashed: ReadonlySet<string>): readonly LegendEntry[] {
  const names = new Set(
    runs.flatMap(({ charts }) =>
      charts.flatMap(({ series }) =>
        series.filter(({ points }) => points.length > 0).map(({ name }) => name),
      ),
    ),
  );
  return Array.from(names, (name, colour) => ({ name, colour, dashed: dashed.has(name) }));
}
