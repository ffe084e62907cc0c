/**
 * What a WebSocket connection does whichever library carries it: limits, order of events, silence, and one close.
 * No socket, timer or clock in here: the listener calls in, and time is an argument.
 */
import { EventEmitter } from 'node:events';
import { ProtocolError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { ListenerLimits } from './limits.ts';
import type { CloseInfo, Connection, ConnectionEvents, ListenerOptions, SendResult } from './types.ts';

/** The library's side of a connection. None of it is called after {@link ManagedConnection.nativeClosed}. */
export interface NativeSocket {
  /** Sends one binary message. */
  send(bytes: Uint8Array): void;
  /** Bytes that wait in this process. */
  bufferedBytes(): number;
  ping(): void;
  /** Sends a close frame and ends; `nativeClosed` follows, perhaps during the call. */
  end(code: number, reason: string): void;
  /** Ends the TCP connection; `nativeClosed` follows, perhaps during the call. */
  terminate(): void;
}

/** RFC 6455 section 5.5: a control frame holds 125 bytes, two of them the code. */
const MAX_REASON_BYTES = 123;

/** Cuts a reason to what a close frame holds, between characters. */
export function fitReason(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  // A character cut in half decodes to U+FFFD at the end, which goes.
  return new TextDecoder().decode(bytes.subarray(0, MAX_REASON_BYTES)).replace(/\ufffd+$/, '');
}

function checkCloseCode(code: number): void {
  const isSendable =
    (code >= 1000 && code <= 1013 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code < 5000);
  if (!Number.isInteger(code) || !isSendable) {
    throw new RangeError(`${code} is not a close code that may be sent`);
  }
}

export interface ManagedConnectionOptions {
  readonly native: NativeSocket;
  readonly remoteAddress: string;
  readonly protocol: string;
  readonly limits: ListenerLimits;
  readonly onError: ListenerOptions['onError'];
  /** Called once, when the connection has ended, before the close event. */
  readonly onClosed: () => void;
  readonly nowMs: number;
}

/** The one implementation of {@link Connection}. */
export class ManagedConnection extends EventEmitter<ConnectionEvents> implements Connection {
  readonly remoteAddress: string;
  readonly protocol: string;
  readonly #options: ManagedConnectionOptions;
  #state: 'open' | 'closing' | 'closed' = 'open';
  /** Set where this side ended it. */
  #closeInfo: CloseInfo | null = null;
  #awaitsDrain = false;
  #heardAtMs: number;

  constructor(options: ManagedConnectionOptions) {
    super();
    this.remoteAddress = options.remoteAddress;
    this.protocol = options.protocol;
    this.#options = options;
    this.#heardAtMs = options.nowMs;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get bufferedBytes(): number {
    return this.#state === 'closed' ? 0 : this.#options.native.bufferedBytes();
  }

  send(bytes: Uint8Array): SendResult {
    if (this.#state !== 'open') return { status: 'closed', bufferedBytes: 0 };
    const { native, limits } = this.#options;
    native.send(bytes);
    // The library may have noticed a broken connection during the call.
    const bufferedBytes = this.bufferedBytes;
    if (bufferedBytes > limits.maxBufferedBytes) {
      this.#cut('SlowConsumer', `${bufferedBytes} bytes wait, at most ${limits.maxBufferedBytes}`);
    }
    if (!this.isOpen) return { status: 'closed', bufferedBytes: 0 };
    if (bufferedBytes === 0) return { status: 'sent', bufferedBytes };
    this.#awaitsDrain = true;
    return { status: 'buffered', bufferedBytes };
  }

  close(code = 1000, reason = ''): void {
    checkCloseCode(code);
    this.#end({ code, reason: fitReason(reason), by: 'server', error: null });
  }

  /** Ends the connection for an error, telling its code as the reason. */
  fail(error: ProtocolError): void {
    this.#end({ code: error.closeCode ?? 1011, reason: error.code, by: 'server', error });
  }

  /** A message has arrived; `bytes` must be a copy of its own. */
  receive(bytes: Uint8Array, isBinary: boolean, nowMs: number): void {
    this.#heardAtMs = nowMs;
    if (this.#state !== 'open') return;
    const { maxMessageBytes } = this.#options.limits;
    if (!isBinary) this.fail(new ProtocolError('BinaryOnly'));
    else if (bytes.length > maxMessageBytes) {
      this.fail(
        new ProtocolError(
          'MessageTooLarge',
          `a message of ${bytes.length} bytes, at most ${maxMessageBytes}`,
        ),
      );
    } else {
      this.guard('message', () => this.emit('message', bytes));
    }
  }

  /** Any sign of life, for example a pong. */
  heard(nowMs: number): void {
    this.#heardAtMs = nowMs;
  }

  /** The library has written some of what waited. */
  drained(): void {
    if (this.#state !== 'open' || !this.#awaitsDrain || this.bufferedBytes > 0) return;
    this.#awaitsDrain = false;
    this.guard('drain', () => this.emit('drain'));
  }

  /** To be called now and then: pings after half the idle timeout, cuts after all of it. */
  checkSilence(nowMs: number): void {
    if (this.#state === 'closed') return;
    const { native, limits } = this.#options;
    const silentMs = nowMs - this.#heardAtMs;
    if (silentMs >= limits.idleTimeoutMs) this.#cut('ConnectionIdle', `silent for ${silentMs} ms`);
    else if (silentMs >= limits.idleTimeoutMs / 2 && this.#state === 'open') native.ping();
  }

  /** Ends the TCP connection, whatever still waits. */
  terminate(): void {
    if (this.#state !== 'closed') this.#options.native.terminate();
  }

  /**
   * The library has let go of the connection.
   * @param error why, where the library itself ended it for a limit
   */
  nativeClosed(code: number, reason: string, error: ProtocolError | null = null): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#options.onClosed();
    const info: CloseInfo = this.#closeInfo ?? {
      code,
      reason,
      by: error === null ? 'peer' : 'server',
      error,
    };
    // Some libraries say so while close() or send() is still running: never call back into the caller from there.
    queueMicrotask(() => {
      this.guard('close', () => this.emit('close', info));
      this.removeAllListeners();
    });
  }

  /** Runs event listeners or the open callback: what they throw is reported, and ends this connection only. */
  guard(context: string, run: () => unknown): void {
    try {
      run();
    } catch (thrown) {
      const isTold = thrown instanceof ProtocolError;
      if (!isTold) this.#options.onError(thrown, `connection ${context} of ${this.remoteAddress}`);
      this.fail(isTold ? thrown : new ProtocolError('Internal', undefined, { cause: thrown }));
    }
  }

  #end(info: CloseInfo): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#closeInfo = info;
    this.#options.native.end(info.code, info.reason);
  }

  /** Ends a connection whose peer does not read or answer: a close frame would only wait behind the rest. */
  #cut(code: ErrorCode, detail: string): void {
    const error = new ProtocolError(code, detail);
    this.#closeInfo ??= { code: error.closeCode ?? 1011, reason: code, by: 'server', error };
    if (this.#state === 'open') this.#state = 'closing';
    this.terminate();
  }
}
