// Builds the codec shim and its plugins with the system's C compiler, once per content: the folder's name carries a hash of all that
// goes in (sources, flags, compiler, versions of the libraries), so a cache may be shared and never holds a stale build.
//
// In the folder: core.so, one shared library for each plugin whose codec library is installed, and plugins.json, which lists them in
// order of preference, with the reason where one is missing.
//
// Plain JavaScript for Node 18: set-up runs it before anything newer is there.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { PLUGINS } from '../codec-plugins/list.mjs';
import { STAND_INS } from '../codec-plugins-testing/list.mjs';

const run = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));
const pluginsDir = path.join(here, '..', 'codec-plugins');
const testingDir = path.join(here, '..', 'codec-plugins-testing');
const sharedDir = path.join(pluginsDir, 'shared');

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
const CORE_LIBRARIES = ['-lyuv', '-ldl'];
const NEEDED = PLUGINS.filter(({ required }) => required)
  .flatMap(({ packages }) => packages)
  .join(', ');
const PLUGIN_FLAGS = ['-DCODEC_PLUGIN_SOURCE', `-I${here}`, `-I${sharedDir}`, '-iquote', pluginsDir];

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
      `${program}: ${hint}\nThe codec shim needs gcc, pkg-config, ${NEEDED} and libyuv-dev.`,
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

/** @param {{ id: string }} plugin */
function folderOf({ id }) {
  return path.join(STAND_INS.some((one) => one.id === id) ? testingDir : pluginsDir, id);
}

/** @returns {Promise<string[]>} the C sources and headers of a folder, sorted */
async function sourcesOf(folder) {
  const names = (await readdir(folder)).filter((name) => /\.[ch]$/.test(name)).sort();
  return names.map((name) => path.join(folder, name));
}

/**
 * Which plugins can be built here: with the versions of their libraries, or with the reason why not.
 * @param {readonly import('../codec-plugins/list.mjs').Plugin[]} plugins
 * @returns {Promise<{ plugin: import('../codec-plugins/list.mjs').Plugin, versions: string[], missing: string | null }[]>}
 */
async function findPlugins(plugins) {
  return Promise.all(
    plugins.map(async (plugin) => {
      const versions = [];
      for (const name of plugin.pkgConfig) {
        try {
          versions.push((await run('pkg-config', ['--modversion', name])).stdout.trim());
        } catch (cause) {
          if (cause.code === 'ENOENT') await output('pkg-config', ['--version']);
          if (plugin.required) await output('pkg-config', ['--modversion', name]);
          const missing = `${plugin.packages.join(' and ')} was not installed when the codecs were built`;
          return { plugin, versions: [], missing };
        }
      }
      for (const name of plugin.optional ?? []) {
        versions.push(
          await run('pkg-config', ['--modversion', name]).then(
            ({ stdout }) => stdout.trim(),
            () => 'none',
          ),
        );
      }
      return { plugin, versions, missing: null };
    }),
  );
}

/**
 * Builds the shim where the cache does not hold it yet.
 * @param {{ cacheDir?: string, sanitize?: string, standIns?: boolean, log?: (line: string) => void }} [options] cacheDir defaults to
 *   `$XDG_CACHE_HOME/commucat`; sanitize: what gcc's -fsanitize takes; standIns: with the plugins of tests, never for a server
 * @returns {Promise<string>} the absolute path of the core's shared library; plugins lie beside it
 * @throws {ShimBuildError} where the compiler or a library that is needed is missing, or the build fails
 */
export async function buildCodecShim(options = {}) {
  const log = options.log ?? (() => {});
  const cacheDir = path.resolve(
    options.cacheDir ??
      path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'commucat'),
  );
  const compiler = process.env.CC || 'gcc';
  const sanitize = options.sanitize ?? process.env.COMMUCAT_SHIM_SANITIZE;
  const flags = sanitize ? [...FLAGS, `-fsanitize=${sanitize}`, '-fno-omit-frame-pointer'] : FLAGS;

  const hash = createHash('sha256');
  hash.update(await output(compiler, ['--version']));
  const plugins = options.standIns ? [...STAND_INS, ...PLUGINS] : PLUGINS;
  const found = await findPlugins(plugins);
  const folders = [here, sharedDir, ...plugins.map(folderOf)];
  for (const file of (await Promise.all(folders.map(sourcesOf))).flat()) {
    hash.update(`${path.relative(here, file)}\0`).update(await readFile(file));
  }
  hash.update(JSON.stringify([flags, CORE_LIBRARIES, found, process.arch]));
  // libyuv is not asked for by pkg-config, for which Debian's has no file: all macros that its version header leaves defined.
  hash.update(await output(compiler, ['-E', '-dM', '-include', 'libyuv/version.h', '-x', 'c', '/dev/null']));

  const target = path.join(cacheDir, `codecs-${hash.digest('hex').slice(0, 20)}`);
  if (await exists(target)) return path.join(target, 'core.so');

  log('codec shim: compiling');
  const startedMs = Date.now();
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(path.join(cacheDir, 'codecs-build-'));
  /** @param {string} folder @param {string} name @param {string[]} more @param {readonly string[]} [shared] */
  const compile = async (folder, name, more, shared = []) => {
    const own = (await sourcesOf(folder)).filter((file) => file.endsWith('.c'));
    const sources = [...own, ...shared.map((file) => path.join(pluginsDir, file))];
    await output(compiler, [...flags, ...sources, '-o', path.join(work, `${name}.so`), ...more]);
  };
  try {
    const built = found.filter(({ missing }) => missing === null);
    await Promise.all([
      compile(here, 'core', CORE_LIBRARIES),
      ...built.map(({ plugin, versions }) =>
        compile(
          folderOf(plugin),
          plugin.id,
          [
            ...PLUGIN_FLAGS,
            // For libraries that cannot be asked.
            `-DCODEC_LIBRARY_VERSION="${versions[0]}"`,
            ...plugin.libraries,
          ],
          plugin.sources,
        ),
      ),
    ]);
    const list = found.map(({ plugin: { id, codecs }, missing }) => ({ id, missing, codecs }));
    await writeFile(path.join(work, 'plugins.json'), `${JSON.stringify(list, undefined, 2)}\n`);
    // Where another build of the same content was first, its folder stays.
    await rename(work, target).catch(async (error) => {
      if (!(await exists(target))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  log(`codec shim: built in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
  return path.join(target, 'core.so');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    process.stdout.write(`${await buildCodecShim({ log: (line) => process.stderr.write(`${line}\n`) })}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
