/** What follows from the points: distances of curves, the hull of speed against quality, the claims. */
import { type Claim, atLeast, atMost } from '../../report/claims.ts';
import { median } from '../../report/statistics.ts';
import { CurveError, type RdPoint, bdPsnrDb, bdRatePercent } from '../metrics/bjontegaard.ts';
import { msSsimDb } from '../metrics/msSsim.ts';
import type { CodecResults, OverheadRecord, PeerRecord, PointRecord, RdRecord } from '../model.ts';

export interface Curve {
  readonly content: string;
  readonly encoder: string;
  readonly speed: number | null;
  /** Rising in rate. */
  readonly points: readonly PointRecord[];
}

/** The points of each content, encoder and speed. */
export function curvesOf(points: readonly PointRecord[]): readonly Curve[] {
  const groups = Map.groupBy(
    points,
    ({ content, encoder, speed }) => `${content}\t${encoder}\t${speed ?? ''}`,
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { content, encoder, speed } = first;
    return [{ content, encoder, speed, points: [...group].sort((a, b) => a.targetBps - b.targetBps) }];
  });
}

export interface Distance {
  /** Null: the curves cannot be compared; `reason` says why. */
  readonly bdRatePercent: number | null;
  readonly bdPsnrDb: number | null;
  readonly bdRateMsSsimPercent: number | null;
  readonly reason: string | null;
}

/** Luma PSNR, and multi-scale SSIM on its scale of decibels. */
export function distance(anchor: readonly RdRecord[], tested: readonly RdRecord[]): Distance {
  let reason: string | null = null;
  const attempt = (
    measure: (anchor: readonly RdPoint[], tested: readonly RdPoint[]) => number,
    quality: (record: RdRecord) => number,
  ): number | null => {
    const points = (records: readonly RdRecord[]): RdPoint[] =>
      records.map((record) => ({ rate: record.bps, quality: quality(record) }));
    try {
      return measure(points(anchor), points(tested));
    } catch (error) {
      if (!(error instanceof CurveError)) throw error;
      reason ??= error.message;
      return null;
    }
  };
  const psnr = ({ psnrDb }: RdRecord): number => psnrDb[0];
  return {
    bdRatePercent: attempt(bdRatePercent, psnr),
    bdPsnrDb: attempt(bdPsnrDb, psnr),
    bdRateMsSsimPercent: attempt(bdRatePercent, ({ msSsim }) =>
      msSsim === null ? Number.NaN : msSsimDb(msSsim),
    ),
    reason,
  };
}

/** CPU for each picture over a whole curve, ms. */
export function curveMs(points: readonly PointRecord[]): number {
  const medians = points.map(({ encodeMs }) => median(encodeMs));
  return medians.reduce((sum, value) => sum + value, 0) / medians.length;
}

export interface Setting {
  readonly speed: number | null;
  readonly ms: number;
  readonly bdRatePercent: number;
  readonly onHull: boolean;
}

/** Every speed that was tried, against the default. */
export function speedSettings(
  curves: readonly Curve[],
  content: string,
  encoder: string,
): readonly Setting[] {
  const own = curves.filter((curve) => curve.content === content && curve.encoder === encoder);
  const anchor = own.find(({ speed }) => speed === null);
  if (anchor === undefined) return [];
  const settings = own.flatMap(({ speed, points }) => {
    const { bdRatePercent: rate } = distance(anchor.points, points);
    return rate === null ? [] : [{ speed, ms: curveMs(points), bdRatePercent: rate }];
  });
  return settings.map((setting) => ({
    ...setting,
    onHull: !settings.some((a) => isAbove(setting, a, settings)),
  }));
}

type Spot = { readonly ms: number; readonly bdRatePercent: number };

/** Timings of equal work differ by this much. */
const EQUAL_MS = 0.03;

/** Whether the setting lies above a line from `a` to any other, so that a mixture of the two would be better in both. */
function isAbove(spot: Spot, a: Spot, all: readonly Spot[]): boolean {
  return all.some((b) => {
    if (a === spot || b === spot || a.ms > spot.ms * (1 - EQUAL_MS)) return false;
    if (b === a) return a.bdRatePercent < spot.bdRatePercent - 0.01;
    if (b.ms < spot.ms * (1 + EQUAL_MS)) return false;
    const share = (spot.ms - a.ms) / (b.ms - a.ms);
    return a.bdRatePercent + share * (b.bdRatePercent - a.bdRatePercent) < spot.bdRatePercent - 0.01;
  });
}

