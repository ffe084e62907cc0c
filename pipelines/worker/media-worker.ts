/** All sessions of one media worker: carries out what the server orders and reports what happens. Owns the sessions. */
import type { CodecEngine } from '../../codecs/types.ts';
import type {
  AddOutput,
  FromMediaWorker,
  LogLine,
  MediaWorkerRequest,
  OpenSession,
  SetOutputRate,
  ToMediaWorker,
} from '../ipc.ts';
import { TranscodeSession } from '../transcode/session.ts';
import { IpcMessageError, parseToMediaWorker } from './messages.ts';
import { UdpPort } from './udp-port.ts';

/** A worker is a core or two of codec work: more than this is a mistake of the caller. */
const MAX_SESSIONS = 64;
const STATISTICS_INTERVAL_MS = 1000;

export type MediaWorkerErrorCode = 'SESSION_EXISTS' | 'SESSION_UNKNOWN' | 'SESSION_LIMIT' | 'WORKER_CLOSED';

export class MediaWorkerError extends Error {
  readonly code: MediaWorkerErrorCode;

  constructor(code: MediaWorkerErrorCode, message: string) {
    super(message);
    this.name = 'MediaWorkerError';
    this.code = code;
  }
}

export interface MediaWorkerOptions {
  readonly engine: CodecEngine;
  /** A clock that never goes back. */
  readonly nowMs: () => number;
  /** @returns an integer from 0 to 2^32 - 1. */
  readonly random32: () => number;
  readonly send: (message: FromMediaWorker) => void;
}

interface OpenedSession {
  readonly sessionId: string;
  readonly callId: string;
  readonly session: TranscodeSession;
  readonly port: UdpPort;
}

export class MediaWorker {
  readonly #options: MediaWorkerOptions;
  readonly #sessions = new Map<string, OpenedSession>();
  /** Ids whose socket is being bound: taken, but not yet usable. */
  /** Sessions that wait for their socket, by id; each settles when it has one, or has none to be had. */
  readonly #opening = new Map<string, Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #closing: Promise<void> | null = null;

  constructor(options: MediaWorkerOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#sendStatistics(), STATISTICS_INTERVAL_MS);
  }

  /**
   * Carries out one message from the server; a refusal is answered, never thrown.
   * @returns `stop` where the server wants the worker to end.
   */
  async handle(message: unknown): Promise<'stop' | 'go-on'> {
    let parsed: ToMediaWorker;
    try {
      parsed = parseToMediaWorker(message);
    } catch (error) {
      if (!(error instanceof IpcMessageError)) throw error;
      if (error.requestId !== null) this.#refuse(error.requestId, error);
      else this.#log('error', 'message refused', { code: error.code, reason: error.message });
      return 'go-on';
    }
    if (parsed.op === 'stop') return 'stop';
    if (parsed.op === 'set-output-rate') this.#setOutputRate(parsed);
    else await this.#answer(parsed);
    return 'go-on';
  }

  /** Closes every session. */
  close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing ??= Promise.all(
      [...this.#sessions.values()].map((opened) => this.#closeSession(opened)),
    ).then(() => undefined);
    return this.#closing;
  }

