/** Charts as inline SVG: no script is needed to read them, and each point says its values when it is pointed at. */

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

const [WIDTH, HEIGHT] = [640, 360];
const PLOT = { left: 58, right: 16, top: 14, bottom: 46 } as const;
const TITLE_HEIGHT = 34;
const LEGEND_COLUMNS = 2;
const LEGEND_ROW = 20;
const TICKS = 5;
export const COLOURS = 8;

/** Text for HTML and SVG, attributes included. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** As a figure of a page, which brings the colours. The first of the series lies on top. */
export function chart(series: readonly Series[], options: ChartOptions): string {
  const title = escaped(options.title);
  return `<figure class="chart"><figcaption>${title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
${drawing(series, options)}
</svg></figure>`;
}

/**
 * As a file of its own, with title and legend, readable on light and dark grounds.
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

function drawing(series: readonly Series[], options: ChartOptions): string {
  const points = series.flatMap((entry) => entry.points);
  const x = scale(
    points.map((point) => point.x),
    PLOT.left,
    WIDTH - PLOT.right,
    options.logarithmicX,
  );
  const y = scale(
    points.map((point) => point.y),
    HEIGHT - PLOT.bottom,
    PLOT.top,
    false,
  );
  return `${x.ticks.map((value) => tickAcross(x.place(value), shortNumber(value))).join('')}
${y.ticks.map((value) => tickDown(y.place(value), shortNumber(value))).join('')}
<text class="axis" x="${(PLOT.left + WIDTH - PLOT.right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escaped(options.xLabel)}</text>
<text class="axis" x="14" y="${(HEIGHT - PLOT.bottom) / 2}" text-anchor="middle" transform="rotate(-90 14 ${(HEIGHT - PLOT.bottom) / 2})">${escaped(options.yLabel)}</text>
${[...series]
  .reverse()
  .map((entry) => drawn(entry, x, y))
  .join('\n')}`;
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
  const bottom = HEIGHT - PLOT.bottom;
  return `<path class="grid" d="M${px.toFixed(1)} ${PLOT.top}V${bottom}"/><text class="tick" x="${px.toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${text}</text>`;
}

function tickDown(py: number, text: string): string {
  return `<path class="grid" d="M${PLOT.left} ${py.toFixed(1)}H${WIDTH - PLOT.right}"/><text class="tick" x="${PLOT.left - 8}" y="${(py + 4).toFixed(1)}" text-anchor="end">${text}</text>`;
}

interface Scale {
  readonly ticks: readonly number[];
  place(value: number): number;
}

function scale(values: readonly number[], from: number, to: number, logarithmic: boolean): Scale {
  const forward = logarithmic ? Math.log : (value: number): number => value;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = (forward(most) - forward(least) || 1) * 0.06;
  const [low, high] = [forward(least) - room, forward(most) + room];
  return {
    ticks: logarithmic ? roundFactors(least, most) : roundSteps(low, high),
    place: (value) => from + ((forward(value) - low) / (high - low)) * (to - from),
  };
}

const COARSE = [1, 2, 5] as const;
const FINE = [1, 1.5, 2, 3, 4, 5, 7] as const;

/** Round numbers in even steps of the logarithm, or nearly so. */
function roundFactors(least: number, most: number): readonly number[] {
  const inside = (steps: readonly number[]): readonly number[] => {
    const ticks: number[] = [];
    for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power += 1) {
      for (const step of steps) ticks.push(step * 10 ** power);
    }
    return ticks.filter((tick) => tick >= least * 0.95 && tick <= most * 1.05);
  };
  const coarse = inside(COARSE);
  return coarse.length >= TICKS - 1 ? coarse : inside(FINE);
}

function roundSteps(low: number, high: number): readonly number[] {
  const raw = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5].find((factor) => factor * power >= raw) ?? 10) * power;
  const ticks: number[] = [];
  for (let at = Math.ceil(low / step); at * step <= high; at += 1) ticks.push(at * step);
  return ticks;
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}
