/**
 * The codec engine: libvpx, openh264 and libyuv behind the native shim.
 *
 * What will surprise you: codecs open on their first job, on a native thread, so a library that cannot open rejects the
 * first `encode()` or `decode()`, not the creation.
 */
import os from 'node:os';
import type {
  CodecEngine,
  CodecInfo,
  Rtp90k,
  VideoCodecName,
  VideoDecoder,
  VideoEncoder,
  VideoEncoderConfig,
  VideoFrame,
} from './types.ts';
import { builtPaths } from '../native/paths.ts';
import { CodecClosedError, CodecLibraryError, CodecParameterError } from './errors.ts';
import type { NativeCodec } from './native/codec.ts';
import type { Completion } from './native/core.ts';
import { NativeCore } from './native/core.ts';
import { NativeDecoder } from './native/decoder.ts';
import { NativeEncoder } from './native/encoder.ts';
import { NativeFrame, i420Bytes } from './native/frame.ts';
import type { ShimLibrary } from './native/library.ts';
import { CODEC_NUMBERS, loadShim } from './native/library.ts';

const MAX_DIMENSION = 4096;
const MAX_THREADS = 64;

export interface CodecEngineOptions {
  /** Native threads, shared by all codecs of the engine. 1 to 64. @default as many as the process may use cores */
  readonly threads?: number;
  /** The shim's shared library. @default where set-up has put it, or COMMUCAT_NATIVE_LIB */
  readonly libraryPath?: string;
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
  const library = loadShim(options.libraryPath ?? builtPaths().nativeLib);
  return new NativeEngine(new NativeCore(library, threads), probeCodecs(library));
}

function probeCodecs(library: ShimLibrary): readonly CodecInfo[] {
  const codecs: readonly VideoCodecName[] = ['VP8', 'H264'];
  return codecs.flatMap((codec) => {
    const text = new Uint8Array(128);
    if (library.codecVersion(CODEC_NUMBERS[codec], text, text.length) < 0) return [];
    const words = Buffer.from(text.subarray(0, text.indexOf(0))).toString('latin1');
    const space = words.indexOf(' ');
    const shared = {
      codec,
      library: words.slice(0, space),
      version: words.slice(space + 1),
      hardware: false,
    };
    return [
      { ...shared, direction: 'encode' as const },
      { ...shared, direction: 'decode' as const },
    ];
  });
}

class NativeEngine implements CodecEngine {
  readonly #core: NativeCore;
  readonly #infos: readonly CodecInfo[];
  readonly #codecs = new Set<NativeCodec>();
  readonly #forget = (codec: NativeCodec): void => void this.#codecs.delete(codec);
  #closing: Promise<void> | undefined;

  constructor(core: NativeCore, infos: readonly CodecInfo[]) {
    this.#core = core;
    this.#infos = infos;
  }

  probe(): readonly CodecInfo[] {
    return this.#infos;
  }

  createEncoder(config: VideoEncoderConfig): VideoEncoder {
    this.#assertOpen();
    const encoder = new NativeEncoder(this.#core, config, this.#info(config.codec, 'encode'), this.#forget);
    this.#codecs.add(encoder);
    return encoder;
  }

  createDecoder(codec: VideoCodecName): VideoDecoder {
    this.#assertOpen();
    const decoder = new NativeDecoder(this.#core, this.#info(codec, 'decode'), this.#forget);
    this.#codecs.add(decoder);
    return decoder;
  }

  scale(frame: VideoFrame, width: number, height: number): Promise<VideoFrame> {
    return new Promise((resolve, reject) => {
      this.#assertOpen();
      checkSize(width, height);
      if (!(frame instanceof NativeFrame)) {
        throw new CodecParameterError('scale: the frame is of another engine');
      }
      const job = this.#core.library.scale(this.#core.handle, frame.handleFor(this.#core), width, height);
      const done = (completion: Completion): void => {
        if (completion.frame === null) reject(new CodecLibraryError('scale: no picture came back'));
        else resolve(completion.frame);
      };
      this.#core.whenDone(job, 'scale', done, reject);
    });
  }

  frameFromI420(data: Uint8Array, width: number, height: number, timestampRtp90k: Rtp90k): VideoFrame {
    this.#assertOpen();
    checkSize(width, height);
    if (data.length !== i420Bytes(width, height)) {
      throw new CodecParameterError(
        `a ${width}x${height} I420 picture has ${i420Bytes(width, height)} bytes, not ${data.length}`,
      );
    }
    if (!Number.isSafeInteger(timestampRtp90k)) {
      throw new CodecParameterError(`timestamp ${timestampRtp90k} is no integer`);
    }
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

  liveObjects(): { frames: number; encoders: number; decoders: number; jobs: number } {
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

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new CodecClosedError('the codec engine was closed');
  }

  /** @throws {CodecParameterError} for a codec that is none, from a caller without types */
  #info(codec: VideoCodecName, direction: CodecInfo['direction']): CodecInfo {
    const info = this.#infos.find((known) => known.codec === codec && known.direction === direction);
    if (info === undefined) {
      throw new CodecParameterError(`no library here can ${direction} ${codec as string}`);
    }
    return info;
  }
}

function checkSize(width: number, height: number): void {
  for (const value of [width, height]) {
    if (!Number.isInteger(value) || value < 1 || value > MAX_DIMENSION) {
      throw new CodecParameterError(`a picture of ${width}x${height}: sides must be 1 to ${MAX_DIMENSION}`);
    }
  }
}
