/**
 * The codec engine: codec libraries as plugins, libyuv and a resampler, behind the native shim.
 *
 * What will surprise you: codecs open on their first job, on a native thread, so a library that cannot open rejects the
 * first `encode()` or `decode()`, not the creation.
 */
import os from 'node:os';
import type {
  AudioDecoder,
  AudioDecoderConfig,
  AudioEncoder,
  AudioEncoderConfig,
  Resampler,
  ResamplerConfig,
} from './audio-types.ts';
import type {
  CodecEngine,
  CodecInfo,
  ImplementationName,
  LiveObjects,
  RawFormat,
  Rtp90k,
  Transformation,
  VideoCodecName,
  VideoDecoder,
  VideoEncoder,
  VideoEncoderConfig,
  VideoFrame,
} from './types.ts';
import { builtPaths } from '../native/paths.ts';
import { CodecClosedError, CodecLibraryError, CodecParameterError } from './errors.ts';
import { NativeAudioDecoder } from './native/audio-decoder.ts';
import { NativeAudioEncoder } from './native/audio-encoder.ts';
import type { NativeCodec } from './native/codec.ts';
import type { Completion } from './native/core.ts';
import { NativeCore } from './native/core.ts';
import { NativeDecoder } from './native/decoder.ts';
import { NativeEncoder } from './native/encoder.ts';
import { MAX_DIMENSION } from './native/encoder-config.ts';
import { NativeFrame, i420Bytes } from './native/frame.ts';
import { H264Decoder } from './native/h264-decoder.ts';
import {
  type Implementation,
  type UsableImplementation,
  isUsable,
  loadCodecs,
} from './native/implementations.ts';
import { FILTERS, RAW_FORMATS } from './native/library.ts';
import { NativeResampler } from './native/resampler.ts';

const MAX_THREADS = 64;

export interface CodecEngineOptions {
  /** Native threads, shared by all codecs of the engine. 1 to 64. @default as many as the process may use cores */
  readonly threads?: number;
  /** The shim's shared library, with its plugins beside it. @default where set-up has put it, or COMMUCAT_NATIVE_LIB */
  readonly libraryPath?: string;
  /** Codecs whose software implementations are not used, each with the reason in words. @default none */
  readonly disabled?: Readonly<Partial<Record<CodecInfo['codec'], string>>>;
}

/**
 * Starts an engine; one per process is enough.
 * @throws {CodecLibraryMissingError} where the shim cannot be loaded
 * @throws {CodecParameterError} where `threads` is out of range
 */
export function createCodecEngine(options: CodecEngineOptions = {}): CodecEngine {
  const threads = options.threads ?? Math.min(os.availableParallelism(), MAX_THREADS);
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    throw new CodecParameterError(`threads is ${threads}, must be 1 to ${MAX_THREADS}`);
  }
  const { library, implementations } = loadCodecs(options.libraryPath ?? builtPaths().nativeLib);
  return new NativeEngine(
    new NativeCore(library, threads),
    implementations.map((implementation) => withReason(implementation, options.disabled ?? {})),
  );
}

function withReason(
  implementation: Implementation,
  disabled: NonNullable<CodecEngineOptions['disabled']>,
): Implementation {
  const { info } = implementation;
  const reason = info.hardware ? undefined : disabled[info.codec];
  return reason === undefined ? implementation : { ...implementation, info: { ...info, missing: reason } };
}

class NativeEngine implements CodecEngine {
  readonly #core: NativeCore;
  readonly #implementations: readonly Implementation[];
  readonly #codecs = new Set<NativeCodec>();
  readonly #forget = (codec: NativeCodec): void => void this.#codecs.delete(codec);
  #closing: Promise<void> | undefined;

  constructor(core: NativeCore, implementations: readonly Implementation[]) {
    this.#core = core;
    this.#implementations = implementations;
  }

  implementations(): readonly CodecInfo[] {
    return this.#implementations.filter(({ isConverter }) => !isConverter).map(({ info }) => info);
  }

  probe(): readonly CodecInfo[] {
    return this.implementations().filter(({ missing }) => missing === null);
  }

