/** A client that speaks CCP frames over a WebSocket and nothing more: for what a well-behaved SDK would never send. */
import { once } from 'node:events';
import WebSocket from 'ws';
import { parseControl, serialiseControl } from '../../signaling/frames/control-json.ts';
import { FrameDecoder, FrameWriter, channelId } from '../../signaling/frames/index.ts';
import type { ControlFrameType, Frame, JsonValue } from '../../signaling/frames/index.ts';
import { waitFor } from './wait.ts';

export class RawJoinError extends Error {
  readonly code = 'RAW_JOIN';
  override readonly name = 'RawJoinError';
}

export class RawClient {
  readonly #socket: WebSocket;
  readonly #decoder = new FrameDecoder();
  readonly #writer = new FrameWriter();
  readonly received: Frame[] = [];
  closeCode: number | null = null;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) =>
      this.received.push(...this.#decoder.push(new Uint8Array(data)).frames),
    );
    socket.on('close', (code) => {
      this.closeCode = code;
    });
    // A reset by the server shows as a close code.
    socket.on('error', () => undefined);
  }

  static async connect(origin: string, headers: Readonly<Record<string, string>> = {}): Promise<RawClient> {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/connect`, { headers });
    const client = new RawClient(socket);
    await once(socket, 'open');
    return client;
  }

  /**
   * Somebody in a call who neither sends nor receives anything: a name.
   * @throws RawJoinError where the server refuses
   */
  static async join(origin: string, room: string, name: string): Promise<RawClient> {
    const client = await RawClient.connect(origin);
    await client.request('HELLO', { supported_versions: [1] });
    const answer = await client.request('JOIN', { room, name, receive: { codecs: [] }, send_video: [] });
    if (answer['error'] === undefined) return client;
    client.close();
    throw new RawJoinError(`${name} could not join: ${JSON.stringify(answer['error'])}`);
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  /** @returns the number of the frame */
  send(type: ControlFrameType, payload: JsonValue, channel = 0): number {
    const sequence = Number(this.#writer.nextSequence);
    this.sendBytes(this.#writer.control(type, channelId(channel), payload));
    return sequence;
  }

  /** Sends a request and waits for its ACK. */
  async request(
    type: ControlFrameType,
    payload: JsonValue,
    channel = 0,
  ): Promise<Readonly<Record<string, JsonValue | undefined>>> {
    const sequence = this.send(type, payload, channel);
    return waitFor(`the ACK of ${type} ${sequence} comes`, () =>
      this.acks().find(({ ack }) => ack === sequence),
    );
  }

  /** Sends a MSG frame, whose bytes are JSON, and waits for its ACK. */
  async message(payload: JsonValue, channel = 1): Promise<Readonly<Record<string, JsonValue | undefined>>> {
    return this.messageBytes(serialiseControl(payload), channel);
  }

  /** The same, with any bytes. */
  async messageBytes(
    payload: Uint8Array,
    channel = 1,
  ): Promise<Readonly<Record<string, JsonValue | undefined>>> {
    const sequence = Number(this.#writer.nextSequence);
    this.sendBytes(this.#writer.opaque('MSG', channelId(channel), payload));
    return waitFor(`the ACK of MSG ${sequence} comes`, () => this.acks().find(({ ack }) => ack === sequence));
  }

  /** Chat that came, oldest first. */
  messages(): readonly JsonValue[] {
    return this.received.flatMap((frame) =>
      frame.kind === 'opaque' && frame.type === 'MSG' ? [parseControl(frame.payload)] : [],
    );
  }

  acks(): readonly Readonly<Record<string, JsonValue | undefined>>[] {
    return this.controls('ACK');
  }

  controls(type: ControlFrameType): readonly Readonly<Record<string, JsonValue | undefined>>[] {
    return this.received.flatMap((frame) =>
      frame.kind === 'control' && frame.type === type && isObject(frame.control) ? [frame.control] : [],
    );
  }

  async closed(): Promise<number> {
    return waitFor('the connection closes', () => this.closeCode);
  }

  /** Closes as a browser does whose page is closed. */
  goAway(): void {
    this.#socket.close(1001);
  }

  close(): void {
    this.#socket.terminate();
  }
}

function isObject(value: JsonValue): value is Readonly<Record<string, JsonValue | undefined>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
