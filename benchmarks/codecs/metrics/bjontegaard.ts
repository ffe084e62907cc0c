/**
 * The mean distance of two rate-distortion curves (Bjøntegaard, "Calculation of average PSNR differences between RD-curves", ITU-T
 * VCEG-M33, 2001), with the piecewise cubic interpolation that JVET's common test conditions use in place of VCEG-M33's one cubic.
 */
import { Pchip } from './pchip.ts';

export interface RdPoint {
  /** Bits a second, in any unit that both curves share. */
  readonly rate: number;
  /** Decibels, or another scale on which more is better. */
  readonly quality: number;
}

/** The curves cannot be compared; the message says why. */
export class CurveError extends Error {
  readonly code = 'BENCH_CURVES';
  override readonly name = 'CurveError';
}

const MIN_POINTS = 4;

/**
 * @returns percent: how much more rate `tested` needs than `anchor` for the same quality; below 0 it needs less
 * @throws CurveError for fewer than 4 points, for curves that are not monotone, and where no quality is reached by both
 */
export function bdRatePercent(anchor: readonly RdPoint[], tested: readonly RdPoint[]): number {
  const difference = meanDifference(
    curve(anchor, 'anchor', ({ quality }) => quality, logRate),
    curve(tested, 'tested', ({ quality }) => quality, logRate),
    'quality',
  );
  return (10 ** difference - 1) * 100;
}

/**
 * @returns dB: how much better `tested` is than `anchor` at the same rate
 * @throws CurveError as {@link bdRatePercent}
 */
export function bdPsnrDb(anchor: readonly RdPoint[], tested: readonly RdPoint[]): number {
  return meanDifference(
    curve(anchor, 'anchor', logRate, ({ quality }) => quality),
    curve(tested, 'tested', logRate, ({ quality }) => quality),
    'rate',
  );
}

function logRate({ rate }: RdPoint): number {
  return Math.log10(rate);
}

function curve(
  points: readonly RdPoint[],
  name: string,
  x: (point: RdPoint) => number,
  y: (point: RdPoint) => number,
): Pchip {
  if (points.length < MIN_POINTS) {
    throw new CurveError(`the ${name} curve has ${points.length} points, and needs ${MIN_POINTS}`);
  }
  if (!points.every(({ rate, quality }) => rate > 0 && Number.isFinite(rate) && Number.isFinite(quality))) {
    throw new CurveError(`the ${name} curve has a point that is no number, or a rate that is not above 0`);
  }
  const sorted = [...points].sort((a, b) => a.rate - b.rate);
  sorted.slice(1).forEach((point, at) => {
    const before = sorted[at];
    if (before !== undefined && (point.rate <= before.rate || point.quality <= before.quality)) {
      throw new CurveError(
        `the ${name} curve does not rise from ${before.rate.toFixed(0)} to ${point.rate.toFixed(0)}`,
      );
    }
  });
  return new Pchip(sorted.map((point) => ({ x: x(point), y: y(point) })));
}

function meanDifference(anchor: Pchip, tested: Pchip, what: string): number {
  const from = Math.max(anchor.first, tested.first);
  const to = Math.min(anchor.last, tested.last);
  if (!(from < to)) throw new CurveError(`the curves have no ${what} in common`);
  return (tested.integral(from, to) - anchor.integral(from, to)) / (to - from);
}