  createEncoder(config: VideoEncoderConfig): VideoEncoder {
    this.#assertOpen();
    const implementation = this.#find(config.codec, 'encode', config.implementation);
    return this.#keep(new NativeEncoder(this.#core, config, implementation, this.#forget));
  }

  createDecoder(
    codec: VideoCodecName,
    options: { readonly implementation?: ImplementationName } = {},
  ): VideoDecoder {
    this.#assertOpen();
    const decoder = this.#openDecoder(this.#find(codec, 'decode', options.implementation));
    if (options.implementation !== undefined || decoder.info.name !== 'openh264') return decoder;
    const second = this.#implementations.filter(isUsable).find(({ info }) => info.name === 'avcodec-h264');
    if (second === undefined) return decoder;
    return new H264Decoder(decoder, () => this.#openDecoder(second));
  }

  #openDecoder(implementation: UsableImplementation): NativeDecoder {
    return this.#keep(new NativeDecoder(this.#core, implementation, this.#forget));
  }

  createAudioEncoder(config: AudioEncoderConfig): AudioEncoder {
    this.#assertOpen();
    const implementation = this.#find(config.codec, 'encode', config.implementation);
    return this.#keep(new NativeAudioEncoder(this.#core, config, implementation, this.#forget));
  }

  createAudioDecoder(config: AudioDecoderConfig): AudioDecoder {
    this.#assertOpen();
    const implementation = this.#find(config.codec, 'decode', config.implementation);
    return this.#keep(new NativeAudioDecoder(this.#core, config, implementation, this.#forget));
  }

  createResampler(config: ResamplerConfig): Resampler {
    this.#assertOpen();
    const converters = this.#implementations.filter(({ isConverter }) => isConverter);
    const converter = firstUsable(converters, 'resample');
    return this.#keep(new NativeResampler(this.#core, config, converter, this.#forget));
  }

  async transform(frame: VideoFrame, transformation: Transformation): Promise<VideoFrame> {
    this.#assertOpen();
    const { filter = 'box' } = transformation;
    const crop = transformation.crop ?? { left: 0, top: 0, width: frame.width, height: frame.height };
    const { width = crop.width, height = crop.height } = transformation;
    checkSize(width, height);
    checkCrop(crop, frame);
    const handle = this.#handleOf(frame, 'transform');
    const { left, top } = crop;
    const done = await this.#job('transform', (library, engine) =>
      library.transform(engine, handle, left, top, crop.width, crop.height, width, height, FILTERS[filter]),
    );
    return pictureOf(done, 'transform');
  }

  async frameFromRaw(
    format: RawFormat,
    data: Uint8Array,
    width: number,
    height: number,
    timestampRtp90k: Rtp90k,
  ): Promise<VideoFrame> {
    this.#assertOpen();
    checkSize(width, height);
    checkBytes(data, rawBytes(format, width, height), `a ${width}x${height} ${format} picture`);
    checkTimestamp(timestampRtp90k);
    const done = await this.#job(`import ${format}`, (library, engine) =>
      library.importRaw(engine, RAW_FORMATS[format], data, data.length, width, height, timestampRtp90k),
    );
    return pictureOf(done, `import ${format}`);
  }

  async frameToRaw(frame: VideoFrame, format: RawFormat): Promise<Uint8Array> {
    this.#assertOpen();
    rawBytes(format, frame.width, frame.height);
    const handle = this.#handleOf(frame, `export ${format}`);
    const { data } = await this.#job(`export ${format}`, (library, engine) =>
      library.exportRaw(engine, handle, RAW_FORMATS[format]),
    );
    if (data === null) throw new CodecLibraryError(`export ${format}: no picture came back`);
    return data;
  }

  frameFromI420(data: Uint8Array, width: number, height: number, timestampRtp90k: Rtp90k): VideoFrame {
    this.#assertOpen();
    checkSize(width, height);
    checkBytes(data, i420Bytes(width, height), `a ${width}x${height} I420 picture`);
    checkTimestamp(timestampRtp90k);
    const { library, handle } = this.#core;
    const frame = library.frameFromI420(handle, data, data.length, width, height, timestampRtp90k);
    return new NativeFrame(
      this.#core,
      this.#core.check(frame, 'create a frame'),
      width,
      height,
      timestampRtp90k,
    );
  }

  liveObjects(): LiveObjects {
    return this.#core.liveObjects();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#codecs].map((codec) => codec.close()));
    await this.#core.close();
  }

  /** So that the engine's end closes it. */
  #keep<T extends NativeCodec>(codec: T): T {
    this.#codecs.add(codec);
    return codec;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new CodecClosedError('the codec engine was closed');
  }

  #handleOf(frame: VideoFrame, action: string): number {
    if (!(frame instanceof NativeFrame)) {
      throw new CodecParameterError(`${action}: the frame is of another engine`);
    }
    return frame.handleFor(this.#core);
  }

  #job(
    action: string,
    submit: (library: NativeCore['library'], engine: number) => number,
  ): Promise<Completion> {
    return new Promise((resolve, reject) => {
      this.#core.whenDone(submit(this.#core.library, this.#core.handle), action, resolve, reject);
    });
  }

  /** @throws {CodecParameterError} where nothing here does it; says why */
  #find(
    codec: string,
    direction: CodecInfo['direction'],
    name: ImplementationName | undefined,
  ): UsableImplementation {
    const fitting = this.#implementations.filter(
      ({ info, isConverter }) =>
        !isConverter &&
        info.codec === codec &&
        info.direction === direction &&
        (name === undefined || info.name === name),
    );
    return firstUsable(fitting, `${direction} ${codec}${name === undefined ? '' : ` by ${name}`}`);
  }
}

