/**
 * What is encoded: a class of pictures, its clip in memory, and the rates that make sense for it.
 *
 * What will surprise you: a clip that is shorter than the run is played there and back, so that no cut disturbs the rate control; the
 * measured clip is then as long as every other.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CodecEngine, ContentType } from '../../../codecs/types.ts';
import { drawPattern, pictureBytes } from '../../../test/signal/pattern.ts';
import { ClipError } from './clipError.ts';
import { type Clip, readClip, sharedCopy } from './clips.ts';

export interface Content extends Clip {
  /** Also the name for `--only`. */
  readonly name: string;
  readonly kind: ContentType;
  /** At least four, rising. */
  readonly targetsBps: readonly number[];
}

interface ContentClass {
  readonly name: string;
  readonly kind: ContentType;
  readonly file: string;
  readonly frameRate: number;
  /** Of coded bits for each pixel. */
  readonly bitsPerPixel: readonly number[];
}

const MEDIA = fileURLToPath(new URL('../../../../shared/media/', import.meta.url));
/** Up to about the most that a client gives a camera of 1280x720 (web/sdk/encodings.ts). */
const CAMERA_RATES = [0.018, 0.036, 0.06, 0.085];

const CLASSES: readonly ContentClass[] = [
  {
    name: 'camera',
    kind: 'camera',
    file: 'flower-1280x720-30fps-300frames.h264',
    frameRate: 30,
    bitsPerPixel: CAMERA_RATES,
  },
  {
    name: 'street',
    kind: 'camera',
    file: 'street-1920x1080-25fps-54frames.h264',
    frameRate: 25,
    // A camera that moves: at the other's lower rates most of its pictures would be skipped.
    bitsPerPixel: [0.045, 0.08, 0.13, 0.22],
  },
  {
    name: 'webcam',
    kind: 'camera',
    file: 'webcam-1280x720-19frames.h264',
    frameRate: 30,
    bitsPerPixel: [0.012, 0.024, 0.045, 0.09],
  },
  {
    name: 'document',
    kind: 'screen',
    file: 'document-1024x768-50frames.h264',
    frameRate: 30,
    // Text that scrolls there and back.
    bitsPerPixel: [0.03, 0.06, 0.11, 0.2],
  },
];

const GENERATED = { name: 'generated', width: 640, height: 360, frameRate: 30 } as const;
const GENERATED_PICTURES = 60;

/** The names that `--only` knows, whether the files are there or not. */
export const CONTENT_NAMES: readonly string[] = [...CLASSES.map(({ name }) => name), GENERATED.name];

/** A clip that is not there, and why that matters. */
export interface MissingContent {
  readonly name: string;
  readonly reason: string;
}

/** @param pictures as many as the run needs; no more are kept */
export async function loadContent(
  engine: CodecEngine,
  name: string,
  pictures: number,
): Promise<Content | MissingContent> {
  if (name === GENERATED.name) return generated(pictures);
  const found = CLASSES.find((entry) => entry.name === name);
  if (found === undefined) return { name, reason: `there is no content of that name` };
  const file = path.join(MEDIA, found.file);
  if (!existsSync(file)) return { name, reason: `${found.file} is not in the folder of shared media` };
  const clip = await readClip(engine, file, readFileSync(file), pictures, found.frameRate);
  return { ...clip, name, kind: found.kind, targetsBps: targets(clip, found.bitsPerPixel) };
}

/** A clip of the user's own. @throws ClipError where it cannot be read */
export async function loadOwnContent(engine: CodecEngine, file: string, pictures: number): Promise<Content> {
  const clip = await readClip(engine, file, readOwn(file), pictures, 30);
  const { name } = path.parse(file);
  return { ...clip, name, kind: 'camera', targetsBps: targets(clip, CAMERA_RATES) };
}

function readOwn(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new ClipError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function targets({ width, height, frameRate }: Clip, bitsPerPixel: readonly number[]): readonly number[] {
  // Three figures are enough to read, and none of these rates is a round one by nature.
  return bitsPerPixel.map((bits) => Number((bits * width * height * frameRate).toPrecision(3)));
}

function generated(pictures: number): Content {
  const { width, height, frameRate } = GENERATED;
  const painted = Array.from({ length: Math.min(pictures, GENERATED_PICTURES) }, (_, number) => {
    const picture = new Uint8Array(pictureBytes(width, height));
    drawPattern(picture, width, height, { frame: number, timeMs: number, stream: 1 });
    return sharedCopy(picture);
  });
  const clip = { width, height, frameRate, pictures: painted };
  return {
    ...clip,
    name: GENERATED.name,
    kind: 'camera',
    targetsBps: targets(clip, [0.03, 0.06, 0.11, 0.2]),
  };
}
