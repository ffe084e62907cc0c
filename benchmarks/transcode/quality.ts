/** How well an H.264 stream keeps what its VP8 source shows: luma PSNR picture by picture. */
import { readFileSync } from 'node:fs';
import { splitAccessUnits } from '../../codecs/media-files.ts';
import type { CodecEngine, VideoDecoder } from '../../codecs/types.ts';
import { CLIP, timeOf } from './clip.ts';

export interface Quality {
  readonly pictures: number;
  readonly kbps: number;
  /** Mean over pictures, dB. */
  readonly psnrDb: number;
}

/** @param source VP8 frames of the clip, as many as the stream has pictures */
export async function qualityOf(
  engine: CodecEngine,
  file: string,
  source: readonly Uint8Array[],
): Promise<Quality> {
  const stream = readFileSync(file);
  const units = splitAccessUnits(stream);
  const [encoded, original] = [engine.createDecoder('H264'), engine.createDecoder('VP8')];
  try {
    let sum = 0;
    let pictures = 0;
    for (const [number, unit] of units.entries()) {
      const vp8 = source[number];
      if (vp8 === undefined) break;
      const [ours, theirs] = [await luma(encoded, unit, number), await luma(original, vp8, number)];
      if (ours === null || theirs === null) continue;
      sum += psnrDb(ours, theirs);
      pictures += 1;
    }
    return {
      pictures,
      kbps: (stream.length * 8 * CLIP.frameRate) / units.length / 1000,
      psnrDb: sum / pictures,
    };
  } finally {
    await Promise.all([encoded.close(), original.close()]);
  }
}

async function luma(decoder: VideoDecoder, data: Uint8Array, number: number): Promise<Uint8Array | null> {
  const { frame } = await decoder.decode(data, timeOf(number));
  if (frame === null) return null;
  const plane = frame.toI420().subarray(0, frame.width * frame.height);
  frame.close();
  return plane;
}

function psnrDb(a: Uint8Array, b: Uint8Array): number {
  let squares = 0;
  for (let at = 0; at < a.length; at += 1) squares += ((a[at] ?? 0) - (b[at] ?? 0)) ** 2;
  return squares === 0 ? 100 : 10 * Math.log10((255 * 255 * a.length) / squares);
}
