/**
 * The codec engine: codec libraries as plugins, libyuv and a resampler, behind the native shim.
 *
 * What will surprise you:
 * - Codecs open on their first job, on a native thread, so a library that cannot open rejects the first `encode()` or `decode()`, not
 *   the creation.
 * - Hardware is used once `probeHardware()` has found that it works. Where nobody names an implementation, software stands behind it and
 *   takes over when it fails; a device that was lost is then left alone for a minute by this engine.
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
  HardwarePolicy,
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
import { FallbackDecoder } from './native/fallback-decoder.ts';
import { FallbackEncoder } from './native/fallback-encoder.ts';
import { NativeFrame, i420Bytes } from './native/frame.ts';
import { H264Decoder } from './native/h264-decoder.ts';
import { LostDevices, REFUSED, inOrderOf } from './native/hardware.ts';
import {
  type Implementation,
  type UsableImplementation,
  describedAnew,
  isUsable,
  loadCodecs,
} from './native/implementations.ts';
import { FILTERS, RAW_FORMATS } from './native/library.ts';
import { checkBytes, checkCrop, checkSize, checkTimestamp, rawBytes } from './native/picture-checks.ts';
import { NativeResampler } from './native/resampler.ts';

const MAX_THREADS = 64;

export interface CodecEngineOptions {
  /** Native threads, shared by all codecs of the engine. 1 to 64. @default as many as the process may use cores */
  readonly threads?: number;
  /** The shim's shared library, with its plugins beside it. @default where set-up has put it, or COMMUCAT_NATIVE_LIB */
  readonly libraryPath?: string;
  /** Codecs whose software implementations are not used, each with the reason in words. @default none */
  readonly disabled?: Readonly<Partial<Record<CodecInfo['codec'], string>>>;
  /** Whether hardware codecs are used. @default 'prefer' */
  readonly hardware?: HardwarePolicy;
  /** A clock that never goes back. @default performance.now */
  readonly nowMs?: () => number;
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
  return new NativeEngine(new NativeCore(library, threads), implementations, options);
}

class NativeEngine implements CodecEngine {
  readonly #core: NativeCore;
  readonly #options: CodecEngineOptions;
  readonly #nowMs: () => number;
  readonly #lostDevices = new LostDevices();
  #implementations: readonly Implementation[];
  readonly #codecs = new Set<NativeCodec>();
  readonly #forget = (codec: NativeCodec): void => void this.#codecs.delete(codec);
  #closing: Promise<void> | undefined;

  constructor(core: NativeCore, implementations: readonly Implementation[], options: CodecEngineOptions) {
    this.#core = core;
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#implementations = this.#asConfigured(implementations);
  }

  implementations(): readonly CodecInfo[] {
    return this.#implementations.filter(({ isConverter }) => !isConverter).map(({ info }) => info);
  }

  probe(): readonly CodecInfo[] {
    return this.implementations().filter(({ missing }) => missing === null);
  }