  async #answer(request: MediaWorkerRequest): Promise<void> {
    const { requestId } = request;
    try {
      const result = await this.#carryOut(request);
      this.#options.send({ op: 'answer', requestId, ok: true, ...result });
    } catch (error) {
      this.#refuse(requestId, error);
    }
  }

  async #carryOut(request: MediaWorkerRequest): Promise<{ readonly localPort?: number }> {
    switch (request.op) {
      case 'open-session':
        return { localPort: await this.#openSession(request) };
      case 'close-session':
        // It may overtake its open-session, which still waits for a socket.
        if (this.#opening.has(request.sessionId)) await this.#opening.get(request.sessionId);
        await this.#closeSession(this.#find(request.sessionId));
        return {};
      case 'add-output':
        this.#addOutput(request);
        return {};
      case 'remove-output':
        await this.#find(request.sessionId).session.removeOutput(request.outputId);
        return {};
    }
  }

  async #openSession(request: OpenSession): Promise<number> {
    const { sessionId, callId } = request;
    if (this.#closing !== null) throw new MediaWorkerError('WORKER_CLOSED', 'the worker is ending');
    if (this.#sessions.has(sessionId) || this.#opening.has(sessionId)) {
      throw new MediaWorkerError('SESSION_EXISTS', `session ${sessionId} exists`);
    }
    if (this.#sessions.size + this.#opening.size >= MAX_SESSIONS) {
      throw new MediaWorkerError('SESSION_LIMIT', `a worker has at most ${MAX_SESSIONS} sessions`);
    }
    const opening = this.#enterSession(request).finally(() => this.#opening.delete(sessionId));
    this.#opening.set(
      sessionId,
      opening.then(
        () => undefined,
        () => undefined,
      ),
    );
    const { localPort } = await opening;
    this.#log('info', 'session opened', { callId, sessionId, codec: request.input.codec, port: localPort });
    return localPort;
  }

  async #enterSession(request: OpenSession): Promise<UdpPort> {
    const { sessionId, callId } = request;
    const port = await UdpPort.open(request.remote);
    const session = new TranscodeSession({
      input: request.input,
      cname: request.cname,
      localSsrc: Math.max(1, this.#options.random32()),
      engine: this.#options.engine,
      nowMs: this.#options.nowMs,
    });
    const opened = { sessionId, callId, session, port };
    this.#sessions.set(sessionId, opened);
    port.on('datagram', (datagram) => session.receive(datagram));
    port.on('foreign', () => session.countForeign());
    port.on('failed', (error) => this.#sessionFailed(opened, 'SOCKET_FAILED', error));
    session.on('datagrams', (datagrams) => port.send(datagrams));
    session.on('failed', (error) => this.#sessionFailed(opened, error.code, error));
    session.on('fellBack', (outputId, { from, to, reason }) => {
      const fields = { callId, sessionId, ...(outputId === null ? {} : { outputId }), from, to, reason };
      this.#log('warn', 'hardware failed, software goes on', fields);
    });
    session.on('outputStarted', (outputId, width, height) => {
      this.#options.send({ op: 'output-started', sessionId, outputId, width, height });
    });
    return port;
  }

  #addOutput(request: AddOutput): void {
    const { session, callId } = this.#find(request.sessionId);
    const { outputId, stream, targetBps, maxWidth, maxHeight } = request;
    session.addOutput({
      outputId,
      stream,
      targetBps,
      ...(maxWidth === undefined ? {} : { maxWidth }),
      ...(maxHeight === undefined ? {} : { maxHeight }),
      start: {
        sequenceNumber: this.#options.random32() & 0xffff,
        pictureId: this.#options.random32() & 0x7fff,
      },
    });
    this.#log('info', 'output added', {
      callId,
      sessionId: request.sessionId,
      outputId,
      codec: stream.codec,
    });
  }

  #setOutputRate(request: SetOutputRate): void {
    const { sessionId, outputId, targetBps, paceBps } = request;
    try {
      this.#find(sessionId).session.setOutputRate(outputId, targetBps, paceBps ?? null);
    } catch (error) {
      // An output that has just been removed; nobody waits for an answer.
      this.#log('debug', 'rate not set', { sessionId, outputId, ...describe(error) });
    }
  }

  #find(sessionId: string): OpenedSession {
    const opened = this.#sessions.get(sessionId);
    if (opened === undefined) {
      throw new MediaWorkerError('SESSION_UNKNOWN', `there is no session ${sessionId}`);
    }
    return opened;
  }

  async #closeSession(opened: OpenedSession): Promise<void> {
    this.#sessions.delete(opened.sessionId);
    try {
      await opened.session.close();
    } finally {
      await opened.port.close();
      opened.port.removeAllListeners();
      opened.session.removeAllListeners();
    }
    this.#log('info', 'session closed', {
      callId: opened.callId,
      sessionId: opened.sessionId,
      datagramsRefusedByKernel: opened.port.sendFailures,
    });
  }

  #sessionFailed(opened: OpenedSession, code: string, error: Error): void {
    // Only the first failure counts; the session is gone by the second.
    if (this.#sessions.get(opened.sessionId) !== opened) return;
    const { sessionId, callId } = opened;
    this.#options.send({ op: 'session-failed', sessionId, error: { code, message: error.message } });
    this.#closeSession(opened).catch((closeError: unknown) => {
      this.#log('error', 'a failed session could not be closed', {
        callId,
        sessionId,
        ...describe(closeError),
      });
    });
  }

  #sendStatistics(): void {
    for (const { sessionId, session } of this.#sessions.values()) {
      this.#options.send({ op: 'session-stats', sessionId, ...session.statistics() });
    }
  }

  #refuse(requestId: number, error: unknown): void {
    const { code, reason } = describe(error);
    this.#options.send({ op: 'answer', requestId, ok: false, error: { code, message: reason } });
  }

  #log(level: LogLine['level'], message: string, fields: LogLine['fields']): void {
    this.#options.send({ op: 'log', level, message, fields });
  }
}

/** @returns a stable code where the error has one. */
export function describe(error: unknown): { readonly code: string; readonly reason: string } {
  if (!(error instanceof Error)) return { code: 'INTERNAL', reason: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL';
  return { code, reason: error.message };
}
