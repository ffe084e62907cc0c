#!/usr/bin/env node
// @ts-check
// Sets up whatever is missing, then runs what was asked for:
//
//   node scripts/setup.mjs [start | codecs | test | fuzz | demo | screenshots | bench] [arguments]      (npm start, npm test, …)
//
// Runs on the system's Node, 18 or later, with no package installed; all else then runs on the Node that the npm package
// `node` brings. What is built lies in ~/.cache/commucat, named by its content, so that a second run finds it. The names
// of the built parts are written to node_modules/.commucat/built.json, which native/paths.ts reads.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { buildWorker } from '../native/mediasoup-worker/build.mjs';
import { contentKey } from '../native/mediasoup-worker/cached-build.mjs';
import { prebuiltWorker, workerRunsHere } from '../native/mediasoup-worker/prebuilt.mjs';
import { runChecks } from './checks.mjs';
import { npmIngredients } from './npm-ingredients.mjs';
import { runToEnd } from './run-to-end.mjs';
import { SetupError } from './setup-error.mjs';
import { ensureSystemPackages, wantSystemPackages } from './system-packages.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const cacheDir = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'commucat');
const stateDir = path.join(root, 'node_modules', '.commucat');
const node = path.join(root, 'node_modules', '.bin', 'node');
const mediasoupDir = path.join(root, 'node_modules', 'mediasoup');

/**
 * What can be asked for: the system packages that it needs beyond the codecs, and what runs after set-up.
 * @type {Record<string, { groups: import('./system-packages.mjs').Group[], then: (args: string[]) => Promise<number> }>}
 */
const COMMANDS = {
  setup: { groups: [], then: async () => 0 },
  start: { groups: [], then: (args) => runToEnd(node, ['src/main.ts', ...args], root) },
  codecs: { groups: [], then: (args) => runToEnd(node, ['src/main.ts', 'codecs', ...args], root) },
  fuzz: { groups: [], then: (args) => runToEnd(node, ['native/fuzz/run.mjs', ...args], root) },
  test: { groups: ['browser'], then: (args) => runChecks(node, args, root) },
  demo: { groups: ['browser'], then: (args) => runToEnd(node, ['test/demo/main.ts', ...args], root) },
  screenshots: {
    groups: ['browser'],
    then: (args) => runToEnd(node, ['test/screenshots/main.ts', ...args], root),
  },
  bench: {
    groups: ['browser', 'bench'],
    then: (args) => runToEnd(node, ['benchmarks/main.ts', ...args], root),
  },
};

/** @param {string} line */
const say = (line) => console.error(`[set-up] ${line}`);

/**
 * Does one step of set-up. One that has nothing to do says nothing.
 * @template Result
 * @param {string} name
 * @param {(log: (line: string) => void) => Result | Promise<Result>} work
 * @returns {Promise<Result>}
 */
