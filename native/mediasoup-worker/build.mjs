// @ts-check
// Builds mediasoup's worker from the sources inside the npm package, with a distribution's own libraries, for machines
// where mediasoup's prebuilt worker cannot be fetched or does not run. mediasoup's own build (Meson) downloads its
// libraries; this one downloads nothing. The file and flag choices follow `worker/meson.build` of mediasoup 3.27.
//
// Two things may surprise. The sources are compiled as a few large units, each of which includes many of them, since
// nearly all of the time goes into the headers that they share. And `include/` here bridges two libraries that
// distributions do not package in the version that mediasoup wants.
import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { cachedBuild, contentKey } from './cached-build.mjs';
import { applyPatches, PATCHES } from './patches.mjs';

const run = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));

/** What the worker links, by pkg-config name. */
export const LIBRARIES = [
  'openssl',
  'libsrtp2',
  'libuv',
  'absl_flat_hash_map',
  'absl_flat_hash_set',
  'absl_hash',
];

const FLAGS = [
  '-std=c++20',
  '-O2',
  '-DNDEBUG',
  '-DMS_LITTLE_ENDIAN',
  '-DMS_EXECUTABLE',
  '-DFLATBUFFERS_LOCALE_INDEPENDENT=1',
  '-fstack-protector-strong',
  '-D_FORTIFY_SOURCE=2',
  // The sources are not ours, and a large unit shows warnings that its files alone do not.
  '-w',
];

/** Options of `worker/fbs/FBS/meson.build`. */
const FLATC = [
  '--cpp',
  '--cpp-field-case-style',
  'lower',
  '--reflect-names',
  '--scoped-enums',
  '--filename-suffix',
  '',
];

const UNITS = 12;
/** One unit takes up to 1.3 GB while it is compiled. */
const BYTES_PER_JOB = 1.5e9;

/**
 * @typedef {object} WorkerBuildOptions
 * @property {string} cacheDir where built parts are kept
 * @property {string} packageDir the mediasoup npm package
 * @property {(line: string) => void} log
 */

/**
 * Returns the path of a worker built from the package's sources; builds it if the cache has none of this content.
 * @param {WorkerBuildOptions} options
 * @returns {Promise<string>} absolute path of the executable
 * @throws {Error} when a tool or library is missing, or the compiler fails (its output is in the message)
 */
export async function buildWorker({ cacheDir, packageDir, log }) {
  const folder = await cachedBuild(cacheDir, `mediasoup-worker-${await key(packageDir)}`, async (dir) => {
    log('building it from source, which takes a minute or two');
    await compile(path.join(packageDir, 'worker'), dir, log);
  });
  return path.join(folder, 'mediasoup-worker');
}

/** @param {string} packageDir */
async function key(packageDir) {
  const ours = ['build.mjs', 'patches.mjs', 'include/srtp.h', 'include/ankerl/unordered_dense.h'];
  return contentKey([
    await fs.readFile(path.join(packageDir, 'package.json')),
    ...(await Promise.all(ours.map((file) => fs.readFile(path.join(here, file))))),
    (await run('g++', ['--version'])).stdout,
    (await run('flatc', ['--version'])).stdout,
    (await run('pkg-config', ['--modversion', ...LIBRARIES])).stdout,
  ]);
}

/**
 * @param {string} worker the package's `worker` folder
 * @param {string} dir an empty folder
 * @param {(line: string) => void} log
 */
