/**
 * The TCP half of a participant's network: passes connections on to the server, or leaves them hanging.
 *
 * What will surprise you:
 * - While the network is cut, both ends of a connection stay open and nobody is told anything, as without a cable. What was
 *   under way is delivered after `restore()`, as TCP would send it again; an end that one side made meanwhile too.
 * - A connection that is opened while the network is cut is taken by this machine's kernel at once, and hears nothing until the
 *   network is back: to its owner that is a server that does not answer.
 * - `abandon()` leaves connections open towards both sides and passes nothing any more: their network no longer exists.
 */
import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';

export interface TcpRelayOptions {
  /** Where the browser connects to. */
  readonly address: string;
  readonly port: number;
  readonly target: { readonly address: string; readonly port: number };
}

interface Pair {
  readonly near: Socket;
  /** null until the network lets it be opened. */
  far: Socket | null;
  abandoned: boolean;
  /** One side is closed, and the other one is to hear of it when it can. */
  ended: boolean;
}

export class TcpRelay {
  readonly #options: TcpRelayOptions;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #cut = false;
  #sourceAddress: string;

  private constructor(options: TcpRelayOptions, sourceAddress: string) {
    this.#options = options;
    this.#sourceAddress = sourceAddress;
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (near) => this.#accept(near));
  }

  /**
   * @param sourceAddress where its connections to the server come from
   * @throws the system's error where the address and port cannot be had
   */
  static async open(options: TcpRelayOptions, sourceAddress: string): Promise<TcpRelay> {
    const relay = new TcpRelay(options, sourceAddress);
    relay.#server.listen(options.port, options.address);
    await once(relay.#server, 'listening');
    return relay;
  }

  /** Connections from the browser that are open, abandoned ones included. */
  get connections(): number {
    return this.#pairs.size;
  }

  setCut(cut: boolean): void {
    this.#cut = cut;
    for (const pair of this.#pairs) {
      if (pair.ended && !cut) this.#drop(pair);
      else if (pair.far === null) this.#reach(pair);
      else this.#flow(pair);
    }
  }

  /** All connections of now die silently; later ones come from `sourceAddress`. */
  abandon(sourceAddress: string): void {
    this.#sourceAddress = sourceAddress;
    for (const pair of this.#pairs) {
      pair.abandoned = true;
      this.#flow(pair);
    }
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) this.#drop(pair);
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(near: Socket): void {
    const pair: Pair = { near, far: null, abandoned: false, ended: false };
    this.#pairs.add(pair);
    near.setNoDelay(true);
    this.#watchEnd(pair, near);
    this.#reach(pair);
  }

  #reach(pair: Pair): void {
    if (this.#cut || pair.abandoned) return;
    const { address, port } = this.#options.target;
    const { near } = pair;
    const far = createConnection({
      host: address,
      port,
      localAddress: this.#sourceAddress,
      allowHalfOpen: true,
      noDelay: true,
    });
    pair.far = far;
    this.#watchEnd(pair, far);
    this.#pass(pair, near, far);
    this.#pass(pair, far, near);
    this.#flow(pair);
  }

  #pass(pair: Pair, from: Socket, to: Socket): void {
    from.on('data', (bytes) => {
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => this.#flow(pair));
    from.on('end', () => to.end());
  }

  #watchEnd(pair: Pair, socket: Socket): void {
    // `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      pair.ended = true;
      // The browser that closes its end is known here at once; the server learns it when the network lets it.
      if (!this.#cut && !pair.abandoned) this.#drop(pair);
      else if (pair.near.destroyed && (pair.far === null || pair.far.destroyed)) this.#pairs.delete(pair);
    });
  }

  #flow({ near, far, abandoned }: Pair): void {
    const flows = !this.#cut && !abandoned;
    for (const socket of [near, far]) {
      if (flows) socket?.resume();
      else socket?.pause();
    }
  }

  #drop(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.near.destroy();
    pair.far?.destroy();
  }
}