async function step(name, work) {
  const startedMs = performance.now();
  let didSomething = false;
  const result = await work((line) => {
    didSomething = true;
    say(`${name}: ${line}`);
  });
  if (didSomething) say(`${name}: done in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return result;
}

/** @param {import('./system-packages.mjs').Group[]} groups */
async function setUp(groups) {
  await step('npm packages', installNpmPackages);
  const { version: workerVersion } = JSON.parse(
    fs.readFileSync(path.join(mediasoupDir, 'package.json'), 'utf8'),
  );

  // Whether the worker must be built comes before the system packages, so that all of them are asked for at once.
  const ready = await step('mediasoup worker', findWorker);
  /** @type {import('./system-packages.mjs').Group[]} */
  const needs = ready === undefined ? ['codecs', 'worker', ...groups] : ['codecs', ...groups];
  await step('system packages', (log) => ensureSystemPackages(needs, log));
  const stamp = path.join(stateDir, 'optional-packages');
  await step('optional packages', (log) => wantSystemPackages(needs, stamp, log));
  const worker = ready ?? (await step('mediasoup worker', buildOwnWorker));

  const nativeLib = await buildPart('codec shim', 'native/codec-shim/build.mjs', 'buildCodecShim');
  const webDir = await buildPart('web page', 'web/build.mjs', 'buildWeb');
  const built = { workerBin: worker.bin, workerVariant: worker.variant, workerVersion, nativeLib, webDir };
  writeWhole(path.join(stateDir, 'built.json'), `${JSON.stringify(built, undefined, 2)}\n`);
}

/** @param {(line: string) => void} log */
function installNpmPackages(log) {
  const production = process.env.NODE_ENV === 'production' ? 'production' : 'all';
  const wanted = contentKey([production, ...npmIngredients(root)]);
  const stamp = path.join(stateDir, 'npm-packages');
  if (fs.existsSync(stamp) && fs.existsSync(node) && fs.readFileSync(stamp, 'utf8') === wanted) return;

  log('installing what package-lock.json names');
  // --no-save leaves the lockfile as it is. (npm ci would insist on optional packages for other platforms.)
  const npm = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    // A worker that is named keeps mediasoup's own install script from downloading or building one: that comes later.
    env: { ...process.env, MEDIASOUP_WORKER_BIN: process.env.MEDIASOUP_WORKER_BIN || 'found-later' },
  });
  if (npm.status !== 0) throw new SetupError('NPM_FAILED', 'npm install failed; its own message is above.');
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  if (!/^v\d/.test(version)) {
    throw new SetupError('NPM_FAILED', `npm installed everything, but ${node} does not run.`);
  }
  writeWhole(stamp, wanted);
}

/** @typedef {{ bin: string, variant: import('../native/paths.ts').WorkerVariant }} Worker */

/**
 * A worker that needs no building: the one that the environment names, else mediasoup's own.
 * @param {(line: string) => void} log
 * @returns {Promise<Worker | undefined>}
 */
async function findWorker(log) {
  const given = process.env.MEDIASOUP_WORKER_BIN;
  if (given) {
    if (await workerRunsHere(given)) return { bin: given, variant: 'given' };
    throw new SetupError(
      'WORKER_UNUSABLE',
      `MEDIASOUP_WORKER_BIN names ${given}, which is no worker that runs here.`,
    );
  }
  const prebuilt = await prebuiltWorker({ cacheDir, packageDir: mediasoupDir, log });
  return prebuilt === undefined ? undefined : { bin: prebuilt, variant: 'prebuilt' };
}

/**
 * @param {(line: string) => void} log
 * @returns {Promise<Worker>}
 */
async function buildOwnWorker(log) {
  return { bin: await buildWorker({ cacheDir, packageDir: mediasoupDir, log }), variant: 'built' };
}

/**
 * Builds a part by its own build file, which is loaded here since it may import npm packages.
 * @param {string} name
 * @param {string} file
 * @param {string} build name of the function that it exports: (options: {cacheDir, log}) => Promise<path>
 * @returns {Promise<string>} absolute path
 */
async function buildPart(name, file, build) {
  return step(name, async (log) => {
    const part = await import(pathToFileURL(path.join(root, file)).href);
    return part[build]({ cacheDir, log });
  });
}

/**
 * Writes a file so that a reader finds the old one or the new one, and never a half.
 * @param {string} file
 * @param {string} text
 */
function writeWhole(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, text);
  fs.renameSync(temporary, file);
}

/**
 * Lets one set-up at a time work on this checkout. A helper process holds the lock for as long as its standard input is
 * open, so that the lock ends with us, however we end. Where there is no flock(1), there is no lock.
 * @returns {Promise<() => void>} gives the lock back
 */
async function lock() {
  const name = path.join(cacheDir, `set-up-${contentKey([root])}.lock`);
  fs.mkdirSync(cacheDir, { recursive: true });
  const holder = spawn('flock', [name, 'sh', '-c', 'echo; cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  await new Promise((resolve) => {
    const waiting = setTimeout(() => say('waiting for another set-up of this checkout'), 1000);
    const done = () => {
      clearTimeout(waiting);
      resolve(undefined);
    };
    holder.once('error', done);
    holder.stdout.once('data', done);
  });
  return () => holder.stdin.destroy();
}

async function main() {
  const [name = 'setup', ...args] = process.argv.slice(2);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new SetupError(
      'USAGE',
      `There is no command ${name}; there are ${Object.keys(COMMANDS).join(', ')}.`,
    );
  }
  // So that a program which starts `node` by its name gets the one of the npm package.
  process.env.PATH = `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}`;
  const startedMs = performance.now();
  const unlock = await lock();
  await setUp(command.groups).finally(unlock);
  say(`ready in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return command.then(args);
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error) => {
    say(error instanceof SetupError ? `${error.code}: ${error.message}` : String(error.stack));
    process.exitCode = error instanceof SetupError ? error.exitCode : 1;
  },
);