async function compile(worker, dir, log) {
  const objects = path.join(dir, 'objects');
  const generated = path.join(dir, 'generated');
  await fs.mkdir(objects);
  await fs.mkdir(generated);

  const schemas = (await fs.readdir(path.join(worker, 'fbs'))).filter((file) => file.endsWith('.fbs'));
  const schemaPaths = schemas.map((file) => path.join(worker, 'fbs', file));
  await run('flatc', [...FLATC, '-o', path.join(generated, 'FBS'), ...schemaPaths]);

  const includes = [
    path.join(here, 'include'),
    generated,
    path.join(worker, 'include'),
    path.join(worker, 'deps/libwebrtc'),
    path.join(worker, 'deps/libwebrtc/libwebrtc'),
  ].map((folder) => `-I${folder}`);
  const libraryFlags = words((await run('pkg-config', ['--cflags', ...LIBRARIES])).stdout);

  const mended = await mend(worker, objects);
  /** @type {string[]} */
  const objectFiles = [];
  let unitNumber = 0;
  /**
   * Compiles a unit; one that fails is halved, since two sources may use one name for different things. A source that
   * fails on its own has a real error.
   * @param {readonly string[]} files
   * @returns {Promise<void>}
   */
  const compileUnit = async (files) => {
    const source = path.join(objects, `unit${String(unitNumber++)}.cpp`);
    await fs.writeFile(source, unitText(files.map((file) => mended.get(file) ?? path.join(worker, file))));
    try {
      await run('g++', [...FLAGS, ...libraryFlags, ...includes, '-c', source, '-o', `${source}.o`]);
      objectFiles.push(`${source}.o`);
    } catch (error) {
      if (files.length === 1) throw error;
      const middle = Math.ceil(files.length / 2);
      await compileUnit(files.slice(0, middle));
      await compileUnit(files.slice(middle));
    }
  };
  const units = planUnits(await sources(worker), UNITS);
  let done = 0;
  await inParallel(jobCount(), units, async (unit) => {
    await compileUnit(unit);
    done += 1;
    log(`${String(done)} of ${String(units.length)} units compiled`);
  });

  const libraries = words((await run('pkg-config', ['--libs', ...LIBRARIES])).stdout);
  const binary = path.join(dir, 'mediasoup-worker');
  await run('g++', [
    '-o',
    binary,
    ...objectFiles,
    '-Wl,--as-needed',
    ...libraries,
    '-lflatbuffers',
    '-pthread',
    '-s',
  ]);
  await fs.rm(objects, { recursive: true });
  await fs.rm(generated, { recursive: true });
}

/**
 * Writes mended copies of the sources that have a patch.
 * @param {string} worker
 * @param {string} folder where the copies go
 * @returns {Promise<Map<string, string>>} source, relative to `worker` → its copy
 */
async function mend(worker, folder) {
  /** @type {Map<string, string>} */
  const copies = new Map();
  for (const file of new Set(PATCHES.map((patch) => patch.file))) {
    const text = await fs.readFile(path.join(worker, file), 'utf8');
    const copy = path.join(folder, path.basename(file));
    await fs.writeFile(
      copy,
      applyPatches(
        text,
        PATCHES.filter((patch) => patch.file === file),
      ),
    );
    copies.set(file, copy);
  }
  return copies;
}

/**
 * All of the worker's own sources and those of its copy of libwebrtc's bandwidth estimation.
 * @param {string} worker
 */
async function sources(worker) {
  return [...(await walk(worker, 'src', '.cpp')), ...(await walk(worker, 'deps/libwebrtc', '.cc'))].sort();
}

/**
 * @param {string} root
 * @param {string} folder relative to root
 * @param {string} extension
 * @returns {Promise<string[]>} relative to root
 */
async function walk(root, folder, extension) {
  const entries = await fs.readdir(path.join(root, folder), { withFileTypes: true });
  const found = await Promise.all(
    entries.map((entry) => {
      const name = path.join(folder, entry.name);
      if (entry.isDirectory()) return walk(root, name, extension);
      return entry.name.endsWith(extension) ? [name] : [];
    }),
  );
  return found.flat();
}

/**
 * Deals the sources out to `count` units like cards: neighbours in a folder, which are those that give one name to
 * different things, come to lie in different units.
 * @param {readonly string[]} files sorted
 * @param {number} count
 * @returns {string[][]}
 */
export function planUnits(files, count) {
  const units = Array.from({ length: count }, (_, unit) =>
    files.filter((_file, index) => index % count === unit),
  );
  return units.filter((unit) => unit.length > 0);
}

/**
 * @param {readonly string[]} files
 * @returns {string} C++ that includes them all; each defines MS_CLASS, its name in the log, for itself
 */
export function unitText(files) {
  return files.map((file) => `#include "${file}"\n#undef MS_CLASS\n`).join('');
}

function jobCount() {
  const byMemory = Math.floor(os.totalmem() / BYTES_PER_JOB);
  return Math.max(1, Math.min(os.cpus().length, byMemory));
}

/**
 * @template Item
 * @param {number} limit how many at once
 * @param {readonly Item[]} items
 * @param {(item: Item, index: number) => Promise<void>} work
 */
async function inParallel(limit, items, work) {
  const queue = [...items.entries()];
  const lanes = Array.from({ length: limit }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      try {
        await work(next[1], next[0]);
      } catch (error) {
        queue.length = 0;
        throw error;
      }
    }
  });
  await Promise.all(lanes);
}

/** @param {string} text */
function words(text) {
  return text.split(/\s+/).filter((word) => word !== '');
}
