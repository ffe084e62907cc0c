/**
 * VP8 → H.264 by our codec engine, as a program of its own so that its CPU time can be told: reads an IVF file, and writes an
 * Annex B file where one is named. One codec thread, as the peer's pipeline has one.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createCodecEngine } from '../../codecs/engine.ts';
import { readIvf } from '../../codecs/media-files.ts';
import type { EncodedVideo } from '../../codecs/types.ts';
import { toBps } from '../../pipelines/transcode/encoder-config.ts';
import { CLIP, timeOf } from './clip.ts';

async function main(input: string, output: string | undefined): Promise<void> {
  const engine = createCodecEngine({ threads: 1 });
  const decoder = engine.createDecoder('VP8');
  const encoder = engine.createEncoder({
    codec: 'H264',
    width: CLIP.width,
    height: CLIP.height,
    targetBps: toBps(CLIP.bps),
    maxFrameRate: CLIP.frameRate,
  });
  const units: Uint8Array[] = [];
  let encoding: Promise<EncodedVideo | null> = Promise.resolve(null);
  for (const [number, data] of readIvf(readFileSync(input)).frames.entries()) {
    // Queued behind the encode of the picture before, so the codec thread has always something to go on with.
    const { frame } = await decoder.decode(data, timeOf(number));
    const encoded = await encoding;
    if (encoded !== null && output !== undefined) units.push(encoded.data);
    encoding = frame === null ? Promise.resolve(null) : encoder.encode(frame);
    frame?.close();
  }
  const last = await encoding;
  if (last !== null && output !== undefined) units.push(last.data);
  await Promise.all([decoder.close(), encoder.close()]);
  await engine.close();
  if (output !== undefined) writeFileSync(output, Buffer.concat(units));
}

const [input, output] = process.argv.slice(2);
if (input === undefined) throw new TypeError('usage: ownEngine.ts CLIP.ivf [OUT.h264]');
await main(input, output);
