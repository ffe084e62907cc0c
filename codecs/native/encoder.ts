/** Encoders: checks of the arguments here, all work on the native threads. */
import type { Bps, CodecInfo, EncodedVideo, VideoEncoder, VideoEncoderConfig, VideoFrame } from '../types.ts';
import { CodecParameterError } from '../errors.ts';
import { NativeCodec } from './codec.ts';
import type { Completion, NativeCore } from './core.ts';
import { NativeFrame } from './frame.ts';
import { CODEC_NUMBERS, COMPLETION_KEY_FRAME, FORCE_KEY_FRAME } from './library.ts';

const MAX_DIMENSION = 4096;
/** H.264 level 5.2 (table A-1): the most macroblocks that openh264 takes in one picture. */
const H264_MAX_MACROBLOCKS = 36_864;
const MIN_BPS = 10_000;
const MAX_BPS = 200_000_000;
const MAX_FRAME_RATE = 240;
const MAX_CODEC_THREADS = 16;
/** Below this a slice could not hold its headers and the largest macroblock. */
const MIN_NAL_BYTES = 500;
const MAX_NAL_BYTES = 65_535;

function requireRange(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most)) {
    throw new CodecParameterError(`${name} is ${value}, must be ${least} to ${most}`);
  }
}

/** Rate control works in whole bits, and in thousandths of a picture a second (29.97). */
function checkedRates(rates: { readonly targetBps?: Bps; readonly maxFrameRate?: number }): [number, number] {
  if (rates.targetBps !== undefined) requireRange('targetBps', rates.targetBps, MIN_BPS, MAX_BPS);
  if (rates.maxFrameRate !== undefined) requireRange('maxFrameRate', rates.maxFrameRate, 1, MAX_FRAME_RATE);
  return [Math.round(rates.targetBps ?? 0), Math.round((rates.maxFrameRate ?? 0) * 1000)];
}

function checkConfig(config: VideoEncoderConfig): Int32Array {
  const { codec, width, height } = config;
  for (const [name, value] of [
    ['width', width],
    ['height', height],
  ] as const) {
    requireRange(name, value, codec === 'H264' ? 16 : 2, MAX_DIMENSION);
    if (value % 2 !== 0) throw new CodecParameterError(`${name} is ${value}, must be even`);
  }
  const threads = config.threads ?? 1;
  requireRange('threads', threads, 1, MAX_CODEC_THREADS);
  if (config.maxNalBytes !== undefined) {
    if (codec !== 'H264') throw new CodecParameterError('maxNalBytes is for H.264 only');
    requireRange('maxNalBytes', config.maxNalBytes, MIN_NAL_BYTES, MAX_NAL_BYTES);
  }
  if (codec === 'H264' && Math.ceil(width / 16) * Math.ceil(height / 16) > H264_MAX_MACROBLOCKS) {
    throw new CodecParameterError(`${width}x${height} is more than H.264 level 5.2 holds`);
  }
  const [bps, millihertz] = checkedRates(config);
  return Int32Array.of(
    CODEC_NUMBERS[codec],
    width,
    height,
    bps,
    millihertz,
    threads,
    config.maxNalBytes ?? 0,
  );
}

function toEncodedVideo(done: Completion): EncodedVideo | null {
  if (done.data === null) return null;
  return {
    data: done.data,
    keyFrame: (done.flags & COMPLETION_KEY_FRAME) !== 0,
    timestampRtp90k: done.timestampRtp90k,
    quantiser: done.quantiser,
    encodeUs: done.workUs,
  };
}

export class NativeEncoder extends NativeCodec implements VideoEncoder {
  readonly #width: number;
  readonly #height: number;

  /** @throws {CodecParameterError} where the configuration cannot be met */
  constructor(
    core: NativeCore,
    config: VideoEncoderConfig,
    info: CodecInfo,
    onClosed: (codec: NativeCodec) => void,
  ) {
    const native = checkConfig(config);
    const handle = core.check(
      core.library.encoderCreate(core.handle, native),
      `create ${config.codec} encoder`,
    );
    super(core, handle, info, onClosed);
    this.#width = config.width;
    this.#height = config.height;
  }

  encode(frame: VideoFrame, options?: { readonly keyFrame?: boolean }): Promise<EncodedVideo | null> {
    return this.job(() => {
      if (!(frame instanceof NativeFrame)) {
        throw new CodecParameterError(`${this.action}: the frame is of another engine`);
      }
      if (frame.width !== this.#width || frame.height !== this.#height) {
        throw new CodecParameterError(
          `${this.action}: the frame is ${frame.width}x${frame.height}, the encoder ${this.#width}x${this.#height}`,
        );
      }
      const flags = options?.keyFrame === true ? FORCE_KEY_FRAME : 0;
      return this.core.library.encode(this.core.handle, this.handle, frame.handleFor(this.core), flags);
    }, toEncodedVideo);
  }

  setRates(rates: { readonly targetBps?: Bps; readonly maxFrameRate?: number }): void {
    this.assertOpen();
    const [bps, millihertz] = checkedRates(rates);
    const status = this.core.library.encoderSetRates(this.core.handle, this.handle, bps, millihertz);
    this.core.check(status, `set the rates of ${this.action}`);
  }
}
