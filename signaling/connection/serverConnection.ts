/**
 * The server's half of one CCP connection: bytes in, typed and checked requests out; answers and notifications in, bytes out.
 *
 *   bytes ─▶ frames ─▶ sequence check ─▶ rate limit ─▶ schema ─▶ handler ─▶ ACK (or ACK with `error`)
 *
 * States: `greeting` (only HELLO is allowed) → `open` → `closed`. A request that fails costs its sender an `error` in the ACK;
 * an error that makes the stream untrustworthy, or that the table calls fatal, is sent as an ERROR frame and ends
 * the connection. Requests run concurrently; their ACKs come in the order in which they finish.
 *
 * What will surprise you:
 * - This class owns no socket. Its owner passes bytes to `receive()`, tells it `socketClosed()`, and gives it something to
 *   send with.
 * - MSG is opaque bytes to the frame codec; here those bytes are JSON under the rules of control frames. One that is none
 *   breaks no boundary of the stream, so it is refused, and the connection goes on.
 */
import * as v from 'valibot';
import { ProtocolError, asProtocolError } from '../errors.ts';
import { CONNECTION_CHANNEL, FrameDecoder, FrameWriter, SequenceGuard } from '../frames/index.ts';
import { parseControl, serialiseControl } from '../frames/control-json.ts';
import { isOpaqueFrameType } from '../frames/index.ts';
import type { ChannelId, Frame, JsonValue } from '../frames/index.ts';
import { CCP1_LIMITS, UNAUTHENTICATED_LIMITS } from '../frames/index.ts';
import type { Notification, NotificationType } from '../messages/notifications.ts';
import { REQUEST_SCHEMAS, type Request, type RequestType } from '../messages/requests.ts';
import { TokenBucket } from './tokenBucket.ts';

/** Where bytes go; `send` must not throw, and does nothing once the socket is closed. */
export interface FrameSocket {
  send(bytes: Uint8Array): unknown;
  close(code: number, reason: string): unknown;
}

/** A request in its type, told apart by `type`. */
export type ClientRequest = {
  [T in RequestType]: { readonly type: T; readonly channel: ChannelId; readonly payload: Request<T> };
}[RequestType];

export interface RequestResult {
  /** Members of the ACK beside `ack`. */
  readonly ack?: Readonly<Record<string, unknown>>;
  /** Runs after the ACK was sent: for what must not overtake it. */
  readonly afterAck?: () => void;
}

export interface RequestHandler {
  /** @throws ProtocolError for whatever the client did wrong; anything else is answered with `Internal` */
  handle(request: ClientRequest): Promise<RequestResult> | RequestResult;
  /**
   * Once; nothing comes after it.
   * @param goingAway the peer said that it goes away, as browsers do where a page is closed (RFC 6455 section 7.4.1, code 1001)
   */
  connectionClosed(reason: string, goingAway: boolean): void;
  /** An error that is the server's own fault, for the log. */
  internalError(error: unknown): void;
}

export interface ServerConnectionOptions {
  readonly socket: FrameSocket;
  readonly handler: RequestHandler;
  /** Milliseconds that only grow. */
  readonly nowMs: () => number;
  readonly maxFrameBytes: number;
  readonly requestBurst: number;
  readonly requestsPerSecond: number;
}

/** Room for a device's capabilities, which JOIN carries; whoever holds no room's key gets no more. */
const BEFORE_JOIN_FRAME_BYTES = 32_768;
/** 4000 characters, each escaped, in their braces. */
const MAX_MESSAGE_BYTES = 32_768;
const MAX_RUNNING_REQUESTS = 64;
const MAX_REFUSED = 200;

export class ServerConnection {
  readonly #options: ServerConnectionOptions;
  readonly #decoder = new FrameDecoder(UNAUTHENTICATED_LIMITS);
  readonly #writer = new FrameWriter();
  readonly #sequences = new SequenceGuard();
  readonly #bucket: TokenBucket;
  #state: 'greeting' | 'open' | 'closed' = 'greeting';
  #running = 0;
  /** Frames refused because of the rate, in all. */
  #refused = 0;

  constructor(options: ServerConnectionOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket(options.requestBurst, options.requestsPerSecond, options.nowMs());
  }

  get state(): 'greeting' | 'open' | 'closed' {
    return this.#state;
  }

