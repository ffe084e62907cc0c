/** What follows from the curves: ours beside peers at equal CPU, what layers cost, the claims. */
import { type Claim, atLeast, atMost } from '../../report/claims.ts';
import { median } from '../../report/statistics.ts';
import type { CodecResults, OverheadRecord, PeerRecord, PointRecord } from '../model.ts';
import { type Distance, curvesOf, distance, isDefault } from './curves.ts';
import { EQUAL_MS, curveMs, sharedRounds, speedSettings } from './hull.ts';

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
  const curves = curvesOf(points).filter(({ layers }) => layers === null);
  return peers.map((peer) => {
    const own = curves.filter(({ content, encoder }) => content === peer.content && encoder === peer.encoder);
    const standard = own.find(isDefault);
    const rounds = sharedRounds(own);
    const standardMs = standard === undefined ? Number.NaN : curveMs(standard.points, rounds);
    const ratio = pairedRatio(peer.ourCpuMs, peer.cpuMs);
    // Each setting's CPU against the peer's, by way of the default, which was measured beside it.
    const affordable = own.filter(
      (curve) => (curveMs(curve.points, rounds) / standardMs) * ratio <= 1 + EQUAL_MS,
    );
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

/** What a number of layers costs one encoder on one class, against none. */
export interface LayerCost extends Distance {
  readonly content: string;
  readonly encoder: string;
  readonly layers: string;
  /** CPU against none. */
  readonly cpuRatio: number;
  readonly skipped: number;
}

export function layerCosts({ points }: CodecResults): readonly LayerCost[] {
  const curves = curvesOf(points);
  return curves.flatMap((own) => {
    const { content, encoder, layers, points: tested } = own;
    const anchor = curves.find(
      (curve) => curve.content === content && curve.encoder === encoder && isDefault(curve),
    );
    if (layers === null || anchor === undefined) return [];
    const skipped = tested.reduce((sum, point) => sum + point.skipped, 0);
    const rounds = sharedRounds([own, anchor]);
    const cpuRatio = curveMs(tested, rounds) / curveMs(anchor.points, rounds);
    return [{ content, encoder, layers, cpuRatio, skipped, ...distance(anchor.points, tested) }];
  });
}

/** At this luma PSNR nothing visible is left to spend bits on, and less than the target is no fault. */
const SATURATED_DB = 45;

/** How far the rate is off after two seconds; null where that says nothing about the rate control. */
export function judgedRateError(point: PointRecord): number | null {
  const { rateError, psnrDb, kind } = point;
  if (rateError === null || !isDefault(point)) return null;
  // A screen stands still for seconds, and what it then does not need cannot be saved up for later: its target is a ceiling.
  const mayBeLess = kind === 'screen' || psnrDb[0] >= SATURATED_DB;
  return rateError < 0 && mayBeLess ? null : Math.abs(rateError);
}

/** The rate at which a picture of 1280x720 is measured elsewhere too (benchmarks/transcode). */
const USUAL_720P_BPS = 1_500_000;

/** Fewer rounds say nothing about two per cent. */
const MIN_ROUNDS = 3;
/** Fewer settings make no hull. */
const MIN_SETTINGS = 3;

/** Only for what was measured: a class that is not there makes no promise. */
export function claimsOf(results: CodecResults): readonly Claim[] {
  const claims: Claim[] = [];
  const add = (values: readonly number[], claim: (worst: number) => Claim): void => {
    if (values.length > 0) claims.push(claim(Math.max(...values)));
  };
  const ratios = results.overhead
    .filter(({ oursMs }) => oursMs.length >= MIN_ROUNDS)
    .map(({ oursMs, nativeMs }: OverheadRecord) => pairedRatio(oursMs, nativeMs));
  add(ratios, (worst) => atMost('codecs.binding-overhead', worst, 1.02, 'x', 3));
  const camera = results.points.filter(
    (point) => point.content === 'camera' && point.codec === 'H264' && isDefault(point),
  );
  const distanceOf = ({ targetBps }: PointRecord): number => Math.abs(Math.log(targetBps / USUAL_720P_BPS));
  const usual = camera.toSorted((a, b) => distanceOf(a) - distanceOf(b))[0];
  add(usual === undefined ? [] : [(median(usual.encodeMs) * usual.frameRate) / 1000], (share) =>
    atLeast('codecs.h264-720p-realtime', 1 / share, 6, 'x', 1),
  );
  add(
    results.points.flatMap((point) => judgedRateError(point) ?? []),
    (worst) => atMost('codecs.rate-error', worst, 0.05, 'of target', 3),
  );
  add(defaultsAboveHull(results), (worst) => atMost('codecs.default-on-hull', worst, 0, '% above', 2));
  add(againstGstreamer(results), (worst) => atMost('codecs.bdrate-vs-gstreamer', worst, 0, '%', 1));
  return claims;
}

/** Of each encoder and class that enough speeds were tried of. */
function defaultsAboveHull({ points }: CodecResults): readonly number[] {
  const curves = curvesOf(points);
  return curves.filter(isDefault).flatMap(({ content, encoder }) => {
    const settings = speedSettings(curves, content, encoder);
    if (settings.length < MIN_SETTINGS) return [];
    return settings.flatMap(({ speed, abovePercent }) => (speed === null ? [abovePercent] : []));
  });
}

/** BD-rates against GStreamer's defaults of the best of our settings that take no more CPU. */
function againstGstreamer(results: CodecResults): readonly number[] {
  const defaults = peerDistances(results).filter(
    ({ peer }) => peer.tool === 'GStreamer' && peer.settings === 'defaults',
  );
  // Equal CPU can only be had where there was a choice of it.
  const tried = defaults.filter(({ speedsTried }) => speedsTried);
  return (tried.length > 0 ? tried : defaults).flatMap(({ atEqualCpuPercent }) => atEqualCpuPercent ?? []);
}
