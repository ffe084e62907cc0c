/** Charts as inline SVG: no script is needed to read them, and each point says its values when it is pointed at. */

import { type Scale, scaleOf, shortNumber } from './scale.ts';

export interface Series {
  /** The same name has the same colour in every chart of a page. */
  readonly name: string;
  readonly colour: number;
  /** Dashed: something to compare with. */
  readonly dashed: boolean;
  /** Whether its points are joined. */
  readonly line: boolean;
  readonly points: readonly { readonly x: number; readonly y: number; readonly label: string }[];
}

export interface ChartOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly logarithmicX: boolean;
}

export const [WIDTH, HEIGHT] = [640, 360];
/** Where the plot ends inside the chart. */
export const PLOT = { left: 58, right: WIDTH - 16, top: 14, bottom: HEIGHT - 46 } as const;
export const COLOURS = 8;

/** Text for HTML and SVG, attributes included. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** As a figure of a page, which brings the colours. The first of the series lies on top. */
export function chart(series: readonly Series[], options: ChartOptions): string {
  return framed(options.title, drawing(series, options), '');
}

/** What stands inside an SVG element of WIDTH x HEIGHT. */
export function drawing(series: readonly Series[], options: ChartOptions): string {
  const points = series.flatMap((entry) => entry.points);
  const x = scaleOf(
    points.map((point) => point.x),
    PLOT.left,
    PLOT.right,
    options.logarithmicX,
  );
  const y = scaleOf(
    points.map((point) => point.y),
    PLOT.bottom,
    PLOT.top,
    false,
  );
  const body = [...series].reverse().map((entry) => drawn(entry, x, y));
  return axes(options, x, y, body.join('\n'));
}

/**
 * The frame of any chart: title, axes, grid.
 * @param body SVG inside it
 * @param attributes of the SVG element, beside its own
 */
export function figure(
  { title, xLabel, yLabel }: Pick<ChartOptions, 'title' | 'xLabel' | 'yLabel'>,
  x: Scale,
  y: Scale,
  body: string,
  attributes: string,
): string {
  return framed(title, axes({ xLabel, yLabel }, x, y, body), attributes);
}

function framed(title: string, inside: string, attributes: string): string {
  return `<figure class="chart"><figcaption>${escaped(title)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}"${attributes}>
${inside}
</svg></figure>`;
}

function axes(
  { xLabel, yLabel }: Pick<ChartOptions, 'xLabel' | 'yLabel'>,
  x: Scale,
  y: Scale,
  body: string,
): string {
  const [across, down] = [(PLOT.left + PLOT.right) / 2, PLOT.bottom / 2];
  return `${x.ticks.map((value) => tickAcross(x.place(value), shortNumber(value))).join('')}
${y.ticks.map((value) => tickDown(y.place(value), shortNumber(value))).join('')}
<text class="axis" x="${across}" y="${HEIGHT - 8}" text-anchor="middle">${escaped(xLabel)}</text>
<text class="axis" x="14" y="${down}" text-anchor="middle" transform="rotate(-90 14 ${down})">${escaped(yLabel)}</text>
${body}`;
}

function drawn({ name, colour, dashed, line, points }: Series, x: Scale, y: Scale): string {
  const spots = points.map((point) => ({
    ...point,
    px: x.place(point.x).toFixed(1),
    py: y.place(point.y).toFixed(1),
  }));
  const path = spots.map(({ px, py }, at) => `${at === 0 ? 'M' : 'L'}${px} ${py}`).join('');
  const dots = spots.map(({ px, py, label }) => {
    const text = escaped(`${name}: ${label}`);
    return `<circle cx="${px}" cy="${py}" r="5" tabindex="0" data-value="${text}"><title>${text}</title></circle>`;
  });
  return `<g class="series c${colour % COLOURS}${dashed ? ' dashed' : ''}" data-series="${escaped(name)}">${line ? `<path d="${path}"/>` : ''}${dots.join('')}</g>`;
}

function tickAcross(px: number, text: string): string {
  return `<path class="grid" d="M${px.toFixed(1)} ${PLOT.top}V${PLOT.bottom}"/><text class="tick" x="${px.toFixed(1)}" y="${PLOT.bottom + 18}" text-anchor="middle">${text}</text>`;
}

function tickDown(py: number, text: string): string {
  return `<path class="grid" d="M${PLOT.left} ${py.toFixed(1)}H${PLOT.right}"/><text class="tick" x="${PLOT.left - 8}" y="${(py + 4).toFixed(1)}" text-anchor="end">${text}</text>`;
}
