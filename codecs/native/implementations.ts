/**
 * The codec libraries that are there: plugins beside the shim's core, and what each brought.
 *
 * What will surprise you: plugins are loaded once for each process and stay. `plugins.json`, written by the build, lists them in order of
 * preference, with the reason where one could not be built.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CodecLibraryMissingError } from '../errors.ts';
import type { CodecInfo } from '../types.ts';
import { type ShimLibrary, loadShim } from './library.ts';

/** What one implementation can be used for here. */
export interface Implementation {
  /** As native code counts them; null: it was not built, or could not be loaded. */
  readonly number: number | null;
  readonly info: CodecInfo;
  /** `convert`: no codec; a resampler. */
  readonly isConverter: boolean;
}

export interface UsableImplementation extends Implementation {
  readonly number: number;
}

export function isUsable(implementation: Implementation): implementation is UsableImplementation {
  return implementation.number !== null && implementation.info.missing === null;
}

export interface LoadedCodecs {
  readonly library: ShimLibrary;
  readonly implementations: readonly Implementation[];
}

/** One entry of `plugins.json`. */
interface PluginEntry {
  readonly id: string;
  /** Why it was not built; null: it lies beside. */
  readonly missing: string | null;
  /** What it would bring. */
  readonly codecs: readonly (Pick<CodecInfo, 'name' | 'codec' | 'library'> & {
    readonly direction: CodecInfo['direction'] | 'convert';
    readonly device?: string;
  })[];
}

const TEXT_BYTES = 1024;
const loaded = new Map<string, LoadedCodecs>();

/**
 * Loads the shim and its plugins, once per path and process.
 * @param file the core's shared library
 * @throws {CodecLibraryMissingError} where the core cannot be loaded or belongs to another source
 */
export function loadCodecs(file: string): LoadedCodecs {
  const known = loaded.get(file);
  if (known !== undefined) return known;
  const library = loadShim(file);
  const implementations = readPlugins(file).flatMap((plugin) => loadPlugin(library, file, plugin));
  const codecs = { library, implementations };
  loaded.set(file, codecs);
  return codecs;
}

/**
 * What is known of an implementation now: hardware is tried after it was loaded, by any engine of the process.
 * @param library the one that has loaded it
 */
export function describedAnew(library: ShimLibrary, implementation: Implementation): Implementation {
  const { number, info } = implementation;
  return number === null || !info.hardware ? implementation : describe(library, number);
}

function readPlugins(file: string): readonly PluginEntry[] {
  try {
    return JSON.parse(readFileSync(path.join(path.dirname(file), 'plugins.json'), 'utf8')) as PluginEntry[];
  } catch {
    throw new CodecLibraryMissingError(`${file} has no list of plugins beside it: run set-up again`);
  }
}

function loadPlugin(library: ShimLibrary, core: string, plugin: PluginEntry): Implementation[] {
  if (plugin.missing !== null) return missing(plugin, plugin.missing);
  const text = new Uint8Array(TEXT_BYTES);
  const first = library.implementationCount();
  const file = path.join(path.dirname(core), `${plugin.id}.so`);
  if (library.pluginLoad(file, text, text.length) < 0) return missing(plugin, words(text));
  return Array.from({ length: library.implementationCount() - first }, (_, index) =>
    describe(library, first + index),
  );
}

function missing(plugin: PluginEntry, reason: string): Implementation[] {
  return plugin.codecs.map(({ direction, device = null, ...codec }) => ({
    number: null,
    isConverter: direction === 'convert',
    info: {
      ...codec,
      direction: direction === 'decode' ? 'decode' : 'encode',
      version: '',
      hardware: device !== null,
      device,
      spatialLayers: 1,
      temporalLayers: 1,
      missing: reason,
    },
  }));
}

function describe(library: ShimLibrary, number: number): Implementation {
  const text = new Uint8Array(TEXT_BYTES);
  library.implementationDescribe(number, text, text.length);
  const [name = '', codec = '', direction, hardware, lib = '', version = '', spatial, temporal, why, device] =
    words(text).split('\t');
  const info: CodecInfo = {
    name,
    // What a plugin says is held against these types by a test.
    codec: codec as CodecInfo['codec'],
    direction: direction === 'decode' ? 'decode' : 'encode',
    hardware: hardware === '1',
    device: device === undefined || device === '' ? null : device,
    library: lib,
    version,
    spatialLayers: Number(spatial),
    temporalLayers: Number(temporal),
    missing: why === undefined || why === '' ? null : why,
  };
  return { number, info, isConverter: direction === 'convert' };
}

function words(text: Uint8Array): string {
  return Buffer.from(text.subarray(0, text.indexOf(0))).toString();
}
