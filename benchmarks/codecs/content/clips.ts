/** Clips from files: raw Y4M, IVF (VP8, VP9, AV1) and H.264 Annex B, as pictures in shared memory. */
import path from 'node:path';
import { readIvf, splitAccessUnits } from '../../../codecs/media-files.ts';
import type { CodecEngine, Rtp90k, VideoCodecName } from '../../../codecs/types.ts';
import { ClipError } from './clipError.ts';
import { readY4m } from './y4m.ts';

export interface Clip {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  /** Tightly packed I420, in shared memory. */
  readonly pictures: readonly Uint8Array[];
}

const IVF_CODECS: Readonly<Record<string, VideoCodecName>> = {
  VP80: 'VP8',
  VP90: 'VP9',
  AV01: 'AV1',
  H264: 'H264',
};

/**
 * Sides are cut to even ones, which every encoder takes.
 * @param most pictures; later ones are left out
 * @param frameRate where the file names none
 * @throws ClipError where the file is of another kind, damaged, or holds no picture
 */
export async function readClip(
  engine: CodecEngine,
  name: string,
  file: Uint8Array,
  most: number,
  frameRate: number,
): Promise<Clip> {
  switch (path.extname(name).toLowerCase()) {
    case '.y4m': {
      const { width, height, frameRate: own, pictures } = named(name, () => readY4m(file, most));
      return checked(name, width, height, own, pictures.map(sharedCopy));
    }
    case '.ivf': {
      const { fourcc, frames } = named(name, () => readIvf(file));
      const codec = IVF_CODECS[fourcc];
      if (codec === undefined) throw new ClipError(`${name}: ${fourcc} is no codec that is known here`);
      return decoded(engine, name, codec, frames, most, ivfFrameRate(file) ?? frameRate);
    }
    case '.h264':
    case '.264':
      return decoded(engine, name, 'H264', splitAccessUnits(file), most, frameRate);
    default:
      throw new ClipError(`${name}: a clip is a .y4m, .ivf or .h264 (Annex B) file`);
  }
}

/** A copy in memory that threads can share. */
export function sharedCopy(picture: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(picture.length));
  copy.set(picture);
  return copy;
}

/** Errors of a reader, with the name of the file. */
function named<Result>(name: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw new ClipError(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Of the header: time steps a second; where a file counts in fine ticks, nothing that a frame rate could be. */
function ivfFrameRate(file: Uint8Array): number | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const frameRate = view.getUint32(16, true) / view.getUint32(20, true);
  return frameRate >= 1 && frameRate <= 120 ? frameRate : undefined;
}

async function decoded(
  engine: CodecEngine,
  name: string,
  codec: VideoCodecName,
  units: readonly Uint8Array[],
  most: number,
  frameRate: number,
): Promise<Clip> {
  const decoder = engine.createDecoder(codec);
  const pictures: Uint8Array[] = [];
  let [width, height] = [0, 0];
  try {
    for (const [number, unit] of units.entries()) {
      if (pictures.length === most) break;
      const { frame } = await decoder.decode(unit, (number * 3000) as Rtp90k);
      if (frame === null) continue;
      if (pictures.length === 0) [width, height] = [frame.width & ~1, frame.height & ~1];
      const fits = (frame.width & ~1) === width && (frame.height & ~1) === height;
      const cut = fits ? await engine.transform(frame, { crop: { left: 0, top: 0, width, height } }) : null;
      frame.close();
      if (cut === null) throw new ClipError(`${name}: the size of its pictures changes`);
      pictures.push(sharedCopy(cut.toI420()));
      cut.close();
    }
  } catch (cause) {
    if (cause instanceof ClipError) throw cause;
    throw new ClipError(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  } finally {
    await decoder.close();
  }
  return checked(name, width, height, frameRate, pictures);
}

function checked(
  name: string,
  width: number,
  height: number,
  frameRate: number,
  pictures: readonly Uint8Array[],
): Clip {
  if (pictures.length === 0) throw new ClipError(`${name}: there is no picture in it`);
  if (width < 64 || height < 64) throw new ClipError(`${name}: ${width}x${height} is too small to measure`);
  return { width, height, frameRate, pictures };
}
