/**
 * One media worker: a child process that decodes and encodes (pipelines/worker), supervised.
 *
 * States: idle → starting → started → stopping → stopped. `close()` is the planned end: it asks, sends SIGTERM after a while
 * and then SIGKILL, and is no `died`. A process that ends by itself, falls silent or does not start emits `died` once and is
 * stopped; its requests reject. The owner makes a new one.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import type { HardwarePolicy } from '../../codecs/types.ts';
import type {
  Answer,
  FromMediaWorker,
  MediaWorkerRequest,
  OutputStarted,
  SessionFailed,
  SessionStats,
  ToMediaWorker,
  WorkerCodec,
} from '../../pipelines/ipc.ts';
import { MEDIA_WORKER_ENTRY, MEDIA_WORKER_EXEC_ARGV } from '../../pipelines/worker/launch.ts';
import type { EncodeRate } from '../bandwidth/encodeTarget.ts';
import type { Logger } from '../observe/logger.ts';
import type { Clock } from '../time/clock.ts';
import { parseFromMediaWorker } from './mediaWorkerMessages.ts';

/** The process ended or was stopped while it was still needed. */
export class MediaWorkerGoneError extends Error {
  readonly code = 'MEDIA_WORKER_GONE';
  override readonly name = 'MediaWorkerGoneError';
}

/** The media worker answered a request with a refusal; `code` is its own. */
export class MediaWorkerRefusalError extends Error {
  override readonly name = 'MediaWorkerRefusalError';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface MediaWorkerEvents {
  /** Ended without being asked to. */
  died: [{ readonly reason: string }];
  'output-started': [OutputStarted];
  'session-stats': [SessionStats];
  'session-failed': [SessionFailed];
}

type RequestBody = MediaWorkerRequest extends infer R
  ? R extends { requestId: number }
    ? Omit<R, 'requestId'>
    : never
  : never;

interface Pending {
  resolve(answer: Answer): void;
  reject(error: Error): void;
  cancelTimeout(): void;
}

/** Loading the codec libraries takes well under a second; a loaded machine gets time. */
const START_TIMEOUT_MS = 10_000;
/** Heartbeats come every second. */
const SILENCE_LIMIT_MS = 5000;
const REQUEST_TIMEOUT_MS = 5000;
const STOP_GRACE_MS = 1000;
const TERM_GRACE_MS = 1000;

/** All that a media worker needs of the environment: where the codec library is, and what its loader reads. */
const PASSED_ENVIRONMENT = [
  'COMMUCAT_NATIVE_LIB',
  'LD_LIBRARY_PATH',
  'PATH',
  'HOME',
  'TZ',
  // Which GPU, and by which driver.
  'CUDA_VISIBLE_DEVICES',
  'LIBVA_DRIVER_NAME',
  'LIBVA_DRIVERS_PATH',
];

export interface MediaWorkerProcessOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly codecThreads: number;
  /** Whether H.264 may be encoded and decoded in software. */
  readonly softwareH264: boolean;
  readonly hardware: HardwarePolicy;
}

export class MediaWorkerProcess extends EventEmitter<MediaWorkerEvents> {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #codecThreads: number;
  readonly #softwareH264: boolean;
  readonly #hardware: HardwarePolicy;
  readonly #pending = new Map<number, Pending>();
  #state: 'idle' | 'starting' | 'started' | 'stopping' | 'stopped' = 'idle';
  #child: ChildProcess | null = null;
  #nextRequestId = 1;
  #cancelWatchdog: () => void = () => undefined;
  #closing: Promise<void> | null = null;
  #onReady: (() => void) | null = null;
  #codecs: readonly WorkerCodec[] = [];

  constructor(options: MediaWorkerProcessOptions) {
    super();
    this.#logger = options.logger;
    this.#clock = options.clock;
    this.#codecThreads = options.codecThreads;
    this.#softwareH264 = options.softwareH264;
    this.#hardware = options.hardware;
    // Every session listens here.
    this.setMaxListeners(0);
  }

  get state(): string {
    return this.#state;
  }

