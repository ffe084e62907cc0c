/** One decode in a process of its own: `node decode.ts JOB`, a DecodeJob as JSON; a DecodeAnswer on standard output. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createCodecEngine } from '../../../codecs/engine.ts';
import type { Rtp90k } from '../../../codecs/types.ts';
import type { DecodeAnswer, DecodeJob } from './jobs.ts';
import { startMeter } from './meter.ts';

async function decode({
  codec,
  implementation,
  input,
  sizes,
  digest = false,
}: DecodeJob): Promise<DecodeAnswer> {
  const engine = createCodecEngine({ threads: 1 });
  const stream = readFileSync(input);
  const latenciesUs: number[] = [];
  const hash = createHash('sha256');
  let pictures = 0;
  let at = 0;
  const stop = startMeter();
  const decoder = engine.createDecoder(codec, implementation === undefined ? {} : { implementation });
  for (const [number, size] of sizes.entries()) {
    if (size === 0) continue;
    const startedMs = performance.now();
    const { frame } = await decoder.decode(stream.subarray(at, at + size), (number * 3000) as Rtp90k);
    latenciesUs.push(Math.round((performance.now() - startedMs) * 1000));
    at += size;
    if (frame !== null) pictures += 1;
    if (digest && frame !== null) hash.update(frame.toI420());
    frame?.close();
  }
  const usage = stop();
  await decoder.close();
  await engine.close();
  return { pictures, latenciesUs, ...usage, ...(digest ? { digest: hash.digest('hex') } : {}) };
}

const [job] = process.argv.slice(2);
if (job === undefined) throw new TypeError('usage: decode.ts JOB');
process.stdout.write(JSON.stringify(await decode(JSON.parse(job) as DecodeJob)));
