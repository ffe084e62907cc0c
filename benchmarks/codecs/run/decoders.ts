/** Every decoder of a codec on the same stream: how fast, how much memory, and whether all of them show the same pictures. */
import path from 'node:path';
import type { CodecEngine } from '../../../codecs/types.ts';
import { median } from '../../report/statistics.ts';
import type { DecoderRecord } from '../model.ts';
import { type DecodeAnswer, type DecodeJob, runDecode, runEncode } from './jobs.ts';
import { type Contender, type Source, encoderConfig, latency } from './points.ts';

/** The decoders that can be used here for what this encoder writes, in order of preference. */
export function decodersOf(engine: CodecEngine, { codec }: Contender): readonly string[] {
  return engine
    .probe()
    .filter((info) => info.direction === 'decode' && info.codec === codec)
    .map(({ name }) => name);
}

/**
 * @param afterEach told of each run of a decoder: one a round, and one that is not timed
 * @throws where a decoder fails on the stream
 */
export async function measureDecoders(
  decoders: readonly string[],
  { content, file, pictures }: Source,
  encoder: Contender,
  targetBps: number,
  rounds: number,
  folder: string,
  afterEach: () => void,
): Promise<readonly DecoderRecord[]> {
  const { codec } = encoder;
  const stream = path.join(folder, 'stream');
  const config = encoderConfig(encoder, content, targetBps);
  const { sizes } = await runEncode({ config, input: file, pictures, output: stream });
  const job = (implementation: string): DecodeJob => ({ codec, implementation, input: stream, sizes });
  const runs = decoders.map((decoder) => ({ decoder, timed: [] as DecodeAnswer[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { decoder, timed } of round % 2 === 0 ? runs : [...runs].reverse()) {
      timed.push(await runDecode(job(decoder)));
      afterEach();
    }
  }
  const records: DecoderRecord[] = [];
  for (const { decoder, timed } of runs) {
    const { digest = '', pictures: shown } = await runDecode({ ...job(decoder), digest: true });
    afterEach();
    records.push({
      content: content.name,
      codec,
      encoder: encoder.info.name,
      targetBps,
      decoder,
      pictures: shown,
      decodeMs: timed.map(({ cpuUs, latenciesUs }) => cpuUs / 1000 / Math.max(1, latenciesUs.length)),
      latencyMs: latency(timed),
      peakKib: median(timed.map(({ peakKib }) => peakKib)),
      digest,
    });
  }
  return records;
}
