/**
 * The results as one HTML file that needs nothing beside it: opened from a disk, sent by mail, printed.
 */
import { writeFileSync } from 'node:fs';
import type { Claim } from '../../report/claims.ts';
import { chart } from '../../report/page/chart.ts';
import { chartGrid, htmlPage, section } from '../../report/page/htmlPage.ts';
import type { Table } from '../../report/report.ts';
import type { CodecResults } from '../model.ts';
import { type SeriesName, costPlot, perceptualPlot, psnrPlot, seriesNames, speedPlot } from './series.ts';

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

function chartsOf(results: CodecResults, content: string, names: readonly SeriesName[]): string {
  return [psnrPlot, perceptualPlot, costPlot, speedPlot]
    .map((plot) => plot(results, content, names))
    .filter(({ series }) => series.length > 0)
    .map(({ series, options }) => chart(series, options))
    .join('\n');
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