  async probeHardware(): Promise<void> {
    this.#assertOpen();
    const untried = this.#implementations.flatMap(({ number, info }) =>
      number !== null && info.hardware && info.missing !== REFUSED ? [number] : [],
    );
    // One after the other: a driver that hangs then holds one thread, and not all of them.
    for (const number of untried) {
      await this.#job('try hardware', (library, engine) => library.probe(engine, number));
    }
    this.#implementations = this.#asConfigured(this.#implementations);
  }

  createEncoder(config: VideoEncoderConfig): VideoEncoder {
    this.#assertOpen();
    const { codec, implementation: name } = config;
    const usable = this.#usable(codec, 'encode', name);
    const software = usable.find(({ info }) => !info.hardware);
    for (const implementation of usable) {
      const isLast = implementation === usable.at(-1);
      if (!implementation.info.hardware) return this.#openEncoder(config, implementation);
      const encoder = this.#openHardwareEncoder(config, implementation, isLast);
      if (encoder === null) continue;
      if (name !== undefined || software === undefined) return encoder;
      return new FallbackEncoder(
        encoder,
        config,
        (latest) => this.#openEncoder(latest, software),
        this.#failureOf(implementation),
      );
    }
    throw new CodecParameterError(`nothing here can encode ${codec} as configured`);
  }

  createDecoder(
    codec: VideoCodecName,
    options: { readonly implementation?: ImplementationName } = {},
  ): VideoDecoder {
    this.#assertOpen();
    const usable = this.#usable(codec, 'decode', options.implementation);
    const [first] = usable;
    if (options.implementation !== undefined || !first.info.hardware) {
      return this.#openSoftwareDecoder(first, options.implementation !== undefined);
    }
    const software = usable.find(({ info }) => !info.hardware);
    const decoder = this.#openDecoder(first);
    if (software === undefined) return decoder;
    const openSecond = (): VideoDecoder => this.#openSoftwareDecoder(software, false);
    return new FallbackDecoder(decoder, openSecond, this.#failureOf(first));
  }

  /** @param isNamed by the caller, who then gets that one and nothing beside it */
  #openSoftwareDecoder(implementation: UsableImplementation, isNamed: boolean): VideoDecoder {
    const decoder = this.#openDecoder(implementation);
    if (isNamed || decoder.info.name !== 'openh264') return decoder;
    const second = this.#implementations.filter(isUsable).find(({ info }) => info.name === 'avcodec-h264');
    if (second === undefined) return decoder;
    return new H264Decoder(decoder, () => this.#openDecoder(second));
  }

  #openEncoder(config: VideoEncoderConfig, implementation: UsableImplementation): NativeEncoder {
    return this.#keep(new NativeEncoder(this.#core, config, implementation, this.#forget));
  }

  /** @returns null where it cannot meet the configuration, which something after it may */
  #openHardwareEncoder(
    config: VideoEncoderConfig,
    implementation: UsableImplementation,
    isLast: boolean,
  ): NativeEncoder | null {
    try {
      return this.#openEncoder(config, implementation);
    } catch (error) {
      if (isLast || !(error instanceof CodecParameterError)) throw error;
      return null;
    }
  }

  #failureOf({ info }: Implementation): (error: unknown) => void {
    return (error) => this.#lostDevices.failed(info, error, this.#nowMs());
  }

  #openDecoder(implementation: UsableImplementation): NativeDecoder {
    return this.#keep(new NativeDecoder(this.#core, implementation, this.#forget));
  }

  createAudioEncoder(config: AudioEncoderConfig): AudioEncoder {
    this.#assertOpen();
    const [implementation] = this.#usable(config.codec, 'encode', config.implementation);
    return this.#keep(new NativeAudioEncoder(this.#core, config, implementation, this.#forget));
  }

  createAudioDecoder(config: AudioDecoderConfig): AudioDecoder {
    this.#assertOpen();
    const [implementation] = this.#usable(config.codec, 'decode', config.implementation);
    return this.#keep(new NativeAudioDecoder(this.#core, config, implementation, this.#forget));
  }

  createResampler(config: ResamplerConfig): Resampler {
    this.#assertOpen();
    const converters = this.#implementations.filter(({ isConverter }) => isConverter);
    const [converter] = allUsable(converters, 'resample');
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

  /** All that may be used for it, in order. @throws {CodecParameterError} where nothing here does it; says why */
  #usable(
    codec: string,
    direction: CodecInfo['direction'],
    name: ImplementationName | undefined,
  ): NotEmpty<UsableImplementation> {
    const fitting = this.#implementations.filter(
      ({ info, isConverter }) =>
        !isConverter &&
        info.codec === codec &&
        info.direction === direction &&
        (name === undefined || info.name === name),
    );
    const nowMs = this.#nowMs();
    const now = fitting.map((one) =>
      name === undefined && this.#lostDevices.isAvoided(one.info, nowMs)
        ? withMissing(one, 'the device was lost a moment ago')
        : one,
    );
    return allUsable(now, `${direction} ${codec}${name === undefined ? '' : ` by ${name}`}`);
  }

  /** As they are known now, with what the options take away, in the order of preference. */
  #asConfigured(implementations: readonly Implementation[]): readonly Implementation[] {
    const { disabled = {}, hardware = 'prefer' } = this.#options;
    const known = implementations.map((one) => {
      const reason = one.info.hardware ? undefined : disabled[one.info.codec];
      return reason === undefined ? describedAnew(this.#core.library, one) : withMissing(one, reason);
    });
    return inOrderOf(hardware, known);
  }
}

type NotEmpty<T> = readonly [T, ...T[]];

function withMissing(implementation: Implementation, missing: string): Implementation {
  return { ...implementation, info: { ...implementation.info, missing } };
}

/** @throws {CodecParameterError} where none can be used; says why */
function allUsable(implementations: readonly Implementation[], task: string): NotEmpty<UsableImplementation> {
  const [first, ...others] = implementations.filter(isUsable);
  if (first !== undefined) return [first, ...others];
  const reasons = implementations.map(({ info }) => `${info.name}: ${info.missing ?? 'unknown'}`).join('; ');
  throw new CodecParameterError(`no library here can ${task}${reasons === '' ? '' : ` (${reasons})`}`);
}

function pictureOf({ frame }: Completion, action: string): VideoFrame {
  if (frame === null) throw new CodecLibraryError(`${action}: no picture came back`);
  return frame;
}
