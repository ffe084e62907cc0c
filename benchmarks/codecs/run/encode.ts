/** One encode in a process of its own: `node encode.ts JOB`, an EncodeJob as JSON; an EncodeAnswer on standard output. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { createCodecEngine } from '../../../codecs/engine.ts';
import { i420Bytes } from '../../../codecs/native/frame.ts';
import type { Rtp90k } from '../../../codecs/types.ts';
import { clipPosition } from '../content/clipPosition.ts';
import type { EncodeAnswer, EncodeJob } from './jobs.ts';
import { startMeter } from './meter.ts';

async function encode({ config, input, pictures, output }: EncodeJob): Promise<EncodeAnswer> {
  const { width, height, maxFrameRate } = config;
  const engine = createCodecEngine({ threads: 1 });
  const source = openSync(input, 'r');
  const clip = Math.floor(fstatSync(source).size / i420Bytes(width, height));
  const sink = output === undefined ? null : openSync(output, 'w');
  const picture = Buffer.alloc(i420Bytes(width, height));
  const [sizes, keyFrames, latenciesUs]: [number[], number[], number[]] = [[], [], []];
  let cpuUs = 0;
  const stop = startMeter();
  const encoder = engine.createEncoder(config);
  for (let number = 0; number < pictures; number += 1) {
    const position = clipPosition(number, clip) * picture.length;
    if (readSync(source, picture, 0, picture.length, position) !== picture.length) {
      throw new RangeError(`${input} ends early`);
    }
    const timestamp = Math.round((number * 90_000) / maxFrameRate) as Rtp90k;
    const frame = engine.frameFromI420(picture, width, height, timestamp);
    const before = process.cpuUsage();
    const startedMs = performance.now();
    const encoded = await encoder.encode(frame);
    latenciesUs.push(Math.round((performance.now() - startedMs) * 1000));
    const { user, system } = process.cpuUsage(before);
    cpuUs += user + system;
    frame.close();
    sizes.push(encoded?.data.length ?? 0);
    if (encoded?.keyFrame === true) keyFrames.push(number);
    if (sink !== null && encoded !== null) writeSync(sink, encoded.data);
  }
  const { peakKib } = stop();
  await encoder.close();
  await engine.close();
  closeSync(source);
  if (sink !== null) closeSync(sink);
  return { sizes, keyFrames, latenciesUs, cpuUs, peakKib };
}

const [job] = process.argv.slice(2);
if (job === undefined) throw new TypeError('usage: encode.ts JOB');
process.stdout.write(JSON.stringify(await encode(JSON.parse(job) as EncodeJob)));
