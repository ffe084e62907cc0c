/** The VP8 clips that the bench transcodes: 1280x720 at 30, 1.5 Mbit/s, in two lengths that begin alike. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { splitAccessUnits, writeIvf } from '../../codecs/media-files.ts';
import type { CodecEngine, Rtp90k, VideoFrame } from '../../codecs/types.ts';
import { drawPattern, pictureBytes } from '../../test/signal/pattern.ts';
import { toBps } from '../../pipelines/transcode/encoder-config.ts';

export const CLIP = { width: 1280, height: 720, frameRate: 30, bps: 1_500_000 } as const;
const TICKS = 90_000 / CLIP.frameRate;
const CAMERA_FILE = fileURLToPath(
  new URL('../../../shared/media/flower-1280x720-30fps-300frames.h264', import.meta.url),
);

export interface Clip {
  /** What it shows. */
  readonly content: string;
  /** IVF files by number of frames. */
  readonly files: ReadonlyMap<number, string>;
  readonly frames: readonly Uint8Array[];
}

/** Media time of a frame of the clip. */
export function timeOf(frame: number): Rtp90k {
  return (frame * TICKS) as Rtp90k;
}

/**
 * Encodes the clip with our own VP8 encoder; both sides of the bench then read the same file.
 * @param lengths in frames, at most 300
 */
export async function makeClip(
  engine: CodecEngine,
  lengths: readonly number[],
  folder: string,
): Promise<Clip> {
  const camera = existsSync(CAMERA_FILE);
  const longest = Math.max(...lengths);
  const encoder = engine.createEncoder({
    codec: 'VP8',
    width: CLIP.width,
    height: CLIP.height,
    targetBps: toBps(CLIP.bps),
    maxFrameRate: CLIP.frameRate,
  });
  const frames: Uint8Array[] = [];
  try {
    for await (const picture of camera ? cameraPictures(engine, longest) : patternPictures(engine, longest)) {
      const encoded = await encoder.encode(picture);
      picture.close();
      if (encoded !== null) frames.push(encoded.data);
    }
  } finally {
    await encoder.close();
  }
  const files = new Map<number, string>();
  for (const length of lengths) {
    const file = path.join(folder, `clip-${length}.ivf`);
    writeFileSync(file, writeIvf(CLIP.width, CLIP.height, CLIP.frameRate, frames.slice(0, length)));
    files.set(length, file);
  }
  return { content: camera ? 'camera (flower)' : 'synthetic pattern', files, frames };
}

async function* cameraPictures(engine: CodecEngine, count: number): AsyncGenerator<VideoFrame> {
  const decoder = engine.createDecoder('H264');
  try {
    let number = 0;
    for (const unit of splitAccessUnits(readFileSync(CAMERA_FILE))) {
      const { frame } = await decoder.decode(unit, timeOf(number));
      if (frame === null) continue;
      yield frame;
      number += 1;
      if (number === count) return;
    }
  } finally {
    await decoder.close();
  }
}

async function* patternPictures(engine: CodecEngine, count: number): AsyncGenerator<VideoFrame> {
  const i420 = new Uint8Array(pictureBytes(CLIP.width, CLIP.height));
  for (let number = 0; number < count; number += 1) {
    drawPattern(i420, CLIP.width, CLIP.height, { frame: number, timeMs: number, stream: 1 });
    yield await Promise.resolve(engine.frameFromI420(i420, CLIP.width, CLIP.height, timeOf(number)));
  }
}
