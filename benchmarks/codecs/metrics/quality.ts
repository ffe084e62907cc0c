/**
 * How well a stream keeps its source, as its viewer sees it: a picture that was skipped shows the one before it again, and counts.
 *
 * What will surprise you: PSNR is of every picture, SSIM of every third, the multi-scale figure of every twelfth: they cost four and fifty times as much.
 */
import type { CodecEngine, Rtp90k, VideoCodecName } from '../../../codecs/types.ts';
import type { Content } from '../content/content.ts';
import { clipPosition } from '../content/clipPosition.ts';
import type { PerPlane } from './planes.ts';
import type { MetricPool } from './pool.ts';
import { psnrDb } from './psnr.ts';
import type { Compared } from './worker.ts';

const STRUCTURAL_EVERY = 3;
const PERCEPTUAL_EVERY = 12;

export interface Quality {
  /** Of the mean squared error over all pictures, dB. */
  readonly psnrDb: PerPlane;
  /** Means over every third picture. */
  readonly ssim: PerPlane;
  /** Mean over every twelfth picture; null for pictures too small for it. */
  readonly msSsim: number | null;
}

/**
 * @param units access units in order; null: no picture was made of this one of the source
 * @throws RangeError where no picture comes out
 */
export async function measureQuality(
  engine: CodecEngine,
  pool: MetricPool,
  codec: VideoCodecName,
  content: Content,
  units: readonly (Uint8Array | null)[],
): Promise<Quality> {
  const { width, height, pictures } = content;
  const decoder = engine.createDecoder(codec);
  const results: Promise<Compared>[] = [];
  let shown: Uint8Array | null = null;
  try {
    for (const [number, unit] of units.entries()) {
      if (unit !== null) {
        const { frame } = await decoder.decode(unit, (number * 3000) as Rtp90k);
        if (frame !== null) shown = frame.toI420();
        frame?.close();
      }
      const reference = pictures[clipPosition(number, pictures.length)];
      if (shown === null || reference === undefined) continue;
      const { result } = await pool.submit({
        reference,
        // Its bytes are handed over, and the next picture may be a repetition.
        shown: shown.slice(),
        width,
        height,
        structural: number % STRUCTURAL_EVERY === 0,
        perceptual: number % PERCEPTUAL_EVERY === 0,
      });
      results.push(result);
    }
  } finally {
    await decoder.close();
  }
  return summary(await Promise.all(results));
}

function summary(compared: readonly Compared[]): Quality {
  if (compared.length === 0) throw new RangeError('no picture came out of the stream');
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const each = (values: readonly PerPlane[]): PerPlane => [
    mean(values.map(([y]) => y)),
    mean(values.map(([, u]) => u)),
    mean(values.map(([, , v]) => v)),
  ];
  const [y, u, v] = each(compared.map(({ meanSquares }) => meanSquares));
  const perceptual = compared.flatMap(({ msSsim }) => (msSsim === null ? [] : [msSsim]));
  return {
    psnrDb: [psnrDb(y), psnrDb(u), psnrDb(v)],
    ssim: each(compared.flatMap(({ ssim }) => (ssim === null ? [] : [ssim]))),
    msSsim: perceptual.length === 0 ? null : mean(perceptual),
  };
}
