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
import type { FromMediaWorker } from '../ipc.ts';
import { describe, MediaWorker } from './media-worker.ts';

const HEARTBEAT_INTERVAL_MS = 1000;
/** For the last log line of a process that ends because of an error. */
const LAST_WORDS_MS = 200;
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

function main(): void {
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
    },
  });
  const engine = createCodecEngine({
    threads: Number(values.threads),
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

main();
