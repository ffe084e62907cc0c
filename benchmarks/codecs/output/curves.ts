/** Points as curves, and how far two curves lie apart. */
import { CurveError, type RdPoint, bdPsnrDb, bdRatePercent } from '../metrics/bjontegaard.ts';
import { msSsimDb } from '../metrics/msSsim.ts';
import type { PointRecord, RdRecord } from '../model.ts';

export interface Curve extends Pick<PointRecord, 'content' | 'encoder' | 'speed' | 'layers'> {
  /** Rising in rate. */
  readonly points: readonly PointRecord[];
}

/** Whether a point or curve is of the encoder as it comes. */
export function isDefault({ speed, layers }: Pick<PointRecord, 'speed' | 'layers'>): boolean {
  return speed === null && layers === null;
}

/** The encoder with what differs from its default. */
export function settingName({ encoder, speed, layers }: Pick<Curve, 'encoder' | 'speed' | 'layers'>): string {
  return [encoder, ...(speed === null ? [] : [`speed ${speed}`]), ...(layers === null ? [] : [layers])].join(
    ' ',
  );
}

/** The points of each content, encoder, speed and number of layers. */
export function curvesOf(points: readonly PointRecord[]): readonly Curve[] {
  const groups = Map.groupBy(points, (point) => `${point.content}\t${settingName(point)}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { content, encoder, speed, layers } = first;
    return [
      { content, encoder, speed, layers, points: [...group].sort((a, b) => a.targetBps - b.targetBps) },
    ];
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
