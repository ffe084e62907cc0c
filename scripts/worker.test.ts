// How set-up comes by mediasoup's worker. That the worker then works is tested beside it, in native/mediasoup-worker.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { planUnits, unitText } from '../native/mediasoup-worker/build.mjs';
import { assetName, prebuiltWorker, workerRunsHere } from '../native/mediasoup-worker/prebuilt.mjs';

describe('planUnits', () => {
  const files = Array.from({ length: 25 }, (_, index) => `file${index}`);

  it('gives every source to one unit', () => {
    expect(planUnits(files, 12).flat().sort()).toEqual([...files].sort());
  });

  it('keeps neighbours apart', () => {
    for (const unit of planUnits(files, 12)) {
      const places = unit.map((file) => files.indexOf(file));
      expect(places.every((place, index) => index === 0 || place - (places[index - 1] ?? 0) === 12)).toBe(
        true,
      );
    }
  });

  it('makes no empty unit', () => {
    expect(planUnits(['a', 'b'], 12)).toEqual([['a'], ['b']]);
  });
});

it('a unit includes its sources one after another', () => {
  expect(unitText(['/x/a.cpp', '/x/b.cpp'])).toBe(
    '#include "/x/a.cpp"\n#undef MS_CLASS\n#include "/x/b.cpp"\n#undef MS_CLASS\n',
  );
});

it('the prebuilt worker has the name that mediasoup gives it', () => {
  expect(assetName('3.27.1', 'linux', 'x64', '6.1.0-40-amd64')).toBe(
    'mediasoup-worker-3.27.1-linux-x64-kernel6.tgz',
  );
  expect(assetName('3.27.1', 'darwin', 'arm64', '24.0.0')).toBe('mediasoup-worker-3.27.1-darwin-arm64.tgz');
});

describe('prebuiltWorker', () => {
  let folder: string;
  let server: http.Server;
  let answer: { status: number; body: Buffer };
  let requests: string[];

  beforeEach(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'commucat-worker-'));
    await fs.writeFile(
      path.join(folder, 'package.json'),
      JSON.stringify({ version: '9.9.9', repository: { url: 'git+https://example.invalid/x.git' } }),
    );
    requests = [];
    server = http.createServer((request, response) => {
      requests.push(request.url ?? '');
      response.writeHead(answer.status, { connection: 'close' }).end(answer.body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    vi.stubEnv('MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL', `http://127.0.0.1:${address.port}`);
    vi.stubEnv('MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD', '');
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    server.close();
    await once(server, 'close');
    await fs.rm(folder, { recursive: true });
  });

  const cacheDir = (): string => path.join(folder, 'cache');
  const ask = (): Promise<string | undefined> =>
    prebuiltWorker({ cacheDir: cacheDir(), packageDir: folder, log: () => undefined });

  /** A release whose worker is a program that ends with this exit code. */
  const release = async (exitCode: number): Promise<Buffer> => {
    await fs.writeFile(path.join(folder, 'mediasoup-worker'), `#!/bin/sh\nexit ${exitCode}\n`, {
      mode: 0o755,
    });
    return spawnSync('tar', ['-cz', '-C', folder, 'mediasoup-worker']).stdout;
  };

  it('fetches, tries and keeps the worker', async () => {
    answer = { status: 200, body: await release(41) };
    const worker = await ask();
    expect(worker).toBeDefined();
    expect(await workerRunsHere(worker ?? '')).toBe(true);
    expect(await ask()).toBe(worker);
    expect(requests).toEqual([`/9.9.9/${assetName('9.9.9', os.platform(), os.arch(), os.release())}`]);
  });

  it.each([
    ['there is none', async () => Promise.resolve({ status: 404, body: Buffer.alloc(0) })],
    ['it does not run here', async () => ({ status: 200, body: await release(1) })],
    ['it is no archive', async () => Promise.resolve({ status: 200, body: Buffer.from('<html>') })],
    ['it is cut short', async () => ({ status: 200, body: (await release(41)).subarray(0, 60) })],
  ])('answers undefined where %s, keeps nothing, and does not ask again that day', async (_why, prepare) => {
    answer = await prepare();
    expect(await ask()).toBeUndefined();
    expect(await ask()).toBeUndefined();
    expect(requests.length).toBe(1);
    expect((await fs.readdir(cacheDir())).map((name) => path.extname(name))).toEqual(['.failed']);
  });

  it('asks again after a day', async () => {
    answer = { status: 503, body: Buffer.alloc(0) };
    await ask();
    const [marker = ''] = await fs.readdir(cacheDir());
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
    await fs.utimes(path.join(cacheDir(), marker), twoDaysAgo, twoDaysAgo);
    answer = { status: 200, body: await release(41) };
    expect(await ask()).toBeDefined();
  });

  it('fetches nothing where mediasoup is told not to', async () => {
    vi.stubEnv('MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD', '1');
    expect(await ask()).toBeUndefined();
    expect(requests).toEqual([]);
  });
});

it('a program that is missing is no worker that runs here', async () => {
  expect(await workerRunsHere('/nowhere/mediasoup-worker')).toBe(false);
});
