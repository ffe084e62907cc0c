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
  });
  afterAll(() => rm(cacheDir, { recursive: true, force: true }));

  it('makes a page that loads only its own files, without inline script or style', async () => {
    const html = await readFile(path.join(folder, 'index.html'), 'utf8');
    const addresses = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address = '']) => address);
    expect(addresses.length).toBeGreaterThanOrEqual(3);
    for (const address of addresses) {
      expect(address).toMatch(/^\/assets\/[a-z]+-[A-Z0-9]{8}\.(js|css|svg)$/);
      await readFile(path.join(folder, address));
    }
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*\ssrc=)|\son[a-z]+=/);
  });

  it('compresses every text file, and the compressed ones hold the same', async () => {
    const names = await readdir(path.join(folder, 'assets'));
    for (const name of names.filter((one) => /\.(js|css|svg)$/.test(one))) {
      const file = path.join(folder, 'assets', name);
      const content = await readFile(file);
      expect(brotliDecompressSync(await readFile(`${file}.br`)).equals(content)).toBe(true);
      expect(gunzipSync(await readFile(`${file}.gz`)).equals(content)).toBe(true);
    }
    expect(names.some((name) => name.endsWith('.js.map'))).toBe(true);
  });

  it('stays small, and says how small', () => {
    expect(lines).toHaveLength(1);
    const kib = Number(/([\d.]+) KiB/.exec(lines[0] ?? '')?.[1]);
    expect(kib).toBeGreaterThan(10);
    expect(kib).toBeLessThan(250);
  });

  it('finds its result again, and leaves nothing else behind', async () => {
    expect(await buildWeb({ cacheDir, log: (line) => lines.push(line) })).toBe(folder);
    expect(lines).toHaveLength(1);
    expect(await readdir(cacheDir)).toEqual([path.basename(folder)]);
  });
});
