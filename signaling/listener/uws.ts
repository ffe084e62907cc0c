/**
 * The listener on uWebSockets.js.
 *
 * What will surprise you:
 * - Without LIBUS_LISTEN_EXCLUSIVE_PORT two servers share one port in silence.
 * - A message far over the limit (by more than {@link OVERSIZE_SLACK_BYTES}) ends with a cut connection, not with 1009: the
 *   package does that by itself, before it takes the memory.
 * - A head takes at most 10 seconds; that figure is compiled in. HTTP/1.0 and absolute request targets get its own 505,
 *   and malformed requests its own 400, in HTML.
 */
import type { TemplatedApp, us_listen_socket, us_socket_context_t, WebSocket } from 'uWebSockets.js';
import { ProtocolError } from '../errors.ts';
import { ManagedConnection } from './connection.ts';
import type { NativeSocket } from './connection.ts';
import { ConnectionTable } from './connection-table.ts';
import type { ReleasePlace } from './connection-table.ts';
import { Grace, sweepIntervalMs } from './lifetime.ts';
import { resolveLimits } from './limits.ts';
import type { ListenerLimits } from './limits.ts';
import { ListenError } from './types.ts';
import type { Connection, Listener, ListenerOptions } from './types.ts';
import { decideUpgrade, upgradeRequest, wantsWebSocket } from './upgrade.ts';
import type { CheckedDecision } from './upgrade.ts';
import { UwsExchange } from './uws-exchange.ts';
import { listenExclusively, loadUws } from './uws-module.ts';
import type { Uws } from './uws-module.ts';

/** How far a message may be over the limit and still be answered with 1009. */
export const OVERSIZE_SLACK_BYTES: number = 64 * 1024;
/** What the package gives as the reason where a message was too large for it. */
const TOO_LARGE_REASON = 'Received too big message';
/** The bounds of the package's own idle timeout, in seconds. */
const NATIVE_IDLE_S = { min: 12, max: 960 };

/** What a native WebSocket carries from the decision to its end. */
interface Link {
  readonly remoteAddress: string;
  readonly protocol: string;
  readonly open: (connection: Connection) => void;
  readonly release: ReleasePlace;
  connection: ManagedConnection | null;
}

const utf8 = new TextDecoder();

function nativeSocket(socket: WebSocket<Link>): NativeSocket {
  return {
    send: (bytes) => void socket.send(bytes, true, false),
    bufferedBytes: () => socket.getBufferedAmount(),
    ping: () => void socket.ping(),
    end: (code, reason) => {
      socket.end(code, reason);
    },
    terminate: () => {
      socket.close();
    },
  };
}

class UwsListener implements Listener {
  readonly kind = 'uws';
  readonly #uws: Uws;
  readonly #options: ListenerOptions;
  readonly #limits: ListenerLimits;
  readonly #table: ConnectionTable;
  readonly #grace = new Grace();
  readonly #app: TemplatedApp;
  readonly #listenSocket: us_listen_socket;
  readonly #port: number;
  readonly #sweeper: NodeJS.Timeout;
  #httpSockets = 0;
  #closing: Promise<void> | null = null;

