/// <reference types="node" />
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildWeb } from './build.mjs';

describe('buildWeb', () => {
  let cacheDir = '';
  let folder = '';
  const lines: string[] = [];
  beforeAll(async () => {
    cacheDir = await mkdtemp(path.join(os.tmpdir(), 'commucat-web-test-'));
    folder = await buildWeb({ cacheDir, log: (line) => lines.push(line) });
    // Mostly the compression of the WebAssembly: 4 s on two idle cores.
  }, 60_000);
  afterAll(() => rm(cacheDir, { recursive: true, force: true }));

  it('makes a page that loads only its own files, without inline script or style', async () => {
    const html = await readFile(path.join(folder, 'index.html'), 'utf8');
    const addresses = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address = '']) => address);
    expect(addresses.length).toBeGreaterThanOrEqual(3);
    expect(html).not.toMatch(/blur|segmentation|wasm/);
    for (const address of addresses) {
      expect(address).toMatch(/^\/assets\/[a-z]+-[A-Z0-9]{8}\.(js|css|svg)$/);
      await readFile(path.join(folder, address));
    }
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*\ssrc=)|\son[a-z]+=/);
  });

  it('compresses every text file, and the compressed ones hold the same', async () => {
    const names = await readdir(path.join(folder, 'assets'));
    for (const name of names.filter((one) => /\.(js|css|svg|wasm|tflite)$/.test(one))) {
      const file = path.join(folder, 'assets', name);
      const content = await readFile(file);
      expect(brotliDecompressSync(await readFile(`${file}.br`)).equals(content)).toBe(true);
      expect(gunzipSync(await readFile(`${file}.gz`)).equals(content)).toBe(true);
    }
    expect(names.some((name) => name.endsWith('.js.map'))).toBe(true);
  });

  it('stays small, and says how small; what is loaded only where asked for does not count', () => {
    expect(lines).toHaveLength(1);
    const [first = 0, later = 0] = [...(lines[0] ?? '').matchAll(/([\d.]+) KiB/g)].map(([, kib]) =>
      Number(kib),
    );
    expect(first).toBeGreaterThan(10);
    expect(first).toBeLessThan(250);
    expect(later).toBeGreaterThan(1000);
    expect(later).toBeLessThan(4096);
  });

  it('bundles the background blur apart: a small module that names a worker, which names what it loads', async () => {
    const assets = path.join(folder, 'assets');
    const names = await readdir(assets);
    const only = (pattern: RegExp): string => {
      const found = names.filter((name) => pattern.test(name));
      expect(found).toHaveLength(1);
      return found[0] ?? '';
    };
    const blur = await readFile(path.join(assets, only(/^blur-[A-Z0-9]{8}\.js$/)), 'utf8');
    expect(blur.length).toBeLessThan(16 * 1024);
    const workerName = only(/^segmentation-worker-[A-Z0-9]{8}\.js$/);
    expect(blur).toContain(`/assets/${workerName}`);
    const worker = await readFile(path.join(assets, workerName), 'utf8');
    for (const pattern of [
      /^vision_wasm_module_internal-[A-Z0-9]{8}\.wasm$/,
      /^selfie_segmentation-[A-Z0-9]{8}\.tflite$/,
      /^selfie_segmentation_landscape-[A-Z0-9]{8}\.tflite$/,
    ]) {
      expect(worker).toContain(`/assets/${only(pattern)}`);
    }
    // Later versions of MediaPipe report their use to its maker.
    expect(/https:\/\/[\w.]*googleapis/.test(worker)).toBe(false);
  });

  it('finds its result again, and leaves nothing else behind', async () => {
    expect(await buildWeb({ cacheDir, log: (line) => lines.push(line) })).toBe(folder);
    expect(lines).toHaveLength(1);
    expect(await readdir(cacheDir)).toEqual([path.basename(folder)]);
  });
});
