// @ts-check
// Fetches the worker that mediasoup's makers build for each release, from the place and under the name that
// mediasoup's own `npm-scripts.mjs` uses (its postinstall is not run, because where it cannot download it goes on to
// build with tools that download more). The release has no checksums: what is fetched is trusted as far as HTTPS is.
//
// Many machines cannot reach that place, so a failure is remembered for a day, and nothing waits long for an answer.
import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { cachedBuild } from './cached-build.mjs';

const ANSWER_TIMEOUT_MS = 5_000;
const DOWNLOAD_TIMEOUT_MS = 60_000;
const RETRY_AFTER_MS = 24 * 3_600_000;
/** A worker that was started without mediasoup's environment says so with this exit code: it runs on this machine. */
const RUNS_HERE_EXIT_CODE = 41;

/**
 * Returns the path of mediasoup's own worker binary, or undefined where there is none that can be fetched and runs here.
 * @param {{ cacheDir: string, packageDir: string, log: (line: string) => void }} options
 * @returns {Promise<string | undefined>}
 */
export async function prebuiltWorker({ cacheDir, packageDir, log }) {
  if (process.env.MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD) return undefined;
  /** @type {{ version: string, repository: { url: string } }} */
  const manifest = JSON.parse(await fs.readFile(path.join(packageDir, 'package.json'), 'utf8'));
  const asset = assetName(manifest.version, os.platform(), os.arch(), os.release());
  const failed = path.join(cacheDir, `${asset}.failed`);
  if (await isYoungerThan(failed, RETRY_AFTER_MS)) return undefined;

  const url = `${baseUrl(manifest.repository.url)}/${manifest.version}/${asset}`;
  try {
    const folder = await cachedBuild(cacheDir, asset.replace(/\.tgz$/, ''), async (dir) => {
      log(`fetching ${url}`);
      await download(url, dir);
      if (!(await workerRunsHere(path.join(dir, 'mediasoup-worker'))))
        throw new Error('it does not run on this machine');
    });
    return path.join(folder, 'mediasoup-worker');
  } catch (error) {
    log(`no prebuilt worker: ${reason(error)} (not tried again for a day)`);
    await fs.mkdir(cacheDir, { recursive: true });
    await fs.writeFile(failed, '');
    return undefined;
  }
}

/**
 * Says whether a worker binary starts on this machine, which it may not for want of a library.
 * @param {string} workerBin
 * @returns {Promise<boolean>}
 */
export function workerRunsHere(workerBin) {
  return new Promise((resolve) => {
    const child = spawn(workerBin, [], { env: {}, stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === RUNS_HERE_EXIT_CODE));
  });
}

/**
 * @param {string} version
 * @param {string} platform
 * @param {string} arch
 * @param {string} kernel the kernel's release
 */
export function assetName(version, platform, arch, kernel) {
  const kernelPart = platform === 'linux' ? `-kernel${kernel.split('.')[0]}` : '';
  return `mediasoup-worker-${version}-${platform}-${arch}${kernelPart}.tgz`;
}

/** @param {string} repositoryUrl */
function baseUrl(repositoryUrl) {
  const given = process.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL;
  return given || `${repositoryUrl.replace(/^git\+/, '').replace(/\.git$/, '')}/releases/download`;
}

/**
 * @param {string} url
 * @param {string} dir
 */
async function download(url, dir) {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(new Error('no answer in time')), ANSWER_TIMEOUT_MS);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || response.body === null) throw new Error(`HTTP status ${response.status}`);
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(new Error('the download takes too long')), DOWNLOAD_TIMEOUT_MS);
    const tar = spawn('tar', ['-xz', '-C', dir, 'mediasoup-worker'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const unpacked = new Promise((resolve, reject) => {
      tar.once('error', reject);
      tar.once('exit', (code) =>
        code === 0 ? resolve(undefined) : reject(new Error('it is no tar archive')),
      );
    });
    await Promise.all([pipeline(Readable.fromWeb(response.body), tar.stdin), unpacked]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {string} file
 * @param {number} ageMs
 */
async function isYoungerThan(file, ageMs) {
  const modifiedMs = await fs.stat(file).then(
    (stat) => stat.mtimeMs,
    () => -Infinity,
  );
  return Date.now() - modifiedMs < ageMs;
}

/** @param {unknown} error */
function reason(error) {
  if (!(error instanceof Error)) return String(error);
  // fetch hides what went wrong behind 'fetch failed'.
  return error.cause instanceof Error ? error.cause.message : error.message;
}