  constructor(uws: Uws, options: ListenerOptions) {
    this.#uws = uws;
    this.#options = options;
    this.#limits = resolveLimits(options.limits);
    this.#table = new ConnectionTable(this.#limits);
    this.#app = this.#createApp();
    this.#addRoutes();
    const listening = listenExclusively(uws, this.#app, options.host, options.port);
    if (listening === null) {
      this.#app.close();
      throw new ListenError(`cannot listen on ${options.host} port ${options.port}: is the port in use?`);
    }
    this.#listenSocket = listening;
    this.#port = uws.us_socket_local_port(listening);
    this.#sweeper = setInterval(() => {
      this.#table.sweep(performance.now());
    }, sweepIntervalMs(this.#limits));
  }

  get address(): Listener['address'] {
    return { host: this.#options.host, port: this.#port, tls: this.#options.tls !== undefined };
  }

  get open(): Listener['open'] {
    return { connections: this.#table.size, httpSockets: this.#httpSockets };
  }

  reloadTls(): boolean {
    // The package reads the files once.
    return false;
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    this.#uws.us_listen_socket_close(this.#listenSocket);
    // The package does not tell when a peer has seen its close frame: everybody gets the whole time to read it.
    const takeAll = this.#table.size > 0;
    this.#table.closeAll();
    await this.#grace.wait(this.#limits.closeGraceMs, takeAll);
    clearInterval(this.#sweeper);
    // The last answer may have been given in a microtask inside one of the package's callbacks: it is only sent once that
    // callback has returned, and nothing of the package's may be closed under its feet.
    await new Promise((resolve) => setImmediate(resolve));
    this.#app.close();
    // Close events are delivered in microtasks.
    await Promise.resolve();
  }

  #createApp(): TemplatedApp {
    const { tls } = this.#options;
    if (tls === undefined) return this.#uws.App();
    try {
      return this.#uws.SSLApp({ cert_file_name: tls.certPath, key_file_name: tls.keyPath });
    } catch (cause) {
      throw new ListenError(`cannot use the certificate ${tls.certPath} with the key ${tls.keyPath}`, {
        cause,
      });
    }
  }

  #addRoutes(): void {
    const { maxHttpSockets, maxMessageBytes, idleTimeoutMs } = this.#limits;
    this.#app.filter((response, change) => {
      this.#httpSockets += change;
      // Closing here calls this again, with -1; the socket itself is freed when the event loop turns.
      if (change > 0 && this.#httpSockets > maxHttpSockets) response.close();
    });
    const nativeIdleS = Math.ceil((2 * idleTimeoutMs) / 1000);
    this.#app.ws<Link>('/*', {
      maxPayloadLength: maxMessageBytes + OVERSIZE_SLACK_BYTES,
      // Without a limit of the package's own: it would drop messages in silence.
      maxBackpressure: 0,
      // Behind our own sweep; ends a connection whose peer never answers a close frame.
      idleTimeout: Math.min(NATIVE_IDLE_S.max, Math.max(NATIVE_IDLE_S.min, nativeIdleS)),
      sendPingsAutomatically: false,
      upgrade: (response, request, context) => {
        const exchange = this.#exchange(response, request);
        if (wantsWebSocket(exchange.head.headers)) this.#upgrade(exchange, context);
        else exchange.serve();
      },
      open: (socket) => {
        this.#opened(socket);
      },
      message: (socket, message, isBinary) => {
        // The package takes the buffer back when this returns: copy.
        socket
          .getUserData()
          .connection?.receive(new Uint8Array(message.slice(0)), isBinary, performance.now());
      },
      drain: (socket) => {
        socket.getUserData().connection?.drained();
      },
      ping: (socket) => {
        socket.getUserData().connection?.heard(performance.now());
      },
      pong: (socket) => {
        socket.getUserData().connection?.heard(performance.now());
      },
      close: (socket, code, reasonBytes) => {
        const { connection } = socket.getUserData();
        const reason = utf8.decode(reasonBytes);
        if (code !== 1006) connection?.nativeClosed(code, reason);
        else if (reason !== TOO_LARGE_REASON) connection?.nativeClosed(code, '');
        else connection?.nativeClosed(1009, 'MessageTooLarge', new ProtocolError('MessageTooLarge'));
      },
    });
    this.#app.any('/*', (response, request) => {
      this.#exchange(response, request).serve();
    });
  }

  #exchange(...[response, request]: Parameters<Parameters<TemplatedApp['any']>[1]>): UwsExchange<Link> {
    return new UwsExchange(response, request, this.#limits, this.#options, this.#grace.enter());
  }

  #upgrade(exchange: UwsExchange<Link>, context: us_socket_context_t): void {
    const { head } = exchange;
    let release: ReleasePlace | undefined;
    try {
      exchange.checkHeaders();
      const request = upgradeRequest(head);
      release = this.#table.reserve(head.remoteAddress);
      const held = release;
      void decideUpgrade(this.#options.onUpgrade, request, this.#options.onError).then((decision) => {
        this.#carryOut(exchange, decision, context, held);
      });
    } catch (thrown) {
      release?.();
      exchange.refuse(thrown);
    }
  }

  #carryOut(
    exchange: UwsExchange<Link>,
    decision: CheckedDecision,
    context: us_socket_context_t,
    release: ReleasePlace,
  ): void {
    if (!exchange.isOpen || !decision.accept || this.#closing !== null) {
      release();
      if (decision.accept) exchange.refuse(new ProtocolError('ServerFull', 'the server is closing'));
      else exchange.write(decision.response, true);
      return;
    }
    const { protocol, open } = decision;
    // An upgraded socket leaves the package's HTTP part without a word to the filter.
    this.#httpSockets -= 1;
    const { remoteAddress } = exchange.head;
    exchange.upgrade({ remoteAddress, protocol, open, release, connection: null }, protocol, context);
  }

  #opened(socket: WebSocket<Link>): void {
    const link = socket.getUserData();
    const connection = new ManagedConnection({
      native: nativeSocket(socket),
      remoteAddress: link.remoteAddress,
      protocol: link.protocol,
      limits: this.#limits,
      onError: this.#options.onError,
      onClosed: () => {
        this.#table.delete(connection);
        link.release();
      },
      nowMs: performance.now(),
    });
    link.connection = connection;
    this.#table.add(connection);
    connection.guard('open', () => link.open(connection));
  }
}

/**
 * Starts listening.
 * @throws {ListenerUnavailableError} where uWebSockets.js does not run here
 * @throws {ListenError} where the port or the certificate cannot be used
 */
export async function listenWithUws(options: ListenerOptions): Promise<Listener> {
  return new UwsListener(await loadUws(), options);
}
