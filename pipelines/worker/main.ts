/**
 * The media worker's process: started by the server with an IPC channel, ends with it.
 *
 * What will surprise you: an error that nobody caught ends the process with code 1, after a last log line. State after such
 * an error cannot be trusted, the server starts another worker, and its watchers lose one key frame.
 */
import { randomInt } from 'node:crypto';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { createCodecEngine } from '../../codecs/engine.ts';
import { dieWithParent } from '../../codecs/parent-death.ts';
import type { CodecEngine, HardwarePolicy } from '../../codecs/types.ts';
import type { FromMediaWorker } from '../ipc.ts';
import { describe, MediaWorker } from './media-worker.ts';

const HEARTBEAT_INTERVAL_MS = 1000;
/** For the last log line of a process that ends because of an error. */
const LAST_WORDS_MS = 200;
/** Trying a device takes a second or two; a driver that hangs costs the worker its hardware, and a thread. */
const MAX_PROBE_MS = 5000;
/** A close that takes longer hangs in a codec. */
const MAX_CLOSE_MS = 2000;

function send(message: FromMediaWorker): void {
  // The callback keeps a send on a channel that has just closed from becoming an uncaught error.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}

function heartbeat(): void {
  const { user, system } = process.cpuUsage();
  send({ op: 'heartbeat', cpuUsedMs: (user + system) / 1000, rssBytes: process.memoryUsage.rss() });
}

function endAfterError(error: unknown): void {
  const { code, reason } = describe(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  setTimeout(() => process.exit(1), LAST_WORDS_MS);
  send({
    op: 'log',
    level: 'error',
    message: 'media worker ends after an uncaught error',
    fields: { code, reason, stack },
  });
}

/** @throws TypeError where the server and this worker are of two versions */
function hardwarePolicy(value: string): HardwarePolicy {
  if (value === 'prefer' || value === 'allow' || value === 'refuse') return value;
  throw new TypeError(`--hardware is ${value}, must be prefer, allow or refuse`);
}

async function tryHardware(engine: CodecEngine): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), MAX_PROBE_MS);
  });
  try {
    if ((await Promise.race([engine.probeHardware(), late])) !== 'late') return;
    send({
      op: 'log',
      level: 'warn',
      message: 'a device does not answer: hardware codecs stay unused',
      fields: {},
    });
  } finally {
    clearTimeout(timer);
  }
}

async function main(): Promise<void> {
  if (!process.connected) {
    process.stderr.write('The media worker is started by the server, with an IPC channel.\n');
    process.exit(2);
  }
  process.on('uncaughtException', endAfterError);
  process.on('unhandledRejection', endAfterError);
  process.on('disconnect', () => process.exit(0));
  // The server decides when its workers end: a Ctrl-C in a terminal reaches the whole group of processes.
  process.on('SIGINT', () => undefined);
  dieWithParent(process.ppid);

  const { values } = parseArgs({
    options: {
      threads: { type: 'string', default: String(os.availableParallelism()) },
      'without-h264': { type: 'boolean', default: false },
      hardware: { type: 'string', default: 'prefer' },
    },
  });
  const engine = createCodecEngine({
    threads: Number(values.threads),
    hardware: hardwarePolicy(values.hardware),
    ...(values['without-h264'] ? { disabled: { H264: 'switched off by the configuration' } } : {}),
  });
  const worker = new MediaWorker({
    engine,
    nowMs: () => performance.now(),
    random32: () => randomInt(0x1_0000_0000),
    send,
  });
  const timer = setInterval(heartbeat, HEARTBEAT_INTERVAL_MS);

  const stop = async (): Promise<void> => {
    setTimeout(() => process.exit(1), MAX_CLOSE_MS).unref();
    clearInterval(timer);
    await worker.close();
    await engine.close();
    process.exit(0);
  };
  process.on('message', (message) => {
    worker.handle(message).then(async (outcome) => {
      if (outcome === 'stop') await stop();
    }, endAfterError);
  });
  process.on('SIGTERM', () => void stop().catch(endAfterError));
  await tryHardware(engine);
  send({
    op: 'ready',
    pid: process.pid,
    codecs: engine
      .implementations()
      .map(({ name, codec, direction, library, version, hardware, missing }) => ({
        name,
        codec,
        direction,
        library,
        version,
        hardware,
        missing,
      })),
  });
}

main().catch(endAfterError);
