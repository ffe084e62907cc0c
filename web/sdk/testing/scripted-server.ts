/**
 * The server's side of a connection, in memory, for tests: real frames both ways, and a script for the answers.
 *
 * What will surprise you: requests that no handler answers stay open, so that tests can let them time out; and several frames
 * written inside `batch` reach the client as one message, as from the real server.
 */
import * as v from 'valibot';
import {
  CONNECTION_CHANNEL,
  type ChannelId,
  type ControlFrame,
  FrameDecoder,
  FrameWriter,
  type JsonValue,
  channelId,
} from '../../../signaling/frames/index.ts';
import { ChatInput } from '../../../signaling/messages/requests.ts';
import type { OpenPipe, PipeEvents } from '../socket.ts';

export interface ReceivedRequest {
  readonly type: string;
  readonly channelId: ChannelId;
  readonly sequence: number;
  readonly payload: JsonValue;
}

/** Answers a request: the members of its ACK besides `ack`, or null for none. */
export type Answer = (
  request: ReceivedRequest,
  connection: ServerConnection,
) => Record<string, JsonValue> | null;

export class ServerConnection {
  readonly requests: ReceivedRequest[] = [];
  readonly #events: PipeEvents;
  readonly #answer: Answer;
  readonly #decoder = new FrameDecoder();
  readonly #writer = new FrameWriter();
  #batch: Uint8Array[] | null = null;
  channel: ChannelId = CONNECTION_CHANNEL;
  closed = false;
  silent = false;

  constructor(events: PipeEvents, answer: Answer) {
    this.#events = events;
    this.#answer = answer;
  }

  /** Bytes from the client. */
  receive(bytes: Uint8Array): void {
    if (this.silent) return;
    const { frames, error } = this.#decoder.push(bytes);
    if (error !== null) throw error;
    for (const frame of frames) {
      const request = {
        type: frame.type,
        channelId: frame.channelId,
        sequence: frame.sequence,
        payload: frame.kind === 'control' ? frame.control : chatOf(frame.payload),
      };
      this.requests.push(request);
      const answer = this.#answer(request, this);
      if (answer !== null) this.send('ACK', { ack: frame.sequence, ...answer }, frame.channelId);
    }
  }

  send(type: ControlFrame['type'], payload: JsonValue, channel: ChannelId = this.channel): void {
    this.sendBytes(this.#writer.control(type, channel, payload));
  }

  /** A MSG frame: JSON in bytes. */
  sendMessage(payload: JsonValue): void {
    this.sendBytes(
      this.#writer.opaque('MSG', this.channel, new TextEncoder().encode(JSON.stringify(payload))),
    );
  }

  sendBytes(bytes: Uint8Array): void {
    if (this.closed || this.silent) return;
    if (this.#batch === null) this.#events.received(bytes);
    else this.#batch.push(bytes);
  }

  /** Everything sent by `write` goes out as one message. */
  batch(write: () => void): void {
    this.#batch = [];
    write();
    const parts = this.#batch;
    this.#batch = null;
    this.#events.received(Uint8Array.from(parts.flatMap((part) => [...part])));
  }

  /** The connection breaks, or is closed by the client. */
  drop(detail: string): void {
    if (this.closed) return;
    this.closed = true;
    this.#events.closed(detail);
  }

  /** The network swallows everything from now on, both ways, and nobody is told. */
  goSilent(): void {
    this.silent = true;
  }

  /** What the client asked, of one type. */
  asked(type: string): ReceivedRequest[] {
    return this.requests.filter((request) => request.type === type);
  }
}

export class ScriptedServer {
  readonly connections: ServerConnection[] = [];
  /** Replaceable: what to answer. */
  answer: Answer;
  /** Whether new connections open; where not, they close at once. */
  reachable = true;
  /** Whether packets to the server vanish: new connections neither open nor close. */
  blackHole = false;

  constructor(answer: Answer) {
    this.answer = answer;
  }

  /** What the client opens. */
  readonly open: OpenPipe = (events) => {
    const connection = new ServerConnection(events, (request, self) => this.answer(request, self));
    this.connections.push(connection);
    queueMicrotask(() => {
      if (this.blackHole) return;
      if (this.reachable && !connection.closed) events.opened();
      else connection.drop('unreachable');
    });
    return {
      // The answer comes later than the call that sent the request, as on a network.
      send: (bytes) => queueMicrotask(() => connection.receive(bytes)),
      close: () => connection.drop('closed by the client'),
    };
  };

  /** The newest connection. */
  get last(): ServerConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error('no connection was made');
    return last;
  }

  get openConnections(): number {
    return this.connections.filter((connection) => !connection.closed).length;
  }
}

/** What a MSG frame carries. */
function chatOf(bytes: Uint8Array): JsonValue {
  return v.parse(ChatInput, JSON.parse(new TextDecoder().decode(bytes)));
}

export const CALL_CHANNEL: ChannelId = channelId(7);
