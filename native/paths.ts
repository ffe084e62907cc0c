// Where set-up (scripts/setup.mjs) has put what it built: mediasoup's worker, the codec shim, the web bundle.
//
// The environment names a part instead where one was built elsewhere, as in the container image:
// MEDIASOUP_WORKER_BIN, COMMUCAT_NATIVE_LIB, COMMUCAT_WEB_DIR. A worker named there counts as the variant 'given'.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** 'prebuilt': mediasoup's own binary; 'built': from the npm package's sources; 'given': by MEDIASOUP_WORKER_BIN. */
export type WorkerVariant = 'prebuilt' | 'built' | 'given';

export interface BuiltPaths {
  /** Absolute path of mediasoup's worker. */
  readonly workerBin: string;
  readonly workerVariant: WorkerVariant;
  /** The mediasoup version that the worker belongs to. */
  readonly workerVersion: string;
  /** Absolute path of the codec shim's shared library. */
  readonly nativeLib: string;
  /** Absolute path of the folder with the page's built files. */
  readonly webDir: string;
}

/** Set-up has not run, or what it wrote does not name every part. */
export class NotSetUpError extends Error {
  readonly code = 'NOT_SET_UP';

  constructor(what: string, options?: ErrorOptions) {
    super(`${what}: run \`npm run setup\` first`, options);
    this.name = 'NotSetUpError';
  }
}

const builtJson = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  '..',
  'node_modules',
  '.commucat',
  'built.json',
);

/**
 * Reads what set-up wrote, and applies the environment's overrides. Each property is looked up when it is read, so that
 * a program which needs one part does not ask for all of them.
 * @param env the environment to read overrides from
 * @param file the file that set-up wrote
 * @throws {NotSetUpError} on reading a property that neither the environment nor the file names
 */
export function builtPaths(
  env: Readonly<NodeJS.ProcessEnv> = process.env,
  file: string = builtJson,
): BuiltPaths {
  let written: Readonly<Record<string, unknown>> | undefined;
  const get = (key: keyof BuiltPaths): string => {
    written ??= readWritten(file);
    const value = written[key];
    if (typeof value !== 'string' || value === '') throw new NotSetUpError(`${file} does not name ${key}`);
    return value;
  };
  return {
    get workerBin() {
      return env['MEDIASOUP_WORKER_BIN'] ?? get('workerBin');
    },
    get workerVariant() {
      return env['MEDIASOUP_WORKER_BIN'] === undefined ? variant(get('workerVariant')) : 'given';
    },
    get workerVersion() {
      return get('workerVersion');
    },
    get nativeLib() {
      return env['COMMUCAT_NATIVE_LIB'] ?? get('nativeLib');
    },
    get webDir() {
      return env['COMMUCAT_WEB_DIR'] ?? get('webDir');
    },
  };
}

function readWritten(file: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isRecord(parsed)) return parsed;
  } catch (cause) {
    throw new NotSetUpError(`cannot read ${file}`, { cause });
  }
  throw new NotSetUpError(`${file} holds no object`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function variant(value: string): WorkerVariant {
  if (value === 'prebuilt' || value === 'built' || value === 'given') return value;
  throw new NotSetUpError(`${value} is no worker variant`);
}
