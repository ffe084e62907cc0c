/** A thread that compares pictures: see pool.ts. */
import { parentPort } from 'node:worker_threads';
import { MS_SSIM_MIN_SIDE, msSsim } from './msSsim.ts';
import { type PerPlane, planesOf } from './planes.ts';
import { meanSquaredError } from './psnr.ts';
import { ssim } from './ssim.ts';

export interface Comparison {
  readonly id: number;
  readonly reference: Uint8Array;
  readonly shown: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Whether the slow ones are wanted too. */
  readonly structural: boolean;
  readonly perceptual: boolean;
}

export interface Compared {
  readonly id: number;
  readonly meanSquares: PerPlane;
  /** Null where it was not asked for. */
  readonly ssim: PerPlane | null;
  /** Null where it was not asked for, or the picture is too small. */
  readonly msSsim: number | null;
}

function compare({ id, reference, shown, width, height, structural, perceptual }: Comparison): Compared {
  const [y, u, v] = planesOf(reference, width, height);
  const [shownY, shownU, shownV] = planesOf(shown, width, height);
  const fits = Math.min(width, height) >= MS_SSIM_MIN_SIDE;
  return {
    id,
    meanSquares: [meanSquaredError(y, shownY), meanSquaredError(u, shownU), meanSquaredError(v, shownV)],
    ssim: structural ? [ssim(y, shownY), ssim(u, shownU), ssim(v, shownV)] : null,
    msSsim: perceptual && fits ? msSsim(y, shownY) : null,
  };
}

parentPort?.on('message', (comparison: Comparison) => parentPort?.postMessage(compare(comparison)));
