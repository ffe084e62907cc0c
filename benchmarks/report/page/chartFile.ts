/** A chart as an SVG file of its own, with title and legend: for documents. */
import { COLOURS, type ChartOptions, HEIGHT, PLOT, type Series, WIDTH, drawing, escaped } from './chart.ts';

const TITLE_HEIGHT = 34;
const LEGEND_COLUMNS = 2;
const LEGEND_ROW = 20;

/**
 * Readable on light and dark grounds, as far as its style is.
 * @param style what colours the classes of the drawing
 */
export function chartFile(series: readonly Series[], options: ChartOptions, style: string): string {
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
