/**
 * Hardware for tests: builds the stand-ins (native/codec-plugins-testing/stand-ins/stand_ins.c) beside everything else, and gives the tests what makes them fail.
 *
 * What will surprise you: faults hold for the whole process and every device, so tests that set them run one after the other.
 */
import path from 'node:path';
import koffi from 'koffi';
import { createCodecEngine } from '../engine.ts';
import type { CodecInfo } from '../types.ts';
import { buildCodecShim } from '../../native/codec-shim/build.mjs';

export interface StandIns {
  /** For `createCodecEngine`. */
  readonly libraryPath: string;
  /** All implementations, tried: hardware's too. */
  readonly codecs: readonly CodecInfo[];
  /** Nothing fails any more; the count of copies begins at 0. */
  readonly reset: () => void;
  /** So many openings find no session left. */
  readonly refuseOpens: (count: number) => void;
  /** So many jobs go well; then one fails, or with `losesDevice` all of them until `reset`. */
  readonly failAfter: (jobs: number, losesDevice: boolean) => void;
  /** Copies of pictures from devices that keep them, since `reset`. */
  readonly downloads: () => number;
}

/** Builds what is not in the cache yet. @returns null where libavcodec is not installed */
export async function openStandIns(): Promise<StandIns | null> {
  const libraryPath = await buildCodecShim({ standIns: true });
  const engine = createCodecEngine({ threads: 1, libraryPath });
  try {
    await engine.probeHardware();
    const codecs = engine.implementations();
    if (!codecs.some(({ name }) => name.startsWith('board-'))) return null;
    const native = koffi.load(path.join(path.dirname(libraryPath), 'stand-ins.so'));
    const failAfter = native.func('void stand_in_fail_after(int32_t, int32_t)');
    return {
      libraryPath,
      codecs,
      reset: native.func('void stand_in_reset()'),
      refuseOpens: native.func('void stand_in_refuse_opens(int32_t)'),
      failAfter: (jobs, losesDevice) => void failAfter(jobs, losesDevice ? 1 : 0),
      downloads: native.func('int32_t stand_in_downloads()'),
    };
  } finally {
    await engine.close();
  }
}
