/**
 * The shim's functions, bound with koffi and given types. The ABI is documented in native/codec-shim/shim.h.
 *
 * Structures cross as typed arrays (all int32, or all double), so that no layout has to be described twice.
 */
import koffi from 'koffi';
import { CodecLibraryMissingError } from '../errors.ts';
import type { RawFormat } from '../types.ts';

const ABI_VERSION = 3;

/** Doubles in one `struct shim_completion`. */
export const COMPLETION_FIELDS = 17;
export const MAX_SPATIAL_LAYERS = 3;

/** With a submitted job (`enum shim_submit_flags`). */
export const SUBMIT = {
  forceKeyFrame: 1,
  noUseLast: 2,
  noUseGolden: 4,
  noUseAltRef: 8,
  noUpdateLast: 16,
  noUpdateGolden: 32,
  noUpdateAltRef: 64,
  conceal: 128,
  fec: 256,
} as const;

/** With a completion (`enum shim_completion_flags`). */
export const COMPLETED = { keyFrame: 1, corrupt: 2, engineEnded: 4, layerSync: 8, silent: 16 } as const;

export const RAW_FORMATS: Readonly<Record<RawFormat, number>> = { I420: 0, NV12: 1, RGB24: 2, BGRA: 3 };
export const FILTERS = { point: 0, linear: 1, bilinear: 2, box: 3 } as const;

/** Each answers a status, a handle or a job id: negative is an error (status.ts). Handles are plain numbers below 2^51. */
export interface ShimLibrary {
  readonly abiVersion: () => number;
  readonly pluginLoad: (path: string, reason: Uint8Array, capacity: number) => number;
  readonly implementationCount: () => number;
  readonly implementationDescribe: (implementation: number, text: Uint8Array, capacity: number) => number;
  readonly probe: (engine: number, implementation: number) => number;
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
  readonly frameShare: (engine: number, frame: number) => number;
  readonly frameRelease: (engine: number, frame: number) => number;
  readonly outputTake: (engine: number, output: number, data: Uint8Array, capacity: number) => number;
  /** Settings are `struct shim_settings` (settings.ts). */
  readonly codecCreate: (engine: number, implementation: number, settings: Int32Array) => number;
  readonly codecUpdate: (engine: number, codec: number, settings: Int32Array) => number;
  readonly encode: (engine: number, encoder: number, frame: number, flags: number) => number;
  readonly submit: (
    engine: number,
    codec: number,
    data: Uint8Array | null,
    bytes: number,
    timestampRtp90k: number,
    flags: number,
    /** Samples that are wanted, of sound that did not come. */
    count: number,
  ) => number;
  readonly transform: (
    engine: number,
    frame: number,
    left: number,
    top: number,
    cropWidth: number,
    cropHeight: number,
    width: number,
    height: number,
    filter: number,
  ) => number;
  readonly importRaw: (
    engine: number,
    format: number,
    data: Uint8Array,
    bytes: number,
    width: number,
    height: number,
    timestampRtp90k: number,
  ) => number;
  readonly exportRaw: (engine: number, frame: number, format: number) => number;
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
      pluginLoad: native.func('int32_t shim_plugin_load(str, void *, int32_t)'),
      implementationCount: native.func('int32_t shim_implementation_count()'),
      implementationDescribe: native.func('int32_t shim_implementation_describe(int32_t, void *, int32_t)'),
      probe: native.func('int64_t shim_probe(int64_t, int32_t)'),
      engineCreate: native.func('int64_t shim_engine_create(int32_t, void *)'),
      engineClose: native.func('int32_t shim_engine_close(int64_t)'),
      engineDestroy: native.func('int32_t shim_engine_destroy(int64_t)'),
      engineLiveObjects: native.func('int32_t shim_engine_live_objects(int64_t, void *)'),
      drain: native.func('int32_t shim_drain(int64_t, void *, int32_t)'),
      frameFromI420: native.func(
        'int64_t shim_frame_from_i420(int64_t, void *, int64_t, int32_t, int32_t, int64_t)',
      ),
      frameToI420: native.func('int32_t shim_frame_to_i420(int64_t, int64_t, void *, int64_t)'),
      frameShare: native.func('int64_t shim_frame_share(int64_t, int64_t)'),
      frameRelease: native.func('int32_t shim_frame_release(int64_t, int64_t)'),
      outputTake: native.func('int32_t shim_output_take(int64_t, int64_t, void *, int64_t)'),
      codecCreate: native.func('int64_t shim_codec_create(int64_t, int32_t, void *)'),
      codecUpdate: native.func('int32_t shim_codec_update(int64_t, int64_t, void *)'),
      encode: native.func('int64_t shim_encode(int64_t, int64_t, int64_t, int32_t)'),
      submit: native.func(
        'int64_t shim_submit(int64_t, int64_t, void *, int64_t, int64_t, int32_t, int32_t)',
      ),
      transform: native.func(
        'int64_t shim_transform(int64_t, int64_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t)',
      ),
      importRaw: native.func(
        'int64_t shim_import(int64_t, int32_t, void *, int64_t, int32_t, int32_t, int64_t)',
      ),
      exportRaw: native.func('int64_t shim_export(int64_t, int64_t, int32_t)'),
      codecClose: native.func('int64_t shim_codec_close(int64_t, int64_t)'),
      setParentDeathSignal: native.func('int32_t shim_set_parent_death_signal(int32_t)'),
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodecLibraryMissingError(`cannot load the codec library ${file}: ${reason}`);
  }
}
