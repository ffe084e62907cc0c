/**
 * The shim's functions, bound with koffi and given types. The ABI is documented in native/codec-shim/shim.h.
 *
 * Structures cross as typed arrays (all int32, or all double), so that no layout has to be described twice.
 */
import koffi from 'koffi';
import { CodecLibraryMissingError } from '../errors.ts';

const ABI_VERSION = 1;

/** Doubles in one `struct shim_completion`. */
export const COMPLETION_FIELDS = 12;

export type CodecNumber = 0 | 1;
export const CODEC_NUMBERS = { VP8: 0, H264: 1 } as const satisfies Record<string, CodecNumber>;
export const FORCE_KEY_FRAME = 1;
export const COMPLETION_KEY_FRAME = 1;
export const COMPLETION_CORRUPT = 2;
export const COMPLETION_ENGINE_ENDED = 4;

/** Each answers a status, a handle or a job id: negative is an error (status.ts). Handles are plain numbers below 2^51. */
export interface ShimLibrary {
  readonly abiVersion: () => number;
  readonly codecVersion: (codec: CodecNumber, text: Uint8Array, capacity: number) => number;
  readonly engineCreate: (threads: number, wakeFd: Int32Array) => number;
  readonly engineClose: (engine: number) => number;
  readonly engineDestroy: (engine: number) => number;
  readonly engineLiveObjects: (engine: number, live: Int32Array) => number;
  readonly drain: (engine: number, completions: Float64Array, capacity: number) => number;
  readonly frameFromI420: (
    engine: number,
    data: Uint8Array,
    bytes: number,
    width: number,
    height: number,
    timestampRtp90k: number,
  ) => number;
  readonly frameToI420: (engine: number, frame: number, data: Uint8Array, capacity: number) => number;
  readonly frameRelease: (engine: number, frame: number) => number;
  readonly outputTake: (engine: number, output: number, data: Uint8Array, capacity: number) => number;
  /** The configuration is `struct shim_encoder_config`. */
  readonly encoderCreate: (engine: number, config: Int32Array) => number;
  readonly decoderCreate: (engine: number, codec: CodecNumber) => number;
  readonly encoderSetRates: (
    engine: number,
    encoder: number,
    targetBps: number,
    maxFrameRateMillihertz: number,
  ) => number;
  readonly encode: (engine: number, encoder: number, frame: number, flags: number) => number;
  readonly decode: (
    engine: number,
    decoder: number,
    data: Uint8Array,
    bytes: number,
    timestampRtp90k: number,
  ) => number;
  readonly scale: (engine: number, frame: number, width: number, height: number) => number;
  readonly codecClose: (engine: number, codec: number) => number;
  readonly setParentDeathSignal: (expectedParentPid: number) => number;
}

const loaded = new Map<string, ShimLibrary>();

/**
 * Loads the shared library, once per path and process.
 * @throws {CodecLibraryMissingError} where the file cannot be loaded or has another ABI version
 */
export function loadShim(file: string): ShimLibrary {
  const known = loaded.get(file);
  if (known !== undefined) return known;
  const library = bind(file);
  const version = library.abiVersion();
  if (version !== ABI_VERSION) {
    throw new CodecLibraryMissingError(
      `${file} has ABI version ${version}, expected ${ABI_VERSION}: run set-up again`,
    );
  }
  loaded.set(file, library);
  return library;
}

function bind(file: string): ShimLibrary {
  try {
    const native = koffi.load(file);
    return {
      abiVersion: native.func('int32_t shim_abi_version()'),
      codecVersion: native.func('int32_t shim_codec_version(int32_t, void *, int32_t)'),
      engineCreate: native.func('int64_t shim_engine_create(int32_t, void *)'),
      engineClose: native.func('int32_t shim_engine_close(int64_t)'),
      engineDestroy: native.func('int32_t shim_engine_destroy(int64_t)'),
      engineLiveObjects: native.func('int32_t shim_engine_live_objects(int64_t, void *)'),
      drain: native.func('int32_t shim_drain(int64_t, void *, int32_t)'),
      frameFromI420: native.func(
        'int64_t shim_frame_from_i420(int64_t, void *, int64_t, int32_t, int32_t, int64_t)',
      ),
      frameToI420: native.func('int32_t shim_frame_to_i420(int64_t, int64_t, void *, int64_t)'),
      frameRelease: native.func('int32_t shim_frame_release(int64_t, int64_t)'),
      outputTake: native.func('int32_t shim_output_take(int64_t, int64_t, void *, int64_t)'),
      encoderCreate: native.func('int64_t shim_encoder_create(int64_t, void *)'),
      decoderCreate: native.func('int64_t shim_decoder_create(int64_t, int32_t)'),
      encoderSetRates: native.func('int32_t shim_encoder_set_rates(int64_t, int64_t, int32_t, int32_t)'),
      encode: native.func('int64_t shim_encode(int64_t, int64_t, int64_t, int32_t)'),
      decode: native.func('int64_t shim_decode(int64_t, int64_t, void *, int64_t, int64_t)'),
      scale: native.func('int64_t shim_scale(int64_t, int64_t, int32_t, int32_t)'),
      codecClose: native.func('int64_t shim_codec_close(int64_t, int64_t)'),
      setParentDeathSignal: native.func('int32_t shim_set_parent_death_signal(int32_t)'),
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodecLibraryMissingError(`cannot load the codec library ${file}: ${reason}`);
  }
}
