// Builds the codec shim with the system's C compiler, once per content: the file name carries a hash of all that goes in
// (sources, flags, compiler, versions of the libraries), so a cache may be shared and never holds a stale build.
//
// Plain JavaScript for Node 18: set-up runs it before anything newer is there.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));

const FLAGS = [
  '-std=c11',
  '-O2',
  '-g',
  '-fPIC',
  '-shared',
  '-pthread',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fvisibility=hidden',
];
const LIBRARIES = ['-lvpx', '-lopenh264', '-lyuv'];
/** libyuv is not here: Debian's has no pkg-config file, so the preprocessor is asked for its version. */
const PKG_CONFIG_NAMES = ['vpx', 'openh264'];

/** The shim could not be built; the message holds the compiler's words. */
export class ShimBuildError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = 'ShimBuildError';
    this.code = 'SHIM_BUILD_FAILED';
  }
}

/** Runs a program, answers what it printed; a failure becomes a {@link ShimBuildError} that says what to install. */
async function output(program, args) {
  try {
    return (await run(program, args, { maxBuffer: 8 << 20 })).stdout.trim();
  } catch (cause) {
    const hint = cause.code === 'ENOENT' ? 'not found' : (cause.stderr || cause.message).trim();
    throw new ShimBuildError(
      `${program}: ${hint}\nThe codec shim needs gcc, pkg-config, libvpx-dev, libopenh264-dev and libyuv-dev.`,
      { cause },
    );
  }
}

async function exists(file) {
  return access(file).then(
    () => true,
    () => false,
  );
}

/**
 * Builds the shim where the cache does not hold it yet.
 * @param {{ cacheDir?: string, log?: (line: string) => void }} [options] cacheDir defaults to `$XDG_CACHE_HOME/commucat`
 * @returns {Promise<string>} the absolute path of the shared library
 * @throws {ShimBuildError} where the compiler or a library is missing, or the build fails
 */
export async function buildCodecShim(options = {}) {
  const log = options.log ?? (() => {});
  const cacheDir = path.resolve(
    options.cacheDir ??
      path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'commucat'),
  );
  const compiler = process.env.CC || 'gcc';
  const sanitize = process.env.COMMUCAT_SHIM_SANITIZE;
  const flags = sanitize ? [...FLAGS, `-fsanitize=${sanitize}`, '-fno-omit-frame-pointer'] : FLAGS;

  const names = (await readdir(here)).filter((name) => /\.[ch]$/.test(name)).sort();
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name}\0`).update(await readFile(path.join(here, name)));
  hash.update(JSON.stringify([flags, LIBRARIES, process.arch]));
  hash.update(await output(compiler, ['--version']));
  for (const name of PKG_CONFIG_NAMES) hash.update(await output('pkg-config', ['--modversion', name]));
  // All macros that its version header leaves defined.
  hash.update(await output(compiler, ['-E', '-dM', '-include', 'libyuv/version.h', '-x', 'c', '/dev/null']));

  const target = path.join(cacheDir, `codec-shim-${hash.digest('hex').slice(0, 20)}.so`);
  if (await exists(target)) return target;

  log('codec shim: compiling');
  const startedMs = Date.now();
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(path.join(cacheDir, 'codec-shim-build-'));
  try {
    const built = path.join(work, 'shim.so');
    const sources = names.filter((name) => name.endsWith('.c')).map((name) => path.join(here, name));
    await output(compiler, [...flags, ...sources, '-o', built, ...LIBRARIES]);
    // Two builds at once end with the same content: the later rename replaces the earlier file, whole either way.
    await rename(built, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  log(`codec shim: built in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
  return target;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    process.stdout.write(`${await buildCodecShim({ log: (line) => process.stderr.write(`${line}\n`) })}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
