/** What the conformance suite needs: a listener that is proved to leave nothing behind, and clients of several manners. */
import * as http from 'node:http';
import * as net from 'node:net';
import { EventEmitter, once } from 'node:events';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { createListener } from '../index.ts';
import type {
  CloseInfo,
  Connection,
  HttpRequest,
  Listener,
  ListenerKind,
  ListenerOptions,
} from '../types.ts';

export const KINDS: readonly ListenerKind[] = ['uws', 'node'];

/** Answers with what it was asked, as JSON. */
export function describeRequest(request: HttpRequest): { status: number; body: string } {
  const { method, path, query, headers, remoteAddress, body } = request;
  const described = { method, path, query, headers: Object.fromEntries(headers), remoteAddress };
  return { status: 200, body: JSON.stringify({ ...described, body: Buffer.from(body).toString('hex') }) };
}

/** The connections of a listener, and what happened on them. */
export class Accepted extends EventEmitter<{ open: [Connection]; closed: [CloseInfo] }> {
  readonly connections: Connection[] = [];
  readonly messages: Uint8Array[] = [];
  readonly closes: CloseInfo[] = [];

  /** An open callback; what a connection receives goes to `onMessage`. */
  open(onMessage: (connection: Connection, bytes: Uint8Array) => void): (connection: Connection) => void {
    return (connection) => {
      this.connections.push(connection);
      connection.on('message', (bytes) => {
        this.messages.push(bytes);
        onMessage(connection, bytes);
      });
      connection.on('close', (info) => {
        this.closes.push(info);
        this.emit('closed', info);
      });
      this.emit('open', connection);
    };
  }

  /** The close events, once there are so many. */
  async closed(count: number): Promise<readonly CloseInfo[]> {
    while (this.closes.length < count) await once(this, 'closed');
    return this.closes;
  }

  /** The connections, once there are so many. */
  async opened(count: number): Promise<readonly Connection[]> {
    while (this.connections.length < count) await once(this, 'open');
    return this.connections;
  }
}

export interface Bench {
  readonly listener: Listener;
  readonly accepted: Accepted;
  /** What was told to onError. */
  readonly errors: { readonly error: unknown; readonly context: string }[];
}

export type BenchOptions = Partial<Omit<ListenerOptions, 'onError' | 'onUpgrade'>> & {
  readonly onUpgrade?: (accepted: Accepted) => ListenerOptions['onUpgrade'];
};

const echo = (connection: Connection, bytes: Uint8Array): void => void connection.send(bytes);

/** Runs a test with a listener that echoes; closes it and proves that nothing of it is left. */
export async function withListener(
  kind: ListenerKind,
  options: BenchOptions,
  run: (bench: Bench) => Promise<void>,
): Promise<void> {
  const accepted = new Accepted();
  const errors: { error: unknown; context: string }[] = [];
  const { limits, onUpgrade, ...rest } = options;
  const listener = await createListener(kind, {
    host: '127.0.0.1',
    port: 0,
    onRequest: describeRequest,
    onUpgrade: onUpgrade?.(accepted) ?? (() => ({ accept: true, open: accepted.open(echo) })),
    onError: (error, context) => void errors.push({ error, context }),
    ...rest,
    limits: { closeGraceMs: 50, ...limits },
  });
  try {
    await run({ listener, accepted, errors });
  } finally {
    await listener.close();
  }
  expect(accepted.closes).toHaveLength(accepted.connections.length);
  expect(listener.open).toEqual({ connections: 0, httpSockets: 0 });
  await expectNobodyListens(listener.address.host, listener.address.port);
}

/** Shows that nobody listens there. */
export async function expectNobodyListens(host: string, port: number): Promise<void> {
  const socket = net.connect(port, host);
  const outcome = await new Promise((resolve) => {
    socket.once('connect', () => {
      resolve('connected');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code);
    });
  });
  socket.destroy();
  expect(outcome).toBe('ECONNREFUSED');
}

/** A port that is free now, as the system chooses it. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  server.close();
  await once(server, 'close');
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request on a connection of its own. */
export async function ask(
  listener: Listener,
  options: Omit<http.RequestOptions, 'headers'> & { body?: Uint8Array; headers?: http.OutgoingHttpHeaders },
): Promise<Answer> {
  const { host, port } = listener.address;
  const { body, headers: plain, ...rest } = options;
  // node:http does not announce the body of a DELETE by itself.
  const headers = { ...plain, ...(body === undefined ? {} : { 'content-length': body.length }) };
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, agent: false, ...rest, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** A TCP connection that collects what it is told. */
export class RawClient {
  readonly socket: net.Socket;
  received = '';
  #onChange = (): void => undefined;

  constructor(listener: Listener) {
    const { host, port } = listener.address;
    this.socket = net.connect(port, host);
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.received += text;
      this.#onChange();
    });
    this.socket.on('close', () => {
      this.#onChange();
    });
    // A reset is one of the ways in which a server may end it.
    this.socket.on('error', () => undefined);
  }

  write(data: string | Uint8Array): void {
    this.socket.write(data);
  }

  /** Waits until the server has said something that matches. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      if (this.socket.closed) throw new Error(`closed after ${JSON.stringify(this.received)}`);
      await this.#change();
    }
    return this.received;
  }

  /** Waits until a whole head was received, or the connection has ended. */
  async headOrEnd(): Promise<string> {
    while (!this.socket.closed && !this.received.includes('\r\n\r\n')) await this.#change();
    return this.received;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange = resolve;
    });
  }

  /** Waits until the connection has ended; everything that was received. */
  async ended(): Promise<string> {
    while (!this.socket.closed) {
      await new Promise<void>((resolve) => {
        this.socket.once('close', () => {
          resolve();
        });
      });
    }
    return this.received;
  }

  async destroy(): Promise<void> {
    this.socket.destroy();
    await this.ended();
  }
}

/** The head of an opening handshake, for {@link RawClient}. */
export function upgradeHead(
  changes: Readonly<Record<string, string>> = {},
  first = 'GET /ws HTTP/1.1',
): string {
  const headers = {
    Host: 'localhost',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...changes,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${first}\r\n${lines.join('')}\r\n`;
}

/** A WebSocket client, opened. */
export async function connect(
  listener: Listener,
  path = '/ws',
  protocols: string[] = [],
  options: ClientOptions = {},
): Promise<WebSocket> {
  const { host, port, tls } = listener.address;
  const authority = host.includes(':') ? `[${host}]` : host;
  const url = `${tls ? 'wss' : 'ws'}://${authority}:${port}${path}`;
  const client = new WebSocket(url, protocols, { perMessageDeflate: false, ...options });
  await once(client, 'open');
  client.on('error', () => undefined);
  return client;
}

/** The next message. */
export async function nextMessage(client: WebSocket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.once('message', (data) => {
      if (data instanceof Buffer) resolve(data);
      else reject(new TypeError('not a single buffer'));
    });
  });
}

/** The code and reason with which a client's connection ends. */
export async function closeOf(client: WebSocket): Promise<{ code: number; reason: string }> {
  return new Promise((resolve) => {
    client.once('close', (code, reason) => {
      resolve({ code, reason: reason.toString() });
    });
  });
}

/** Ends a client, and waits until its socket is gone. */
export async function disconnect(client: WebSocket): Promise<void> {
  if (client.readyState === WebSocket.CLOSED) return;
  client.close();
  await once(client, 'close');
}