export interface PeerDistance extends Distance {
  readonly peer: PeerRecord;
  /** Of our default, within the rounds. */
  readonly cpuRatio: number;
  /** The best BD-rate among our settings that take no more CPU than the peer; null: none does. */
  readonly atEqualCpuPercent: number | null;
  /** Whether more than the default was tried on this class. */
  readonly speedsTried: boolean;
}

export function peerDistances({ peers, points }: CodecResults): readonly PeerDistance[] {
  const curves = curvesOf(points);
  return peers.map((peer) => {
    const own = curves.filter(({ content, encoder }) => content === peer.content && encoder === peer.encoder);
    const standard = own.find(({ speed }) => speed === null);
    const standardMs = standard === undefined ? Number.NaN : curveMs(standard.points);
    const ratio = pairedRatio(peer.ourCpuMs, peer.cpuMs);
    // Each setting's CPU against the peer's, by way of the default, which was measured beside it.
    const affordable = own.filter((curve) => (curveMs(curve.points) / standardMs) * ratio <= 1 + EQUAL_MS);
    const rates = affordable.flatMap((curve) => distance(peer.points, curve.points).bdRatePercent ?? []);
    return {
      peer,
      cpuRatio: ratio,
      ...distance(peer.points, standard?.points ?? []),
      atEqualCpuPercent: rates.length === 0 ? null : Math.min(...rates),
      speedsTried: own.length > 1,
    };
  });
}

/** Median over the rounds of the ratio within each: a machine that is slower for a while is so for both. */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  return ratios.length === 0 ? Number.NaN : median(ratios);
}

/** At this luma PSNR nothing visible is left to spend bits on, and less than the target is no fault. */
const SATURATED_DB = 45;

/** How far the rate is off after two seconds; null where that says nothing about the rate control. */
export function judgedRateError({ rateError, psnrDb, speed }: PointRecord): number | null {
  if (rateError === null || speed !== null) return null;
  return rateError < 0 && psnrDb[0] >= SATURATED_DB ? null : Math.abs(rateError);
}

/** Fewer rounds say nothing about two per cent. */
const MIN_ROUNDS = 3;

/** Only for what was measured: a class that is not there makes no promise. */
export function claimsOf(results: CodecResults): readonly Claim[] {
  const claims: Claim[] = [];
  const ratios = results.overhead
    .filter(({ oursMs }) => oursMs.length >= MIN_ROUNDS)
    .map(({ oursMs, nativeMs }: OverheadRecord) => pairedRatio(oursMs, nativeMs));
  if (ratios.length > 0) claims.push(atMost('codecs.binding-overhead', Math.max(...ratios), 1.02, 'x', 3));
  const camera = results.points.filter(
    ({ content, codec, speed }) => content === 'camera' && codec === 'H264' && speed === null,
  );
  if (camera.length > 0) {
    const [{ frameRate } = { frameRate: 0 }] = camera;
    const slowest = Math.max(...camera.map(({ encodeMs }) => median(encodeMs)));
    claims.push(atLeast('codecs.h264-720p-realtime', 1000 / slowest / frameRate, 6, 'x', 1));
  }
  const errors = results.points.flatMap((point) => judgedRateError(point) ?? []);
  if (errors.length > 0) claims.push(atMost('codecs.rate-error', Math.max(...errors), 0.05, 'of target', 3));
  const defaults = peerDistances(results).filter(
    ({ peer }) => peer.tool === 'GStreamer' && peer.settings === 'defaults',
  );
  // Equal CPU can only be had where there was a choice of it.
  const tried = defaults.filter(({ speedsTried }) => speedsTried);
  const rates = (tried.length > 0 ? tried : defaults).flatMap(
    ({ atEqualCpuPercent }) => atEqualCpuPercent ?? [],
  );
  if (rates.length > 0) claims.push(atMost('codecs.bdrate-vs-gstreamer', Math.max(...rates), 0, '%', 1));
  return claims;
}
