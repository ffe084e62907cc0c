/** A whole server of this checkout for a test: real workers, ports from the system, a data folder of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseConfig } from '../../src/config/load.ts';
import type { Config, ConfigInput } from '../../src/config/schema.ts';
import { Server } from '../../src/server.ts';
import { waitFor } from './wait.ts';

export interface TestServer {
  /** The one that runs now. */
  readonly server: Server;
  readonly origin: string;
  readonly dataDir: string;
  /** Ports of the mediasoup workers, UDP and TCP, where `media.firstPort` gave them; else none. */
  readonly mediaPorts: readonly number[];
  /** Makes a room, as the page does, and gives its key. */
  createRoom(): Promise<string>;
  /**
   * Ends the server in good order and starts it again, with the same data folder and the same ports. To be had where
   * `listen.port` is given: of a port that the system chose, the kernel keeps others away for a minute.
   */
  restart(): Promise<void>;
  /** Closes everything and proves that no process is left. */
  close(): Promise<void>;
}

/** @param overrides settings on top of: any port, loopback media without relay, one worker of each kind, warnings only */
export async function startServer(overrides: ConfigInput = {}): Promise<TestServer> {
  const dataDir = overrides.dataDir ?? mkdtempSync(path.join(tmpdir(), 'commucat-test-'));
  const config = (port: number): Config =>
    parseConfig({
      dataDir,
      ...overrides,
      listen: { ...overrides.listen, port },
      media: {
        listen: [{ ip: '127.0.0.1' }],
        workers: 1,
        mediaWorkers: 1,
        turn: { mode: 'off' },
        ...overrides.media,
      },
      log: { level: 'warn', ...overrides.log },
    });
  const first = config(overrides.listen?.port ?? 0);
  let server = await Server.start(first);
  const { port } = server.address;
  const origin = `http://localhost:${port}`;
  const { firstPort, workers = 1 } = first.media;
  const end = async (): Promise<void> => {
    const pids = [...server.pids.mediasoup, ...server.pids.media];
    await server.close();
    await waitFor(`processes ${pids.join(', ')} end`, () => pids.every((pid) => !isAlive(pid)));
  };
  return {
    get server(): Server {
      return server;
    },
    origin,
    dataDir,
    mediaPorts: firstPort === 0 ? [] : Array.from({ length: workers }, (_, index) => firstPort + index),
    createRoom: () => createRoom(origin, server.creationToken),
    restart: async () => {
      await end();
      server = await Server.start(config(port));
    },
    close: async () => {
      await end();
      if (overrides.dataDir === undefined) rmSync(dataDir, { recursive: true });
    },
  };
}

export async function createRoom(origin: string, token: string): Promise<string> {
  const response = await fetch(`${origin}/api/rooms`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  const body: unknown = await response.json();
  if (
    response.status === 201 &&
    typeof body === 'object' &&
    body !== null &&
    'room' in body &&
    typeof body.room === 'string'
  ) {
    return body.room;
  }
  throw new Error(`no room: ${response.status} ${JSON.stringify(body)}`);
}

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly origin: string;
  readonly token: string;
  /** Every process below it, at this moment. */
  descendants(): readonly number[];
}

/**
 * The server as a user starts it, in a process of its own. The caller kills it.
 * @param args flags beside those for ports and folders; without any, no relay is run
 */
export async function spawnServer(
  dataDir: string,
  args: readonly string[] = ['--turn', 'off'],
): Promise<ServerProcess> {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [
      main,
      '--port',
      '0',
      '--media-ip',
      '127.0.0.1',
      '--workers',
      '2',
      '--data-dir',
      dataDir,
      '--log-level',
      'warn',
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const { pid } = child;
  if (pid === undefined) throw new Error('the server process did not start');
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const exited = once(child, 'exit');
  const ready = waitFor('the server to say where it is', () => /https?:\/\/\S+/.exec(output)?.[0], {
    timeoutMs: 20_000,
  });
  const url = new URL(
    await Promise.race([ready, exited.then(() => Promise.reject(new Error('the server process ended')))]),
  );
  return {
    child,
    pid,
    origin: url.origin,
    token: url.hash.replace('#create=', ''),
    descendants: () => descendantsOf(pid),
  };
}

export function isAlive(pid: number): boolean {
  try {
    // A zombie has been killed; only its parent has not asked yet.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function descendantsOf(pid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const parent = /^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1];
      parents.set(Number(name), Number(parent));
    } catch {
      // It ended while we looked.
    }
  }
  const below = (top: number): readonly number[] =>
    [...parents].filter(([, parent]) => parent === top).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}
