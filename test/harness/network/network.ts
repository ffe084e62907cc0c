/**
 * One participant's network, under a test's control: a relay in this process between his browser and the server, for HTTP and
 * WebSocket as for media over UDP and TCP. The others' networks stay as they are.
 *
 * The relay has a loopback address of its own (127.0.0.2 and up) and the server's ports on it. The page is opened from that
 * address, so that its connection goes through the relay; for media, a script in the page changes the server's address in
 * the ICE candidates that the browser is given (test/page/network.ts). The description is changed inside the page, and
 * not on the wire, so that TLS and compression of the signalling do not matter, and nothing that is measured is
 * rewritten.
 *
 * What will surprise you:
 * - The server must announce 127.0.0.1 and have known ports (`media.firstPort`): other candidates would lead past the relay.
 * - `changeAddress` is what a device sees that leaves one network for another: its old sockets reach nobody, and nothing
 *   tells it so. `rebind` is what it cannot see: a NAT on the way forgets, and gives its sockets other ports.
 */
import { type PacketFate, UdpRelay } from './udpRelay.ts';
import { seededRandom } from './random.ts';
import { TcpRelay } from './tcpRelay.ts';

/** What a network leads to. `TestServer` is one. */
export interface NetworkTarget {
  /** Where the server's page is, on a loopback address. */
  readonly origin: string;
  /** UDP and TCP ports for media on 127.0.0.1. */
  readonly mediaPorts: readonly number[];
}

export interface NetworkOptions {
  /** Of the generator that decides which packets get lost. Default 1. */
  readonly seed?: number;
}

export class NetworkTargetError extends Error {
  readonly code = 'NETWORK_TARGET';
  override readonly name = 'NetworkTargetError';
}

const SERVER_ADDRESS = '127.0.0.1';
const FIRST_HOST = 2;
const LAST_HOST = 250;
let opened = 0;

export class ParticipantNetwork {
  /** The loopback address that stands for the server in this network. */
  readonly address: string;
  /** Where this participant finds the server's page. */
  readonly origin: string;
  readonly #host: number;
  readonly #random: () => number;
  readonly #tcp: TcpRelay[] = [];
  readonly #udp: UdpRelay[] = [];
  #fate: Omit<PacketFate, 'random'> = { loss: 0, delayMs: 0 };
  #changes = 0;
  #closing: Promise<void> | undefined;

  private constructor(host: number, origin: URL, seed: number) {
    this.#host = host;
    this.address = `127.0.0.${host}`;
    const own = new URL(origin);
    own.hostname = this.address;
    this.origin = own.origin;
    this.#random = seededRandom(seed);
  }

  /**
   * @throws NetworkTargetError where the server's media ports are not known; the system's error where a port is taken
   */
  static async open(target: NetworkTarget, options: NetworkOptions = {}): Promise<ParticipantNetwork> {
    if (target.mediaPorts.length === 0) {
      throw new NetworkTargetError('start the server with media.firstPort: its ports must be known');
    }
    const origin = new URL(target.origin);
    const host = FIRST_HOST + (opened % (LAST_HOST - FIRST_HOST + 1));
    opened += 1;
    const network = new ParticipantNetwork(host, origin, options.seed ?? 1);
    try {
      await network.#listen(Number(origin.port), target.mediaPorts);
    } catch (error) {
      await network.close();
      throw error;
    }
    return network;
  }

  /** TCP connections of the browser that are open, dead ones included. */
  get connections(): number {
    return this.#tcp.reduce((sum, relay) => sum + relay.connections, 0);
  }

  /** For the page: which address in ICE candidates becomes which. */
  get rewrite(): { readonly from: string; readonly to: string } {
    return { from: SERVER_ADDRESS, to: this.address };
  }

  /** From now on nothing passes; sockets stay open, and nobody is told. */
  cut(): void {
    for (const relay of [...this.#tcp, ...this.#udp]) relay.setCut(true);
  }

  restore(): void {
    for (const relay of [...this.#tcp, ...this.#udp]) relay.setCut(false);
  }

  /** Another network: all sockets of the browser up to now reach nobody any more, new ones come from another address. */
  changeAddress(): void {
    const source = this.#nextSource();
    for (const relay of [...this.#tcp, ...this.#udp]) relay.abandon(source);
  }

  /** A NAT that forgets its UDP ports: the browser's sockets go on, the server sees them come from elsewhere. */
  rebind(): void {
    const source = this.#nextSource();
    for (const relay of this.#udp) relay.rebind(source);
  }

  /** Loss (share, each way) and delay (each way) of UDP packets from now on. TCP is left alone. */
  shape(fate: Partial<Omit<PacketFate, 'random'>>): void {
    this.#fate = { ...this.#fate, ...fate };
  }

  close(): Promise<void> {
    this.#closing ??= Promise.all([...this.#tcp, ...this.#udp].map((relay) => relay.close())).then(
      () => undefined,
    );
    return this.#closing;
  }

  async #listen(httpPort: number, mediaPorts: readonly number[]): Promise<void> {
    const source = this.#nextSource();
    for (const port of [httpPort, ...mediaPorts]) {
      const options = { address: this.address, port, target: { address: SERVER_ADDRESS, port } };
      this.#tcp.push(await TcpRelay.open(options, source));
      if (port === httpPort) continue;
      this.#udp.push(await UdpRelay.open(options, source, () => ({ ...this.#fate, random: this.#random })));
    }
  }

  /** An address that this participant had not yet. */
  #nextSource(): string {
    this.#changes += 1;
    return `127.1.${this.#host}.${1 + (this.#changes % 250)}`;
  }
}
