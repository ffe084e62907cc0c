import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const script = fileURLToPath(new URL('./build.mjs', import.meta.url));

describe('build of the codec shim', () => {
  it('builds once into the cache it is given, and names the missing compiler', async () => {
    const cache = await mkdtemp(path.join(os.tmpdir(), 'commucat-shim-'));
    try {
      const env = { ...process.env, XDG_CACHE_HOME: cache };
      const first = (await run(process.execPath, [script], { env })).stdout.trim();
      const built = await stat(first);
      expect(path.dirname(first)).toBe(path.join(cache, 'commucat'));
      const second = await run(process.execPath, [script], { env });
      expect(second).toEqual({ stdout: `${first}\n`, stderr: '' });
      expect((await stat(first)).mtimeMs).toBe(built.mtimeMs);
      expect(await readdir(path.dirname(first))).toEqual([path.basename(first)]);

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
