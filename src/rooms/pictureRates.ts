/** The most that a source's picture can use, in one of the sizes that it is encoded in. Pure. */
import type { Bps } from '../../codecs/types.ts';
import { ceilingBps } from '../bandwidth/encodeTarget.ts';
import type { EncodeSize } from '../plan/types.ts';
import type { Source } from './participant.ts';

/** Assumed where a publisher did not say: what most cameras give. */
const DEFAULT_PICTURE = { width: 640, height: 360, frameRate: 30 };

/** @returns for a source whose publisher did not say how large it is, that of an ordinary camera */
export function ceilingOf({ width, height, frameRate }: Source, size: EncodeSize): Bps {
  const scale = scaleOf(size);
  return ceilingBps(
    (width ?? DEFAULT_PICTURE.width) * scale,
    (height ?? DEFAULT_PICTURE.height) * scale,
    frameRate ?? DEFAULT_PICTURE.frameRate,
  );
}

/** Width and height of an encode against its source's. */
export function scaleOf(size: EncodeSize): number {
  return size === 'whole' ? 1 : 0.5;
}