/** @throws {CodecParameterError} where none can be used; says why */
function firstUsable(implementations: readonly Implementation[], task: string): UsableImplementation {
  const usable = implementations.find(isUsable);
  if (usable !== undefined) return usable;
  const reasons = implementations.map(({ info }) => `${info.name}: ${info.missing ?? 'unknown'}`).join('; ');
  throw new CodecParameterError(`no library here can ${task}${reasons === '' ? '' : ` (${reasons})`}`);
}

function checkSize(width: number, height: number): void {
  for (const value of [width, height]) {
    if (!Number.isInteger(value) || value < 1 || value > MAX_DIMENSION) {
      throw new CodecParameterError(`a picture of ${width}x${height}: sides must be 1 to ${MAX_DIMENSION}`);
    }
  }
}

function checkCrop(crop: NonNullable<Transformation['crop']>, frame: VideoFrame): void {
  const { left, top, width, height } = crop;
  checkSize(width, height);
  const inside = left >= 0 && top >= 0 && left + width <= frame.width && top + height <= frame.height;
  if (!inside || left % 2 !== 0 || top % 2 !== 0) {
    throw new CodecParameterError(
      `a crop of ${width}x${height} at ${left},${top} of ${frame.width}x${frame.height}: it must lie inside, at even places`,
    );
  }
}

function checkBytes(data: Uint8Array, wanted: number, what: string): void {
  if (data.length !== wanted) {
    throw new CodecParameterError(`${what} has ${wanted} bytes, not ${data.length}`);
  }
}

function checkTimestamp(timestampRtp90k: Rtp90k): void {
  if (!Number.isSafeInteger(timestampRtp90k)) {
    throw new CodecParameterError(`timestamp ${timestampRtp90k} is no integer`);
  }
}

/** @throws {CodecParameterError} for a format that is none, from a caller without types */
function rawBytes(format: RawFormat, width: number, height: number): number {
  switch (format) {
    case 'I420':
    case 'NV12':
      return i420Bytes(width, height);
    case 'RGB24':
      return 3 * width * height;
    case 'BGRA':
      return 4 * width * height;
    default:
      throw new CodecParameterError(`${format as string} is no format of packed pixels`);
  }
}

function pictureOf({ frame }: Completion, action: string): VideoFrame {
  if (frame === null) throw new CodecLibraryError(`${action}: no picture came back`);
  return frame;
}
