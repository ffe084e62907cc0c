/** From values to places in a chart, and which values get a tick. */

export interface Scale {
  readonly ticks: readonly number[];
  place(value: number): number;
}

const TICKS = 5;
const COARSE = [1, 2, 5] as const;
const FINE = [1, 1.5, 2, 3, 4, 5, 7] as const;
/** Of the range, beside the outermost values. */
const ROOM = 0.06;

/** A little wider than the values. */
export function scaleOf(values: readonly number[], from: number, to: number, logarithmic: boolean): Scale {
  const forward = logarithmic ? Math.log : (value: number): number => value;
  const [least, most] = extent(values);
  const room = (forward(most) - forward(least) || 1) * ROOM;
  const [low, high] = [forward(least) - room, forward(most) + room];
  return {
    ticks: logarithmic ? roundFactors(least, most) : roundSteps(low, high),
    place: (value) => from + ((forward(value) - low) / (high - low)) * (to - from),
  };
}

/** Exactly from `low` to `high`. */
export function scaleFrom(low: number, high: number, from: number, to: number): Scale {
  return {
    ticks: roundSteps(low, high),
    place: (value) => from + ((value - low) / (high - low)) * (to - from),
  };
}

/** @returns 0 and 1 where there are none */
export function extent(values: readonly number[]): readonly [number, number] {
  if (values.length === 0) return [0, 1];
  // Not Math.min(...values): there may be more than a call takes.
  return [
    values.reduce((least, value) => Math.min(least, value), Infinity),
    values.reduce((most, value) => Math.max(most, value), -Infinity),
  ];
}

export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}

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
