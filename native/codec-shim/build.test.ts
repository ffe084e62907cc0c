import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';

const run = promisify(execFile);
// Nine plugins are compiled; beside other tests that takes its time.
vi.setConfig({ testTimeout: 300_000 });

const script = fileURLToPath(new URL('./build.mjs', import.meta.url));

describe('build of the codec shim', () => {
  it('builds once into the cache it is given, and names the missing compiler', async () => {
    const cache = await mkdtemp(path.join(os.tmpdir(), 'commucat-shim-'));
    try {
      const env = { ...process.env, XDG_CACHE_HOME: cache };
      const first = (await run(process.execPath, [script], { env })).stdout.trim();
      const built = await stat(first);
      const folder = path.dirname(first);
      expect(path.dirname(folder)).toBe(path.join(cache, 'commucat'));
      const second = await run(process.execPath, [script], { env });
      expect(second).toEqual({ stdout: `${first}\n`, stderr: '' });
      expect((await stat(first)).mtimeMs).toBe(built.mtimeMs);
      expect(await readdir(path.dirname(folder))).toEqual([path.basename(folder)]);
      // Whatever is missing has a reason, and the rest lies beside the core.
      const plugins = JSON.parse(await readFile(path.join(folder, 'plugins.json'), 'utf8')) as {
        readonly id: string;
        readonly missing: string | null;
      }[];
      const there = plugins.filter(({ missing }) => missing === null).map(({ id }) => `${id}.so`);
      expect(there).toContain('libvpx.so');
      expect((await readdir(folder)).toSorted()).toEqual(['core.so', ...there, 'plugins.json'].toSorted());

      const missing = run(process.execPath, [script], { env: { ...env, CC: 'no-such-compiler' } });
      await expect(missing).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining('libvpx-dev') as string,
      });
    } finally {
      await rm(cache, { recursive: true });
    }
    expect(existsSync(cache)).toBe(false);
  });
});
