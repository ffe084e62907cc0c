/**
 * Pictures for the cameras of the screenshots: recordings from the shared media beside the checkout, decoded by our own engine,
 * where they are there; else the test pattern.
 *
 * Each recording runs forwards and then backwards, so that its loop has no jump.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createCodecEngine } from '../../codecs/engine.ts';
import { splitAccessUnits } from '../../codecs/media-files.ts';
import type { CodecEngine, Rtp90k } from '../../codecs/types.ts';
import type { TestPicture } from '../page/api.ts';
import { pictureBytes } from '../signal/pattern.ts';

interface Recording {
  readonly file: string;
  /** What the file holds, and how many of its rows have a picture; absent: H.264 says it itself. */
  readonly i420?: { readonly width: number; readonly height: number; readonly rows: number };
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
}

const RECORDINGS = {
  woman: { file: 'webcam-1280x720-19frames.h264', width: 640, height: 360, frameRate: 12 },
  couple: {
    file: 'two-people-320x192-12fps.i420',
    i420: { width: 320, height: 192, rows: 180 },
    width: 480,
    height: 270,
    frameRate: 12,
  },
  street: { file: 'street-1920x1080-25fps-54frames.h264', width: 640, height: 360, frameRate: 12 },
  flower: { file: 'flower-1280x720-30fps-300frames.h264', width: 640, height: 360, frameRate: 12 },
  document: { file: 'document-1024x768-50frames.h264', width: 1024, height: 768, frameRate: 5 },
} as const satisfies Readonly<Record<string, Recording>>;
export type ClipName = keyof typeof RECORDINGS;

/** Enough to move, and not too much to hand to several pages. */
const MOST_FRAMES = 24;

export interface Clips {
  /** Names of recordings that are not there. */
  readonly missing: readonly ClipName[];
  /** For `TestPageOptions.files`. */
  readonly files: Readonly<Record<string, Buffer>>;
  /** @param stream of the pattern that is shown where there is no recording */
  picture(name: ClipName, stream: number): TestPicture;
}

export async function loadClips(): Promise<Clips> {
  const engine = createCodecEngine();
  const files: Record<string, Buffer> = {};
  const missing: ClipName[] = [];
  try {
    for (const name of clipNames()) {
      const recording: Recording = RECORDINGS[name];
      const file = fileURLToPath(new URL(`../../../shared/media/${recording.file}`, import.meta.url));
      if (existsSync(file)) files[urlOf(name)] = await decode(engine, file, recording);
      else missing.push(name);
    }
  } finally {
    await engine.close();
  }
  return {
    missing,
    files,
    picture: (name, stream) => {
      const { width, height, frameRate } = RECORDINGS[name];
      const shape = { stream, width, height, frameRate };
      return missing.includes(name) ? shape : { ...shape, clipUrl: urlOf(name) };
    },
  };
}

async function decode(engine: CodecEngine, file: string, recording: Recording): Promise<Buffer> {
  const { width, height, i420 } = recording;
  const bytes = readFileSync(file);
  const pictures: Uint8Array[] = [];
  const decoder = engine.createDecoder('H264');
  try {
    const units = i420 === undefined ? splitAccessUnits(bytes) : i420Pictures(bytes, i420);
    for (const [number, unit] of units.entries()) {
      const time = (number * 90_000) as Rtp90k;
      const frame =
        i420 === undefined
          ? (await decoder.decode(unit, time)).frame
          : engine.frameFromI420(unit, i420.width, i420.rows, time);
      if (frame === null) continue;
      const scaled = await engine.transform(frame, { width: width, height: height });
      frame.close();
      pictures.push(scaled.toI420());
      scaled.close();
      if (pictures.length === MOST_FRAMES) break;
    }
  } finally {
    await decoder.close();
  }
  return Buffer.concat([...pictures, ...pictures.slice(1, -1).reverse()]);
}

/** The pictures of a file, without the rows at the bottom that show nothing. */
function i420Pictures(
  bytes: Uint8Array,
  { width, height, rows }: NonNullable<Recording['i420']>,
): readonly Uint8Array[] {
  const size = pictureBytes(width, height);
  const luma = width * height;
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => {
    const picture = bytes.subarray(index * size, (index + 1) * size);
    return Buffer.concat([
      picture.subarray(0, width * rows),
      picture.subarray(luma, luma + (width * rows) / 4),
      picture.subarray((luma * 5) / 4, (luma * 5) / 4 + (width * rows) / 4),
    ]);
  });
}

function clipNames(): readonly ClipName[] {
  return ['woman', 'couple', 'street', 'flower', 'document'];
}

function urlOf(name: ClipName): string {
  return `/test-clips/${name}.i420`;
}
