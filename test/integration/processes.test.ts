/** What happens to the processes below a server when it, or one of them, is killed. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Health } from '../../src/http/routes.ts';
import { RawClient } from '../harness/rawClient.ts';
import { createRoom, isAlive, type ServerProcess, spawnServer } from '../harness/server.ts';
import { waitFor } from '../harness/wait.ts';

let dataDir: string;
let server: ServerProcess;

beforeEach(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'commucat-processes-'));
  server = await spawnServer(dataDir);
});
afterEach(() => {
  server.child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true });
});

async function readiness(): Promise<unknown> {
  const response = await fetch(`${server.origin}/readyz`);
  return response.json();
}

describe('processes of a server', () => {
  it('are all gone soon after the server is killed with -9', async () => {
    const below = server.descendants();
    // Two mediasoup workers and a media worker.
    expect(below.length).toBeGreaterThanOrEqual(3);
    server.child.kill('SIGKILL');
    await once(server.child, 'exit');
    await waitFor('no orphan is left', () => below.every((pid) => !isAlive(pid)), { timeoutMs: 3000 });
  });

  it('end in good order, with exit code 0, when it is told to stop', async () => {
    const below = server.descendants();
    server.child.kill('SIGTERM');
    const [code] = (await once(server.child, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(below.filter(isAlive)).toEqual([]);
  });

  it('are replaced when they are killed', async () => {
    const before = server.descendants();
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await waitFor('all are replaced', async () => {
      const now = server.descendants();
      const ready = await readiness();
      return (
        now.length === before.length &&
        now.every((pid) => !before.includes(pid)) &&
        JSON.stringify(ready).includes('"ready"')
      );
    });
    expect(await readiness()).toMatchObject({
      status: 'ready',
      mediasoupWorkers: 2,
      mediaWorkers: 1,
      missing: [],
    });
  });

  it('tell, through the server, what their codecs are', async () => {
    const { codecs } = (await (await fetch(`${server.origin}/healthz`)).json()) as Health;
    const named = codecs.filter(({ codec, direction }) => codec === 'VP8' && direction === 'encode');
    const software = named.filter(({ hardware }) => !hardware);
    expect(software).toMatchObject([{ library: 'libvpx', missing: null }]);
    for (const { name, version, missing } of codecs) {
      expect([name, missing === null ? version : missing]).not.toContain('');
    }
  });

  it('keep the links of rooms valid over a restart', async () => {
    const key = await createRoom(server.origin, server.token);
    server.child.kill('SIGTERM');
    await once(server.child, 'exit');
    server = await spawnServer(dataDir);
    const again = await createRoom(server.origin, server.token);
    expect(again).not.toBe(key);
    const client = await RawClient.connect(server.origin);
    await client.request('HELLO', { supported_versions: [1] });
    const ack = await client.request('JOIN', {
      room: key,
      name: 'Ada',
      receive: { codecs: [] },
      send_video: [],
    });
    client.close();
    expect(ack).not.toHaveProperty('error');
  });
});
