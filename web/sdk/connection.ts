/**
 * One connection to the server: CCP-1 frames over a byte pipe, requests matched with their ACKs, everything that comes in
 * validated by its schema.
 *
 * What will surprise you:
 * - An ACK is dispatched before the frames behind it in the same message: `onAck` runs at once, while the promise of `request`
 *   resolves only after the whole message was handled. Whoever must be ready for the very next frame uses `onAck`.
 * - A request that is not answered in time closes the connection: what the server did with it is unknown, and reconnecting
 *   is what makes both sides agree again.
 * - MSG is the one type whose payload is bytes in CCP-1; what they hold is JSON in UTF-8 all the same.
 * - Browsers answer WebSocket pings without telling anybody, so `probe` asks by itself whether the server is still there.
 * - Ownership: the connection owns the pipe and the timers of its requests. `close()` ends both, is idempotent, rejects every
 *   open request with `ConnectionLost`, and emits `closed` exactly once.
 */
import * as v from 'valibot';
import {
  CONNECTION_CHANNEL,
  type ChannelId,
  type Frame,
  FrameDecoder,
  FrameWriter,
} from '../../signaling/frames/index.ts';
import { NOTIFICATION_SCHEMAS, type Notification } from '../../signaling/messages/notifications.ts';
import {
  ErrorAck,
  Hello,
  HelloAck,
  PlainAck,
  type RequestInput,
  type RequestType,
} from '../../signaling/messages/requests.ts';
import type { CancelTimer, Clock } from './clock.ts';
import { Emitter } from './emitter.ts';
import {
  type ClientError,
  ConnectionLost,
  InvalidServerMessage,
  RequestRefused,
  RequestTimedOut,
  ServerFailure,
  ServerSilent,
} from './errors.ts';
import type { BytePipe, OpenPipe } from './socket.ts';

export interface ConnectionEvents {
  CALL_OFFER: [Notification<'CALL_OFFER'>];
  CALL_END: [Notification<'CALL_END'>];
  PRESENCE: [Notification<'PRESENCE'>];
  TRANSPORT_UPDATE: [Notification<'TRANSPORT_UPDATE'>];
  CALL_STATS: [Notification<'CALL_STATS'>];
  MSG: [Notification<'MSG'>];
  /** The connection is over; null where this side closed it on purpose. */
  closed: [ClientError | null];
}

export interface ConnectionOptions {
  readonly open: OpenPipe;
  readonly clock: Clock;
  /** How long the server may take to answer, ms. @default 10000: far above any round trip, below a person's patience. */
  readonly requestTimeoutMs?: number;
  /** How long opening the pipe may take, ms. @default `requestTimeoutMs` */
  readonly openTimeoutMs?: number;
  /** What HELLO says about this client, for the server's log. */
  readonly client?: { readonly name: string; readonly version: string };
}

interface OpenRequest {
  readonly type: RequestType;
  readonly settle: (payload: unknown) => void;
  readonly fail: (error: ClientError) => void;
  readonly cancelTimer: CancelTimer;
}

const PROTOCOL_VERSION = 1;
const AckNumber = v.object({ ack: v.number() });

export class Connection extends Emitter<ConnectionEvents> {
  readonly #options: ConnectionOptions;
  readonly #requests = new Map<number, OpenRequest>();
  readonly #decoder = new FrameDecoder();
  readonly #writer = new FrameWriter();
  #pipe: BytePipe | null = null;
  #closed = false;
  #lastReceivedMs = 0;
  #words = 0;
  #probing = false;
  /** The channel on which the call's frames travel; 0 before JOIN. */
  channel: ChannelId = CONNECTION_CHANNEL;

