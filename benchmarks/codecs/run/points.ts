/** One point of a curve: encode, decode and look, as often as there are rounds. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type {
  Bps,
  CodecEngine,
  CodecInfo,
  LayerCounts,
  VideoCodecName,
  VideoEncoderConfig,
} from '../../../codecs/types.ts';
import { median, quantile } from '../../report/statistics.ts';
import type { Content } from '../content/content.ts';
import type { MetricPool } from '../metrics/pool.ts';
import { type Quality, measureQuality } from '../metrics/quality.ts';
import type { PointRecord } from '../model.ts';
import { type DecodeAnswer, type EncodeAnswer, runDecode, runEncode } from './jobs.ts';

/** Rate control is given this long to settle. */
export const SETTLE_S = 2;
/**
 * The rate is taken over so long: encoders may save and owe about a second's worth, which in three seconds would be most of what one sees.
 */
export const RATE_S = 15;

/** An encoder of ours at one setting. */
export interface Contender {
  readonly info: CodecInfo;
  readonly codec: VideoCodecName;
  readonly speed: number | null;
  /** Null: one of each. */
  readonly layers: LayerCounts | null;
}

/** As scalability modes are called (W3C WebRTC-SVC): L1T3 is one size at three frame rates. */
export function layersName({ spatial, temporal }: LayerCounts): string {
  return `L${spatial}T${temporal}`;
}

export interface Source {
  readonly content: Content;
  /** The clip as it is played, tightly packed I420. */
  readonly file: string;
  readonly pictures: number;
}

export function encoderConfig(
  { info, codec, speed, layers }: Contender,
  content: Content,
  targetBps: number,
): VideoEncoderConfig {
  const { width, height, frameRate, kind } = content;
  return {
    codec,
    implementation: info.name,
    width,
    height,
    maxFrameRate: frameRate,
    targetBps: targetBps as Bps,
    content: kind,
    ...(speed === null ? {} : { speed }),
    ...(layers === null ? {} : { layers }),
  };
}

/** Gathers the rounds of one point. */
export class PointRun {
  readonly #contender: Contender;
  readonly #source: Source;
  readonly #targetBps: number;
  readonly #encodes: EncodeAnswer[] = [];
  readonly #decodes: DecodeAnswer[] = [];
  readonly #takesRate: boolean;
  #quality: Quality | undefined;
  /** Sizes of a longer run, for the rate. */
  #rateSizes: readonly number[] | undefined;

  /** @param takesRate whether the rate is judged, by a longer run of its own */
  constructor(contender: Contender, source: Source, targetBps: number, takesRate: boolean) {
    this.#takesRate = takesRate;
    this.#contender = contender;
    this.#source = source;
    this.#targetBps = targetBps;
  }

  async round(engine: CodecEngine, pool: MetricPool, folder: string): Promise<void> {
    const { codec, speed, layers } = this.#contender;
    const isDefault = speed === null && layers === null;
    const { content, file, pictures } = this.#source;
    const output = path.join(folder, 'stream');
    const config = encoderConfig(this.#contender, content, this.#targetBps);
    const encode = await runEncode({ config, input: file, pictures, output });
    this.#encodes.push(encode);
    if (this.#takesRate) {
      const long = { config, input: file, pictures: Math.round(RATE_S * content.frameRate) };
      this.#rateSizes ??= (await runEncode(long)).sizes;
    }
    // Of other settings than the default, what decoding takes is only shown.
    if (this.#decodes.length === 0 || isDefault) {
      this.#decodes.push(await runDecode({ codec, input: output, sizes: encode.sizes }));
    }
    // The stream is the same each time.
    this.#quality ??= await measureQuality(
      engine,
      pool,
      codec,
      content,
      splitUnits(readFileSync(output), encode.sizes),
    );
  }

  get hasRound(): boolean {
    return this.#quality !== undefined;
  }

  /** @throws RangeError before the first round */
  record(): PointRecord {
    const [encode] = this.#encodes;
    if (encode === undefined || this.#quality === undefined) throw new RangeError('no round was run');
    const { info, codec, speed, layers } = this.#contender;
    const { content, pictures } = this.#source;
    const { frameRate } = content;
    const keySizes = encode.keyFrames.map((number) => encode.sizes[number] ?? 0);
    return {
      content: content.name,
      kind: content.kind,
      encoder: info.name,
      codec,
      speed,
      layers: layers === null ? null : layersName(layers),
      targetBps: this.#targetBps,
      bps: bitRate(encode.sizes, frameRate),
      pictures,
      frameRate,
      ...this.#quality,
      encodeMs: this.#encodes.map(({ cpuUs }) => cpuUs / 1000 / pictures),
      decodeMs: this.#decodes.map((decode) => decode.cpuUs / 1000 / Math.max(1, decode.latenciesUs.length)),
      latencyMs: latency(this.#encodes),
      decodeLatencyMs: latency(this.#decodes),
      rateError: rateError(this.#rateSizes ?? encode.sizes, frameRate, this.#targetBps),
      firstKeyFrameBytes: keySizes[0] ?? 0,
      keyFrames: keySizes.length,
      skipped: encode.sizes.filter((size) => size === 0).length,
      encodePeakKib: median(this.#encodes.map(({ peakKib }) => peakKib)),
      decodePeakKib: median(this.#decodes.map(({ peakKib }) => peakKib)),
    };
  }
}

/** @returns signed share of the target, of what comes after two seconds; null for runs with less than one second of that */
export function rateError(sizes: readonly number[], frameRate: number, targetBps: number): number | null {
  const settled = sizes.slice(Math.round(SETTLE_S * frameRate));
  if (settled.length < frameRate) return null;
  return bitRate(settled, frameRate) / targetBps - 1;
}

/** Bits a second of pictures of these sizes in bytes. */
export function bitRate(sizes: readonly number[], frameRate: number): number {
  return (sizes.reduce((sum, size) => sum + size, 0) * 8 * frameRate) / sizes.length;
}

export function latency(answers: readonly { readonly latenciesUs: readonly number[] }[]): {
  readonly p50: number;
  readonly p99: number;
} {
  const all = answers.flatMap(({ latenciesUs }) => latenciesUs).map((us) => us / 1000);
  return { p50: quantile(all, 0.5), p99: quantile(all, 0.99) };
}

function splitUnits(stream: Uint8Array, sizes: readonly number[]): (Uint8Array | null)[] {
  let at = 0;
  return sizes.map((size) => {
    at += size;
    return size === 0 ? null : stream.subarray(at - size, at);
  });
}