  /** What it can do, from its start on. */
  get codecs(): readonly WorkerCodec[] {
    return this.#codecs;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** @throws MediaWorkerGoneError when it ends before it is ready, or is not ready in time */
  async start(): Promise<void> {
    if (this.#state !== 'idle') throw new MediaWorkerGoneError(`cannot start from state ${this.#state}`);
    this.#state = 'starting';
    const args = [
      ...['--threads', String(this.#codecThreads)],
      ...['--hardware', this.#hardware],
      ...(this.#softwareH264 ? [] : ['--without-h264']),
    ];
    const child = fork(MEDIA_WORKER_ENTRY, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [...MEDIA_WORKER_EXEC_ARGV],
      // Strangers' bitstreams are decoded there: the server's tokens and passwords stay here.
      env: Object.fromEntries(
        PASSED_ENVIRONMENT.flatMap((name) => (name in process.env ? [[name, process.env[name]]] : [])),
      ),
    });
    this.#child = child;
    child.on('message', (message) => this.#onMessage(message));
    child.once('exit', (code, signal) => this.#onGone(`exited with ${signal ?? `code ${String(code)}`}`));
    child.once('error', (error) => this.#onGone(`cannot run: ${error.message}`));
    await new Promise<void>((resolve, reject) => {
      const cancel = this.#clock.after(START_TIMEOUT_MS, () => {
        this.#fail('not ready in time');
      });
      const onDied = ({ reason }: { readonly reason: string }): void => {
        cancel();
        reject(new MediaWorkerGoneError(`media worker did not start: ${reason}`));
      };
      this.once('died', onDied);
      this.#onReady = () => {
        cancel();
        this.off('died', onDied);
        resolve();
      };
    });
  }

  /**
   * @returns the worker's answer
   * @throws MediaWorkerRefusalError where it refuses, MediaWorkerGoneError where it ends first or is silent
   */
  request(body: RequestBody): Promise<Answer> {
    if (this.#state !== 'started') {
      return Promise.reject(new MediaWorkerGoneError(`media worker is ${this.#state}`));
    }
    const requestId = this.#nextRequestId++;
    return new Promise((resolve, reject) => {
      const cancelTimeout = this.#clock.after(REQUEST_TIMEOUT_MS, () => {
        this.#pending.delete(requestId);
        reject(new MediaWorkerGoneError(`no answer to ${body.op} in ${REQUEST_TIMEOUT_MS} ms`));
      });
      this.#pending.set(requestId, { resolve, reject, cancelTimeout });
      this.#send({ ...body, requestId });
    });
  }

  setOutputRate(sessionId: string, outputId: string, { targetBps, paceBps }: EncodeRate): void {
    if (this.#state !== 'started') return;
    const pace = paceBps === null ? {} : { paceBps };
    this.#send({ op: 'set-output-rate', sessionId, outputId, targetBps, ...pace });
  }

  /** Asks the process to end, then makes it; resolves when it is gone. */
  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    const running = this.#state === 'starting' || this.#state === 'started';
    if (child === null || !running) {
      this.#state = 'stopped';
      return;
    }
    this.#state = 'stopping';
    this.#cancelWatchdog();
    this.#rejectAll('media worker is stopping');
    const gone = once(child, 'exit');
    this.#send({ op: 'stop' });
    const cancelTerm = this.#clock.after(STOP_GRACE_MS, () => child.kill('SIGTERM'));
    const cancelKill = this.#clock.after(STOP_GRACE_MS + TERM_GRACE_MS, () => child.kill('SIGKILL'));
    await gone;
    cancelTerm();
    cancelKill();
    this.#state = 'stopped';
  }

  #send(message: ToMediaWorker): void {
    // A closed channel shows as `exit` a moment later; its error here would say the same.
    if (this.#child?.connected === true) this.#child.send(message, () => undefined);
  }

  #onMessage(raw: unknown): void {
    const message = parseFromMediaWorker(raw);
    if (message === null) {
      this.#logger.warn({ mediaWorkerPid: this.pid }, 'media worker sent a message that is none');
      return;
    }
    this.#rearmWatchdog();
    this.#dispatch(message);
  }

  #dispatch(message: FromMediaWorker): void {
    switch (message.op) {
      case 'ready':
        if (this.#state !== 'starting') return;
        this.#state = 'started';
        this.#codecs = message.codecs;
        this.#logger.info(
          {
            mediaWorkerPid: message.pid,
            codecs: message.codecs.filter(({ missing }) => missing === null).map(({ name }) => name),
          },
          'media worker started',
        );
        this.#onReady?.();
        break;
      case 'answer': {
        const pending = this.#pending.get(message.requestId);
        this.#pending.delete(message.requestId);
        pending?.cancelTimeout();
        if (message.ok) pending?.resolve(message);
        else pending?.reject(new MediaWorkerRefusalError(message.error.code, message.error.message));
        break;
      }
      case 'output-started':
        this.emit('output-started', message);
        break;
      case 'session-stats':
        this.emit('session-stats', message);
        break;
      case 'session-failed':
        this.emit('session-failed', message);
        break;
      case 'log':
        this.#logger[message.level]({ ...message.fields, mediaWorkerPid: this.pid }, message.message);
        break;
      case 'heartbeat':
        break;
    }
  }

  #rearmWatchdog(): void {
    this.#cancelWatchdog();
    if (this.#state === 'stopping' || this.#state === 'stopped') return;
    this.#cancelWatchdog = this.#clock.after(SILENCE_LIMIT_MS, () => this.#fail('silent'));
  }

  /** It runs, but is of no use: end it, and report that it died. */
  #fail(reason: string): void {
    this.#child?.kill('SIGKILL');
    this.#onGone(reason);
  }

  #onGone(reason: string): void {
    this.#cancelWatchdog();
    if (this.#state === 'stopping' || this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#rejectAll(`media worker ${reason}`);
    this.#logger.error({ mediaWorkerPid: this.pid, reason }, 'media worker died');
    this.emit('died', { reason });
  }

  #rejectAll(message: string): void {
    for (const pending of this.#pending.values()) {
      pending.cancelTimeout();
      pending.reject(new MediaWorkerGoneError(message));
    }
    this.#pending.clear();
  }
}