  constructor(options: ConnectionOptions) {
    super();
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** When the last bytes came, on the clock's time. */
  get lastReceivedMs(): number {
    return this.#lastReceivedMs;
  }
  /** Whether the server has not yet answered a probe. */
  get probing(): boolean {
    return this.#probing;
  }
  /** How often bytes came. */
  get words(): number {
    return this.#words;
  }

  /**
   * Opens the pipe and says HELLO. Once for each connection.
   *
   * @returns The server's answer.
   * @throws ConnectionLost, RequestTimedOut, RequestRefused, InvalidServerMessage, ServerFailure
   */
  async connect(): Promise<v.InferOutput<typeof HelloAck>> {
    await new Promise<void>((resolve, reject) => {
      const stop = this.on('closed', (error) => {
        stop();
        cancelTimer();
        reject(error ?? new ConnectionLost('closed before it opened'));
      });
      const cancelTimer = this.#options.clock.after(this.#options.openTimeoutMs ?? this.#timeoutMs, () =>
        this.#end(new ConnectionLost('the server could not be reached in time')),
      );
      this.#pipe = this.#options.open({
        opened: () => {
          stop();
          cancelTimer();
          resolve();
        },
        received: (bytes) => this.#received(bytes),
        closed: (detail) => this.#end(new ConnectionLost(`connection lost: ${detail}`)),
      });
    });
    const hello: v.InferInput<typeof Hello> = { supported_versions: [PROTOCOL_VERSION] };
    return await this.request(
      'HELLO',
      this.#options.client === undefined ? hello : { ...hello, client: { ...this.#options.client } },
      HelloAck,
    );
  }

  /**
   * Sends a request and waits for its ACK.
   *
   * @param schema The shape of the ACK.
   * @param onAck Called with the ACK before the next frame is handled.
   * @throws RequestRefused where the server answers with a problem, RequestTimedOut, ConnectionLost, InvalidServerMessage
   */
  request<Type extends RequestType, Schema extends v.GenericSchema>(
    type: Type,
    payload: RequestInput<Type>,
    schema: Schema,
    onAck?: (ack: v.InferOutput<Schema>) => void,
  ): Promise<v.InferOutput<Schema>> {
    return new Promise((resolve, reject) => {
      const pipe = this.#pipe;
      if (this.#closed || pipe === null) {
        reject(new ConnectionLost(`${type}: there is no connection`));
        return;
      }
      const sequence = this.#writer.nextSequence;
      if (sequence === null) {
        const error = new ConnectionLost('this connection has used up its sequence numbers');
        reject(error);
        this.#end(error);
        return;
      }
      let bytes: Uint8Array;
      try {
        bytes =
          type === 'MSG'
            ? this.#writer.opaque('MSG', this.channel, new TextEncoder().encode(JSON.stringify(payload)))
            : this.#writer.control(type, this.channel, payload);
      } catch (error) {
        // Nothing was sent: what was asked for cannot be put into a frame.
        reject(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      const cancelTimer = this.#options.clock.after(this.#timeoutMs, () => {
        const error = new RequestTimedOut(`${type}: no answer within ${this.#timeoutMs} ms`);
        this.#requests.delete(sequence);
        reject(error);
        this.#end(error);
      });
      this.#requests.set(sequence, {
        type,
        fail: reject,
        cancelTimer,
        settle: (answer) => {
          const problem = v.safeParse(ErrorAck, answer);
          if (problem.success) {
            reject(new RequestRefused(type, problem.output.error));
            return;
          }
          const ack = v.safeParse(schema, answer);
          if (!ack.success) {
            const error = new InvalidServerMessage(`ACK of ${type}: ${v.summarize(ack.issues)}`);
            reject(error);
            this.#end(error);
            return;
          }
          try {
            onAck?.(ack.output);
          } catch (cause) {
            const error = new InvalidServerMessage(`ACK of ${type} cannot be used`, { cause });
            reject(error);
            this.#end(error);
            return;
          }
          resolve(ack.output);
        },
      });
      pipe.send(bytes);
    });
  }

  /**
   * Asks whether the server is still there. Where nothing at all arrives for `patienceMs`, the connection ends with
   * `ServerSilent`. While it is asking already, nothing happens.
   */
  probe(patienceMs: number): void {
    if (this.#closed || this.#probing || this.#pipe === null) return;
    this.#probing = true;
    const { clock } = this.#options;
    let sinceMs = clock.nowMs();
    let cancel: CancelTimer = () => undefined;
    const wait = (): void => {
      cancel = clock.after(patienceMs, () => {
        if (this.#lastReceivedMs > sinceMs) {
          // The answer is late, but something else came: the way is slow, not broken.
          sinceMs = clock.nowMs();
          wait();
        } else this.#end(new ServerSilent(`no word for ${patienceMs} ms`));
      });
    };
    wait();
    const done = (): void => {
      cancel();
      this.#probing = false;
    };
    // A refusal is an answer as well.
    this.request('PRESENCE', { op: 'ping' }, PlainAck).then(done, done);
  }

  /** Ends the connection because what it serves is broken; `closed` carries the error. Idempotent. */
  fail(error: ClientError): void {
    this.#end(error);
  }

  /** Ends the connection on purpose. Idempotent. */
  close(): void {
    this.#end(null);
  }

  get #timeoutMs(): number {
    return this.#options.requestTimeoutMs ?? 10_000;
  }

  #received(bytes: Uint8Array): void {
    this.#lastReceivedMs = this.#options.clock.nowMs();
    this.#words += 1;
    const { frames, error } = this.#decoder.push(bytes);
    for (const frame of frames) {
      if (this.#closed) return;
      this.#handle(frame);
    }
    if (error !== null) this.#end(new InvalidServerMessage('undecodable bytes', { cause: error }));
  }

  #handle(frame: Frame): void {
    const payload: unknown = frame.kind === 'control' ? frame.control : undefined;
    switch (frame.type) {
      case 'ACK': {
        const parsed = v.safeParse(AckNumber, payload);
        if (!parsed.success) {
          this.#invalid(frame.type, parsed.issues);
          return;
        }
        const open = this.#requests.get(parsed.output.ack);
        if (open === undefined) {
          this.#end(new InvalidServerMessage(`ACK of ${parsed.output.ack}, which was not asked`));
          return;
        }
        this.#requests.delete(parsed.output.ack);
        open.cancelTimer();
        open.settle(payload);
        return;
      }
      case 'ERROR': {
        const parsed = v.safeParse(NOTIFICATION_SCHEMAS.ERROR, payload);
        if (!parsed.success) {
          this.#invalid(frame.type, parsed.issues);
          return;
        }
        this.#end(new ServerFailure(parsed.output));
        return;
      }
      case 'CALL_OFFER':
        this.#checked(frame.type, payload, NOTIFICATION_SCHEMAS.CALL_OFFER, (event) =>
          this.emit('CALL_OFFER', event),
        );
        return;
      case 'CALL_END':
        this.#checked(frame.type, payload, NOTIFICATION_SCHEMAS.CALL_END, (event) =>
          this.emit('CALL_END', event),
        );
        return;
      case 'PRESENCE':
        this.#checked(frame.type, payload, NOTIFICATION_SCHEMAS.PRESENCE, (event) =>
          this.emit('PRESENCE', event),
        );
        return;
      case 'TRANSPORT_UPDATE':
        this.#checked(frame.type, payload, NOTIFICATION_SCHEMAS.TRANSPORT_UPDATE, (event) =>
          this.emit('TRANSPORT_UPDATE', event),
        );
        return;
      case 'CALL_STATS':
        this.#checked(frame.type, payload, NOTIFICATION_SCHEMAS.CALL_STATS, (event) =>
          this.emit('CALL_STATS', event),
        );
        return;
      case 'MSG': {
        const text = jsonOf(frame.payload);
        this.#checked(frame.type, text, NOTIFICATION_SCHEMAS.MSG, (event) => this.emit('MSG', event));
        return;
      }
      default:
        this.#end(new InvalidServerMessage(`unexpected frame ${frame.type}`));
    }
  }

  #checked<Output>(
    type: string,
    payload: unknown,
    schema: v.GenericSchema<unknown, Output>,
    deliver: (event: Output) => void,
  ): void {
    const parsed = v.safeParse(schema, payload);
    if (parsed.success) deliver(parsed.output);
    else this.#invalid(type, parsed.issues);
  }

  #invalid(type: string, issues: [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): void {
    this.#end(new InvalidServerMessage(`${type}: ${v.summarize(issues)}`));
  }

  #end(error: ClientError | null): void {
    if (this.#closed) return;
    this.#closed = true;
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const request of requests) {
      request.cancelTimer();
      request.fail(error ?? new ConnectionLost(`${request.type}: the connection was closed`));
    }
    this.#pipe?.close();
    this.emit('closed', error);
    this.removeAllListeners();
  }
}

/** The document in a payload of bytes; undefined where there is none, which no schema takes. */
function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
