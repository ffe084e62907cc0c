/** From a minute of numbers to a line of an SVG path, and to what a screen reader says of it. Pure. */

/** The highest value of a plot's axis: 1, 2 or 5 times a power of ten, at least `least`. */
export function niceTop(values: Float32Array, least: number): number {
  let highest = least;
  for (const value of values) if (value > highest) highest = value;
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= highest * (1 - 1e-6)) ?? 10;
  return Math.max(least, step * power);
}

/**
 * A path through the values, from left to right over the whole width; a gap where nothing was measured. A lone value is a dot.
 *
 * @param top The value at the upper edge.
 */
export function plotPath(values: Float32Array, top: number, width: number, height: number): string {
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  let path = '';
  let drawing = false;
  for (const [index, value] of values.entries()) {
    if (Number.isNaN(value)) {
      drawing = false;
      continue;
    }
    const x = short(index * step);
    const y = short(height - (Math.min(Math.max(value, 0), top) / top) * height);
    if (drawing) path += `L${x} ${y}`;
    else path += Number.isNaN(values[index + 1] ?? Number.NaN) ? `M${x} ${y}h.01` : `M${x} ${y}`;
    drawing = true;
  }
  return path;
}

export interface Span {
  readonly lowest: number;
  readonly highest: number;
  readonly last: number;
}

/** @returns null where nothing was measured. */
export function spanOf(values: Float32Array): Span | null {
  const measured = values.filter((value) => !Number.isNaN(value));
  const last = measured.at(-1);
  if (last === undefined) return null;
  return { lowest: Math.min(...measured), highest: Math.max(...measured), last };
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}
