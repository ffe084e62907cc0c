/**
 * Against results that were kept: what became better or worse, by more than noise and a margin.
 *
 * What will surprise you: noise is what the rounds of both runs say about themselves (their spread), so timings of fewer than three rounds are
 * shown and not judged; streams repeat to the
 * bit, so rates and qualities have none. Values only compare on the machine that the baseline is of.
 */
import type { Table } from '../../report/report.ts';
import { median } from '../../report/statistics.ts';
import type { CodecResults, PointRecord } from '../model.ts';
import { pairedRatio } from './analysis.ts';
import { curvesOf, distance, settingName } from './curves.ts';
import { number } from './tables.ts';

export interface Change {
  readonly what: string;
  /** Above 0 is worse. */
  readonly worsePercent: number;
  readonly noisePercent: number;
  readonly verdict: 'better' | 'worse' | 'alike';
}

/** Only what both runs measured. @param marginPercent how much worse is none yet */
export function compareResults(
  before: CodecResults,
  now: CodecResults,
  marginPercent: number,
): readonly Change[] {
  const change = (what: string, worsePercent: number, noisePercent = 0): Change => {
    const limit = marginPercent + noisePercent;
    const verdict = worsePercent > limit ? 'worse' : worsePercent < -limit ? 'better' : 'alike';
    return { what, worsePercent, noisePercent, verdict };
  };
  const changes: Change[] = [];
  const oldCurves = curvesOf(before.points);
  for (const curve of curvesOf(now.points)) {
    const old = oldCurves.find(
      (entry) => entry.content === curve.content && settingName(entry) === settingName(curve),
    );
    if (old === undefined) continue;
    const name = `${curve.content}, ${settingName(curve)}`;
    const { bdRatePercent: rate, reason } = distance(old.points, curve.points);
    if (rate !== null) changes.push(change(`${name}: BD-rate`, rate));
    // Curves that left each other's range have certainly changed: the worst point then speaks.
    else if (reason !== null) {
      changes.push(change(`${name}: luma PSNR`, psnrLossPercent(old.points, curve.points)));
    }
    for (const [what, samples] of [
      ['encode CPU', (point: PointRecord) => point.encodeMs],
      ['decode CPU', (point: PointRecord) => point.decodeMs],
    ] as const) {
      changes.push(change(`${name}: ${what}`, ...timeChange(old.points, curve.points, samples)));
    }
    changes.push(change(`${name}: rate error`, worst(curve.points) - worst(old.points)));
  }
  for (const entry of now.decoders) {
    const old = before.decoders.find(
      ({ content, encoder, decoder }) =>
        content === entry.content && encoder === entry.encoder && decoder === entry.decoder,
    );
    if (old === undefined) continue;
    changes.push(
      change(
        `${entry.content}, ${entry.encoder} by ${entry.decoder}: decode CPU`,
        (median(entry.decodeMs) / median(old.decodeMs) - 1) * 100,
        spread(entry.decodeMs) + spread(old.decodeMs),
      ),
    );
  }
  for (const { encoder, content, oursMs, nativeMs } of now.overhead) {
    const old = before.overhead.find((entry) => entry.encoder === encoder && entry.content === content);
    if (old === undefined) continue;
    const ratio = pairedRatio(oursMs, nativeMs) / pairedRatio(old.oursMs, old.nativeMs);
    changes.push(
      change(
        `${content}, ${encoder}: binding overhead`,
        (ratio - 1) * 100,
        [oursMs, nativeMs, old.oursMs, old.nativeMs].reduce((sum, list) => sum + spread(list), 0),
      ),
    );
  }
  return changes;
}

export function changeTable(changes: readonly Change[]): Table {
  const order = { worse: 0, better: 1, alike: 2 } as const;
  return {
    title: 'Against the baseline (above 0 is worse; rate errors in points)',
    columns: ['what', 'change', 'noise', ''],
    rows: [...changes]
      .sort((a, b) => order[a.verdict] - order[b.verdict])
      .map(({ what, worsePercent, noisePercent, verdict }) => [
        what,
        `${worsePercent > 0 ? '+' : ''}${number(worsePercent, 2)} %`,
        Number.isFinite(noisePercent) ? `${number(noisePercent, 2)} %` : 'unknown',
        verdict,
      ]),
  };
}

function timeChange(
  before: readonly PointRecord[],
  now: readonly PointRecord[],
  samples: (point: PointRecord) => readonly number[],
): [worse: number, noise: number] {
  const total = (points: readonly PointRecord[]): number =>
    points.reduce((sum, point) => sum + median(samples(point)), 0);
  const noise = (points: readonly PointRecord[]): number =>
    median(points.map((point) => spread(samples(point))));
  return [(total(now) / total(before) - 1) * 100, noise(before) + noise(now)];
}

/** Half of the distance of the extremes, in percent of the median; without end where there are too few to tell. */
function spread(samples: readonly number[]): number {
  if (samples.length < MIN_ROUNDS) return Infinity;
  return ((Math.max(...samples) - Math.min(...samples)) / 2 / median(samples)) * 100;
}

function worst(points: readonly PointRecord[]): number {
  return Math.max(0, ...points.map(({ rateError }) => Math.abs(rateError ?? 0))) * 100;
}

const MIN_ROUNDS = 3;

/** A decibel is about 16 % of rate at the rates of calls. */
const PERCENT_A_DB = 16;

function psnrLossPercent(before: readonly PointRecord[], now: readonly PointRecord[]): number {
  const losses = now.flatMap((point) => {
    const old = before.find(({ targetBps }) => targetBps === point.targetBps);
    return old === undefined ? [] : [(old.psnrDb[0] - point.psnrDb[0]) * PERCENT_A_DB];
  });
  return losses.length === 0 ? 0 : losses.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
}
