/**
 * The listener on node:http and the `ws` package: slower than uWebSockets.js, without native code, and on every version
 * of Node.
 *
 * What will surprise you: a refused WebSocket is answered on the bare socket, since node:http takes its hands off a request
 * once it is an upgrade.
 */
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { ProtocolError } from '../errors.ts';
import { ManagedConnection } from './connection.ts';
import { ConnectionTable } from './connection-table.ts';
import { describeRequest, prepareError } from './http-exchange.ts';
import { Grace, sweepIntervalMs } from './lifetime.ts';
import { NATIVE_HEAD_BYTES, resolveLimits } from './limits.ts';
import type { ListenerLimits } from './limits.ts';
import { answerOnSocket, readHead, serveRequest } from './node-exchange.ts';
import { ListenError } from './types.ts';
import type { Listener, ListenerOptions, RequestHead, TlsOptions } from './types.ts';
import { decideUpgrade, upgradeRequest, wantsWebSocket } from './upgrade.ts';
import type { CheckedDecision } from './upgrade.ts';

/** Pieces of a message that may wait for the rest; a message dribbled in smaller ones is refused. */
const MAX_BUFFERED_CHUNKS = 4096;

class NodeListener implements Listener {
  readonly kind = 'node';
  readonly #options: ListenerOptions;
  readonly #limits: ListenerLimits;
  readonly #table: ConnectionTable;
  readonly #grace = new Grace();
  readonly #server: http.Server;
  readonly #webSockets: WebSocketServer;
  /** The chosen subprotocol, on its way into `ws`. */
  readonly #protocols = new WeakMap<http.IncomingMessage, string>();
  readonly #sockets = new Set<Socket>();
  #upgradedSockets = 0;
  #sweeper: NodeJS.Timeout | undefined;
  #port = 0;
  #closing: Promise<void> | null = null;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#limits = resolveLimits(options.limits);
    this.#table = new ConnectionTable(this.#limits);
    this.#server = this.#createServer();
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: this.#limits.maxMessageBytes,
      maxBufferedChunks: MAX_BUFFERED_CHUNKS,
      handleProtocols: (_offered, request) => this.#protocols.get(request) ?? false,
    });
  }

  async listen(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => {
        reject(new ListenError(`cannot listen on ${host} port ${port}: ${cause.message}`, { cause }));
      });
      this.#server.listen(port, host, resolve);
    });
    // From now on an error is one of accepting, for example no file descriptors left: the next may work.
    this.#server.removeAllListeners('error').on('error', (error) => {
      this.#options.onError(error, 'accepting connections');
    });
    const bound = this.#server.address();
    this.#port = typeof bound === 'object' && bound !== null ? bound.port : port;
    this.#sweeper = setInterval(() => {
      this.#table.sweep(performance.now());
    }, sweepIntervalMs(this.#limits));
  }

  get address(): Listener['address'] {
    return { host: this.#options.host, port: this.#port, tls: this.#options.tls !== undefined };
  }

  get open(): Listener['open'] {
    return { connections: this.#table.size, httpSockets: this.#sockets.size - this.#upgradedSockets };
  }

  reloadTls(): boolean {
    const { tls } = this.#options;
    if (tls === undefined || !(this.#server instanceof https.Server)) return false;
    try {
      this.#server.setSecureContext({ cert: readFileSync(tls.certPath), key: readFileSync(tls.keyPath) });
    } catch (cause) {
      throw unusable(tls, cause);
    }
    return true;
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.#table.closeAll();
    await this.#grace.wait(this.#limits.closeGraceMs, false);
    clearInterval(this.#sweeper);
    this.#table.terminateAll();
    const gone = [...this.#sockets].map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.once('close', () => {
            resolve();
          });
        }),
    );
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([closed, ...gone]);
    this.#webSockets.close();
  }

  #createServer(): http.Server {
    const { tls } = this.#options;
    const { headTimeoutMs } = this.#limits;
    const common = {
      maxHeaderSize: NATIVE_HEAD_BYTES,
      headersTimeout: headTimeoutMs,
      keepAliveTimeout: headTimeoutMs,
      // The body has a timer of its own, which answers.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(1000, headTimeoutMs),
      // Other upgrades (h2c, for one) are served as if they had not asked, as RFC 9110 section 7.8 wants.
      shouldUpgradeCallback: (request: http.IncomingMessage) =>
        wantsWebSocket(readHead(request, this.#limits).head.headers),
    };
    let server: http.Server;
    try {
      server =
        tls === undefined
          ? http.createServer(common)
          : https.createServer({
              ...common,
              cert: readFileSync(tls.certPath),
              key: readFileSync(tls.keyPath),
              handshakeTimeout: headTimeoutMs,
            });
    } catch (cause) {
      throw unusable(tls, cause);
    }
    server.on('connection', (socket: Socket) => {
      this.#accepted(socket);
    });
    server.on('request', (request, response) => {
      serveRequest(request, response, this.#limits, this.#options, this.#grace.enter());
    });
    server.on('upgrade', (request, socket, first) => {
      this.#upgrade(request, socket, first);
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      this.#malformed(error, socket);
    });
    return server;
  }

  #accepted(socket: Socket): void {
    if (this.open.httpSockets >= this.#limits.maxHttpSockets) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** Bytes that are no HTTP, a head that is too large or too slow, or a connection that broke. */
  #malformed(error: NodeJS.ErrnoException, socket: Duplex): void {
    const code = error.code ?? '';
    const isHttp = code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT';
    if (!isHttp || !socket.writable || !(socket instanceof Socket)) {
      socket.destroy();
      return;
    }
    const kind =
      code === 'HPE_HEADER_OVERFLOW'
        ? 'HeadersTooLarge'
        : code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? 'RequestTimeout'
          : 'BadRequest';
    answerOnSocket(socket, prepareError(new ProtocolError(kind), '', this.#options.onError));
  }

  #upgrade(request: http.IncomingMessage, socket: Duplex, first: Buffer): void {
    if (!(socket instanceof Socket)) {
      socket.destroy();
      return;
    }
    // Until `ws` takes it over, nobody else listens for errors; the close that follows one is enough.
    socket.on('error', () => undefined);
    const { head, headers } = readHead(request, this.#limits);
    const leave = this.#grace.enter();
    try {
      headers.check();
      if (!wantsWebSocket(head.headers)) throw new ProtocolError('BadRequest', 'no upgrade but to websocket');
      const wanted = upgradeRequest(head);
      const release = this.#table.reserve(head.remoteAddress);
      void decideUpgrade(this.#options.onUpgrade, wanted, this.#options.onError).then((decision) => {
        leave();
        this.#carryOut({ request, socket, first, head, release }, decision);
      });
    } catch (thrown) {
      leave();
      answerOnSocket(socket, prepareError(thrown, describeRequest(head), this.#options.onError));
    }
  }

  #carryOut(asked: AskedUpgrade, decision: CheckedDecision): void {
    const { request, socket, release } = asked;
    if (socket.destroyed || !decision.accept || this.#closing !== null) {
      release();
      const { onError } = this.#options;
      const closing = new ProtocolError('ServerFull', 'the server is closing');
      answerOnSocket(socket, decision.accept ? prepareError(closing, '', onError) : decision.response);
      return;
    }
    this.#upgradedSockets += 1;
    socket.once('close', () => {
      this.#upgradedSockets -= 1;
      // Also where `ws` itself gave up on the handshake.
      release();
    });
    if (decision.protocol !== '') this.#protocols.set(request, decision.protocol);
    this.#webSockets.handleUpgrade(request, socket, asked.first, (webSocket) => {
      this.#opened(webSocket, asked, decision);
    });
  }

  #opened(webSocket: WebSocket, asked: AskedUpgrade, decision: CheckedDecision & { accept: true }): void {
    const leave = this.#grace.enter();
    const onWritten = (): void => {
      connection.drained();
    };
    const connection = new ManagedConnection({
      native: {
        send: (bytes) => {
          webSocket.send(bytes, { binary: true }, onWritten);
        },
        bufferedBytes: () => webSocket.bufferedAmount,
        ping: () => {
          webSocket.ping();
        },
        end: (code, reason) => {
          webSocket.close(code, reason);
        },
        terminate: () => {
          webSocket.terminate();
        },
      },
      remoteAddress: asked.head.remoteAddress,
      protocol: decision.protocol,
      limits: this.#limits,
      onError: this.#options.onError,
      onClosed: () => {
        this.#table.delete(connection);
        asked.release();
        leave();
      },
      nowMs: performance.now(),
    });
    this.#table.add(connection);
    const heard = (): void => {
      connection.heard(performance.now());
    };
    webSocket.on('message', (data, isBinary) => {
      // With the default binary type, data is one Buffer. It may be part of a larger one: copy.
      if (data instanceof Buffer) connection.receive(new Uint8Array(data), isBinary, performance.now());
    });
    webSocket.on('ping', heard);
    webSocket.on('pong', heard);
    webSocket.on('error', (error: NodeJS.ErrnoException) => {
      // `ws` has already begun to close; this gives the reason its name.
      if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
        connection.fail(new ProtocolError('MessageTooLarge'));
      }
    });
    webSocket.on('close', (code, reason) => {
      connection.nativeClosed(code, reason.toString());
    });
    connection.guard('open', () => decision.open(connection));
  }
}

/** A WebSocket that was asked for, while the decision is made. */
interface AskedUpgrade {
  readonly request: http.IncomingMessage;
  readonly socket: Socket;
  /** What came behind the head. */
  readonly first: Buffer;
  readonly head: RequestHead;
  readonly release: () => void;
}

function unusable(tls: TlsOptions | undefined, cause: unknown): ListenError {
  return new ListenError(
    `cannot use the certificate ${tls?.certPath ?? ''} with the key ${tls?.keyPath ?? ''}`,
    {
      cause,
    },
  );
}

/**
 * Starts listening.
 * @throws {ListenError} where the port or the certificate cannot be used
 */
export async function listenWithNode(options: ListenerOptions): Promise<Listener> {
  const listener = new NodeListener(options);
  await listener.listen();
  return listener;
}
