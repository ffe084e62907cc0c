/**
 * VP8 → H.264 by our codec engine, as a program of its own so that its CPU time can be told: reads an IVF file, and writes an
 * Annex B file where one is named.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createCodecEngine } from '../../codecs/engine.ts';
import { readIvf } from '../../codecs/media-files.ts';
import { toBps } from '../../pipelines/transcode/encoder-config.ts';
import { CLIP, timeOf } from './clip.ts';

/** Pictures under way at once: one is decoded while the one before is encoded, as in a media worker. */
const UNDER_WAY = 2;

async function main(input: string, output: string | undefined): Promise<void> {
  const engine = createCodecEngine({ threads: 2 });
  const decoder = engine.createDecoder('VP8');
  const encoder = engine.createEncoder({
    codec: 'H264',
    width: CLIP.width,
    height: CLIP.height,
    targetBps: toBps(CLIP.bps),
    maxFrameRate: CLIP.frameRate,
  });
  const units: Uint8Array[] = [];
  const running: Promise<void>[] = [];
  for (const [number, data] of readIvf(readFileSync(input)).frames.entries()) {
    if (running.length >= UNDER_WAY) await running.shift();
    const { frame } = await decoder.decode(data, timeOf(number));
    if (frame === null) continue;
    const encoding = encoder.encode(frame);
    frame.close();
    running.push(
      encoding.then((encoded) => {
        if (encoded !== null && output !== undefined) units.push(encoded.data);
      }),
    );
  }
  await Promise.all(running);
  await Promise.all([decoder.close(), encoder.close()]);
  await engine.close();
  if (output !== undefined) writeFileSync(output, Buffer.concat(units));
}

const [input, output] = process.argv.slice(2);
if (input === undefined) throw new TypeError('usage: ownEngine.ts CLIP.ivf [OUT.h264]');
await main(input, output);
