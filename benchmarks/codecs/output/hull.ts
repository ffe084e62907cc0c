/**
 * The lower convex hull of processor time against BD-rate: what can be had at each cost by a setting, or by a mixture of two.
 *
 * What will surprise you: a setting is held against what is cheaper than it by more than the noise of timings. So one that costs the same
 * as another within noise is never above the hull because of that other one.
 */
import { median } from '../../report/statistics.ts';
import type { PointRecord } from '../model.ts';
import { type Curve, distance, isDefault } from './curves.ts';

/** Timings of equal work differ by this much. */
export const EQUAL_MS = 0.03;
/** Streams repeat to the bit; below this is rounding. */
const EQUAL_PERCENT = 0.01;

export interface Spot {
  readonly ms: number;
  readonly bdRatePercent: number;
}

export interface Setting extends Spot {
  readonly speed: number | null;
  /** How much rate, in points of BD-rate, a setting or mixture that costs no more would save; 0: it lies on the hull. */
  readonly abovePercent: number;
}

/** The rounds that all of these took part in: a machine that is slower in a later one is then so for all or none. */
export function sharedRounds(curves: readonly Curve[]): number {
  return Math.min(...curves.flatMap(({ points }) => points.map(({ encodeMs }) => encodeMs.length)));
}

/** CPU for each picture over a whole curve, ms, in the first so many rounds. */
export function curveMs(points: readonly PointRecord[], rounds: number): number {
  const medians = points.map(({ encodeMs }) => median(encodeMs.slice(0, rounds)));
  return medians.reduce((sum, value) => sum + value, 0) / medians.length;
}

/** Every speed that was tried without layers, against the default. */
export function speedSettings(
  curves: readonly Curve[],
  content: string,
  encoder: string,
): readonly Setting[] {
  const own = curves.filter(
    (curve) => curve.content === content && curve.encoder === encoder && curve.layers === null,
  );
  const anchor = own.find(isDefault);
  if (anchor === undefined) return [];
  const rounds = sharedRounds(own);
  const settings = own.flatMap(({ speed, points }) => {
    const { bdRatePercent: rate } = distance(anchor.points, points);
    return rate === null ? [] : [{ speed, ms: curveMs(points, rounds), bdRatePercent: rate }];
  });
  return settings.map((setting) => {
    const abovePercent = setting.bdRatePercent - hullAt(settings, setting.ms * (1 - EQUAL_MS));
    return { ...setting, abovePercent: abovePercent < EQUAL_PERCENT ? 0 : abovePercent };
  });
}

/** @returns the least BD-rate of all settings and mixtures of two that cost no more than `ms`; Infinity: there is none */
function hullAt(settings: readonly Spot[], ms: number): number {
  const cheaper = settings.filter((spot) => spot.ms <= ms);
  const dearer = settings.filter((spot) => spot.ms > ms);
  const mixtures = cheaper.flatMap((a) =>
    dearer.map((b) => {
      const share = (ms - a.ms) / (b.ms - a.ms);
      return a.bdRatePercent + share * (b.bdRatePercent - a.bdRatePercent);
    }),
  );
  return Math.min(...cheaper.map(({ bdRatePercent }) => bdRatePercent), ...mixtures);
}
