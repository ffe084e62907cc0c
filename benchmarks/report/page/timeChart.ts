/**
 * Values over time as inline SVG.
 *
 * What will surprise you: of more points than a chart is wide, the least and the greatest of each stretch are drawn. No peak is lost,
 * and a page of an hour stays small.
 */
import { COLOURS, PLOT, escaped, figure } from './chart.ts';
import { extent, scaleFrom, shortNumber } from './scale.ts';

export interface TimePoint {
  readonly atMs: number;
  /** Null: nothing to show from here to the next. */
  readonly value: number | null;
}

/** What a bench hands over: anything that was measured again and again. Points in order of time. */
export interface TimeSeries {
  /** The same name has the same colour in every chart of a page. */
  readonly name: string;
  /** `Mbit/s`, `ms`. */
  readonly unit: string;
  readonly points: readonly TimePoint[];
}

export interface TimeChartOptions {
  readonly title: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** By name; a name without one gets the first. */
  readonly colours: ReadonlyMap<string, number>;
  /** Names of what is only there to compare with. */
  readonly dashed: ReadonlySet<string>;
}

/** Of time: two points each. */
const STRETCHES = 290;

/**
 * The first of the series lies on top. The axis begins at 0, or at the least value where that is below.
 * @throws RangeError for no series, and for units that differ
 */
export function timeChart(series: readonly TimeSeries[], options: TimeChartOptions): string {
  const { title, fromMs, toMs } = options;
  const units = new Set(series.map(({ unit }) => unit));
  const [unit] = units;
  if (unit === undefined || units.size > 1) {
    throw new RangeError(`a chart of ${units.size === 0 ? 'nothing' : [...units].join(' and ')}: ${title}`);
  }
  const shown = series.map((entry) => ({ ...entry, points: thinned(entry.points, fromMs, toMs) }));
  const values = shown.flatMap(({ points }) =>
    points.flatMap(({ value }) => (value === null ? [] : [value])),
  );
  const [least, most] = extent(values);
  const high = most > 0 ? most * 1.06 : 1;
  const x = scaleFrom(fromMs / 1000, toMs / 1000, PLOT.left, PLOT.right);
  const y = scaleFrom(Math.min(0, least), high, PLOT.bottom, PLOT.top);
  const lines = shown.map(({ name, points }) => {
    const colour = (options.colours.get(name) ?? 0) % COLOURS;
    const dashed = options.dashed.has(name) ? ' dashed' : '';
    const path = points.map(({ atMs, value }, at) => {
      if (value === null) return '';
      const begins = at === 0 || points[at - 1]?.value === null;
      return `${begins ? 'M' : 'L'}${x.place(atMs / 1000).toFixed(1)} ${y.place(value).toFixed(1)}`;
    });
    const times = points.map(({ atMs }) => Math.round(atMs)).join(' ');
    const numbers = points.map(({ value }) => (value === null ? '' : shortNumber(value))).join(',');
    return `<g class="series line c${colour}${dashed}" data-series="${escaped(name)}" data-times="${times}" data-values="${numbers}"><path d="${path.join('')}"/></g>`;
  });
  const rule = `<path class="rule" d="M0 ${PLOT.top}V${PLOT.bottom}" visibility="hidden"/>`;
  const attributes = ` tabindex="0" data-from="${fromMs}" data-to="${toMs}" data-left="${PLOT.left}" data-right="${PLOT.right}" data-unit="${escaped(unit)}"`;
  return figure(
    { title, xLabel: 'seconds', yLabel: unit },
    x,
    y,
    `${lines.reverse().join('\n')}\n${rule}`,
    attributes,
  );
}

/** Those in the time that is shown, and of many the least and the greatest of each stretch, in their order. */
export function thinned(points: readonly TimePoint[], fromMs: number, toMs: number): readonly TimePoint[] {
  const inside = points.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  if (inside.length <= 2 * STRETCHES) return inside;
  const stretchMs = (toMs - fromMs) / STRETCHES;
  const kept: TimePoint[] = [];
  let stretch: TimePoint[] = [];
  const close = (): void => {
    const numbers = stretch.flatMap(({ value }) => (value === null ? [] : [value]));
    const [least, most] = extent(numbers);
    const first = stretch.findIndex(({ value }) => value === least);
    const second = stretch.findLastIndex(({ value }) => value === most);
    const gap = stretch.findIndex(({ value }) => value === null);
    const places = [...new Set([first, second, gap])].filter((place) => place >= 0).sort((a, b) => a - b);
    for (const place of places) kept.push(...stretch.slice(place, place + 1));
    stretch = [];
  };
  let end = fromMs + stretchMs;
  for (const point of inside) {
    if (point.atMs >= end) {
      close();
      end = fromMs + stretchMs * (1 + Math.floor((point.atMs - fromMs) / stretchMs));
    }
    stretch.push(point);
  }
  close();
  return kept;
}
