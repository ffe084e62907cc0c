/** A chart as an SVG file of its own, with title and legend: for documents. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { COLOURS, type ChartOptions, HEIGHT, PLOT, type Series, WIDTH, drawing, escaped } from './chart.ts';

const TITLE_HEIGHT = 34;
const LEGEND_COLUMNS = 2;
const LEGEND_ROW = 20;

/** Without dots where there are so many points that they would hide the line. */
export type ChartFileOptions = ChartOptions & { readonly dots?: boolean };

/** Readable on light and dark grounds. */
export function chartFile(series: readonly Series[], options: ChartFileOptions): string {
  const colours = readFileSync(path.join(import.meta.dirname, 'chartFile.css'), 'utf8').trim();
  const style = options.dots === false ? `${colours}\n.series circle { display: none; }` : colours;
  const title = escaped(options.title);
  const rows = Math.ceil(series.length / LEGEND_COLUMNS);
  const height = TITLE_HEIGHT + HEIGHT + rows * LEGEND_ROW + LEGEND_ROW / 2;
  const legend = series.map(({ name, colour, dashed }, at) => {
    const x = PLOT.left + (at % LEGEND_COLUMNS) * ((WIDTH - PLOT.left) / LEGEND_COLUMNS);
    const y = TITLE_HEIGHT + HEIGHT + (Math.floor(at / LEGEND_COLUMNS) + 0.5) * LEGEND_ROW;
    return `<g class="series c${colour % COLOURS}${dashed ? ' dashed' : ''}"><path d="M${x} ${y}h22"/><text class="name" x="${x + 28}" y="${y + 4}">${escaped(name)}</text></g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
<style>${style}</style>
<rect class="ground" width="${WIDTH}" height="${height}"/>
<text class="title" x="14" y="24">${title}</text>
<g transform="translate(0 ${TITLE_HEIGHT})">
${drawing(series, options)}
</g>
${legend.join('\n')}
</svg>
`;
}

/**
 * @param files names with what is in them
 * @returns their paths
 * @throws where the folder cannot be written to
 */
export function writeCharts(folder: string, files: ReadonlyMap<string, string>): readonly string[] {
  mkdirSync(folder, { recursive: true });
  return Array.from(files, ([name, text]) => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  });
}