  receive(bytes: Uint8Array): void {
    if (this.#state === 'closed') return;
    const { frames, error } = this.#decoder.push(bytes);
    for (const frame of frames) {
      // The state may change with each frame.
      if (this.state === 'closed') return;
      this.#onFrame(frame);
    }
    if (error !== null) this.fail(error);
  }

  notify<T extends NotificationType>(channel: ChannelId, type: T, payload: Notification<T>): void {
    this.#send(type, channel, payload);
  }

  /** Ends the connection with an ERROR frame. */
  fail(error: ProtocolError): void {
    if (this.#state === 'closed') return;
    this.#send('ERROR', CONNECTION_CHANNEL, error.toProblem());
    this.close(error.closeCode ?? 1011, error.code);
  }

  /** Ends the connection without a word more; idempotent. */
  close(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#options.socket.close(code, reason);
    this.#options.handler.connectionClosed(reason, false);
  }

  /** The socket ended by itself, or the peer ended it. */
  socketClosed(reason: string, goingAway = false): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#options.handler.connectionClosed(reason, goingAway);
  }

  #onFrame(frame: Frame): void {
    try {
      this.#sequences.accept(frame.sequence);
      this.#limit();
      // A client may report an error; it changes nothing here, and is not answered.
      if (frame.type === 'ERROR' || frame.type === 'ACK') return;
      const request = this.#parse(frame);
      this.#running += 1;
      this.#run(frame, request).catch((error: unknown) => this.#options.handler.internalError(error));
    } catch (error) {
      this.#refuse(frame, error);
    }
  }

  /** Every frame counts, whatever it is. */
  #limit(): void {
    if (this.#bucket.take(this.#options.nowMs())) return;
    this.#refused += 1;
    if (this.#refused > MAX_REFUSED) throw new ProtocolError('Flooding');
    throw new ProtocolError('RateLimited', 'too many requests');
  }

  #parse(frame: Frame): ClientRequest {
    if (this.#running >= MAX_RUNNING_REQUESTS) {
      throw new ProtocolError('RateLimited', 'too many requests at once');
    }
    if (!isRequestType(frame.type)) {
      throw new ProtocolError('UnsupportedFrame', `${frame.type} is not served here`);
    }
    if ((this.#state === 'greeting') !== (frame.type === 'HELLO')) {
      throw new ProtocolError(
        'InvalidState',
        this.#state === 'greeting' ? 'HELLO comes first' : 'HELLO was said already',
      );
    }
    return parseRequest(frame.type, frame.channelId, jsonOf(frame));
  }

  async #run(frame: Frame, request: ClientRequest): Promise<void> {
    try {
      const { ack = {}, afterAck } = await this.#options.handler.handle(request);
      if (this.state === 'closed') return;
      if (request.type === 'HELLO') {
        this.#state = 'open';
        this.#decoder.setLimits({ ...CCP1_LIMITS, maxFrameBytes: BEFORE_JOIN_FRAME_BYTES });
      } else if (request.type === 'JOIN') {
        this.#decoder.setLimits({ ...CCP1_LIMITS, maxFrameBytes: this.#options.maxFrameBytes });
      }
      this.#send('ACK', frame.channelId, { ack: frame.sequence, ...ack });
      afterAck?.();
    } catch (error) {
      this.#refuse(frame, error);
    } finally {
      this.#running -= 1;
    }
  }

  #refuse(frame: Frame, thrown: unknown): void {
    const error = asProtocolError(thrown);
    if (error.code === 'Internal') this.#options.handler.internalError(thrown);
    if (error.fatal) this.fail(error);
    else this.#send('ACK', frame.channelId, { ack: frame.sequence, error: error.toProblem() });
  }

  #send(type: 'ACK' | NotificationType, channel: ChannelId, payload: object): void {
    if (this.#state === 'closed') return;
    try {
      // Payloads are made of the schemas' types: plain JSON.
      const json = payload as JsonValue;
      this.#options.socket.send(
        isOpaqueFrameType(type)
          ? this.#writer.opaque(type, channel, serialiseControl(json))
          : this.#writer.control(type, channel, json),
      );
    } catch (error) {
      this.#options.handler.internalError(error);
      this.close(1011, 'Internal');
    }
  }
}

function isRequestType(type: string): type is RequestType {
  return Object.hasOwn(REQUEST_SCHEMAS, type);
}

/** @throws ProtocolError InvalidMessage where bytes are no JSON document */
function jsonOf(frame: Frame): JsonValue {
  if (frame.kind === 'control') return frame.control;
  if (frame.payload.length > MAX_MESSAGE_BYTES) {
    throw new ProtocolError('InvalidMessage', `${frame.type}: at most ${MAX_MESSAGE_BYTES} bytes`);
  }
  try {
    return parseControl(frame.payload);
  } catch (cause) {
    throw new ProtocolError('InvalidMessage', `${frame.type}: the payload is not a JSON document in UTF-8`, {
      cause,
    });
  }
}

/** @throws ProtocolError InvalidMessage, naming the member */
function parseRequest(type: RequestType, channel: ChannelId, control: JsonValue): ClientRequest {
  const result = v.safeParse(REQUEST_SCHEMAS[type], control);
  if (!result.success) {
    const [issue] = result.issues;
    throw new ProtocolError(
      'InvalidMessage',
      `${type}: ${v.getDotPath(issue) ?? 'payload'}: ${issue.message}`.slice(0, 512),
    );
  }
  return { type, channel, payload: result.output } as ClientRequest;
}
