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
 * - Media over UDP goes through two links of pipelines/link, which let everything pass at once until `shape` or `setLinks`.
 *   With `links` among the options they run on a thread of their own, and there is no TCP for media: ICE would go around them.
 * - `changeAddress` is what a device sees that leaves one network for another: its old sockets reach nobody, and nothing
 *   tells it so. `rebind` is what it cannot see: a NAT on the way forgets, and gives its sockets other ports.
 */
import {
  AccessLink,
  type AccessLinkControl,
  type AccessLinkReport,
  type LinkPair,
} from '../../../pipelines/link/live/accessLink.ts';
import { AccessLinkThread } from '../../../pipelines/link/live/accessLinkThread.ts';
import type { LinkConfig } from '../../../pipelines/link/link.ts';
import { TcpRelay, type TcpRelayOptions } from './tcpRelay.ts';

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
  /** Emulated links for media, up and down. Null: everything passes at once until `setLinks`. */
  readonly links?: LinkPair | null;
}

/** What `shape` sets, each way. */
export interface Shape {
  /** Share of packets that get lost, 0 to 1. */
  readonly loss: number;
  readonly delayMs: number;
}

export class NetworkTargetError extends Error {
  readonly code = 'NETWORK_TARGET';
  override readonly name = 'NetworkTargetError';
}

/** More than loopback carries. */
const NO_LIMIT_BPS = 1e11;
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
  readonly #tcp: TcpRelay[] = [];
  #udp: AccessLinkControl | undefined;
  #shape: Shape = { loss: 0, delayMs: 0 };
  #changes = 0;
  #closing: Promise<void> | undefined;

  private constructor(host: number, origin: URL) {
    this.#host = host;
    this.address = `127.0.0.${host}`;
    const own = new URL(origin);
    own.hostname = this.address;
    this.origin = own.origin;
  }

  /**
   * @throws NetworkTargetError where the server's media ports are not known; LinkConfigError; the system's error where a port is
   *   taken
   */
  static async open(target: NetworkTarget, options: NetworkOptions = {}): Promise<ParticipantNetwork> {
    if (target.mediaPorts.length === 0) {
      throw new NetworkTargetError('start the server with media.firstPort: its ports must be known');
    }
    const origin = new URL(target.origin);
    const host = FIRST_HOST + (opened % (LAST_HOST - FIRST_HOST + 1));
    opened += 1;
    const network = new ParticipantNetwork(host, origin);
    try {
      await network.#listen(Number(origin.port), target.mediaPorts, options);
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
    this.#setCut(true);
  }

  restore(): void {
    this.#setCut(false);
  }

  /** Another network: all sockets of the browser up to now reach nobody any more, new ones come from another address. */
  changeAddress(): void {
    const source = this.#nextSource();
    for (const relay of this.#tcp) relay.abandon(source);
    this.#udp?.abandon(source);
  }

  /** A NAT that forgets its UDP ports: the browser's sockets go on, the server sees them come from elsewhere. */
  rebind(): void {
    this.#udp?.rebind(this.#nextSource());
  }

  /** Loss (share, each way) and delay (each way) of UDP packets from now on. TCP is left alone. */
  async shape(shape: Partial<Shape>): Promise<void> {
    this.#shape = { ...this.#shape, ...shape };
    const { loss, delayMs } = this.#shape;
    const link: LinkConfig = {
      capacity: { kind: 'constant', bps: NO_LIMIT_BPS },
      queue: { discipline: 'drop-tail' },
      delayMs,
      loss: { kind: 'random', share: loss },
    };
    await this.setLinks({ up: link, down: link });
  }

  /**
   * New links for media, from time 0 on. Null: everything passes at once.
   * @returns when they began, in ms since 1970
   * @throws LinkConfigError
   */
  async setLinks(links: LinkPair | null): Promise<number> {
    return (await this.#udp?.setLinks(links)) ?? NaN;
  }

  /** What the links did since they were set. Null: the network is closed. */
  async linkReport(): Promise<AccessLinkReport | null> {
    return (await this.#udp?.report()) ?? null;
  }

  close(): Promise<void> {
    this.#closing ??= Promise.all(
      [...this.#tcp, ...(this.#udp ? [this.#udp] : [])].map((part) => part.close()),
    ).then(() => undefined);
    return this.#closing;
  }

  async #listen(
    httpPort: number,
    mediaPorts: readonly number[],
    { seed = 1, links }: NetworkOptions,
  ): Promise<void> {
    const sourceAddress = this.#nextSource();
    const relayOf = (port: number): TcpRelayOptions => ({
      address: this.address,
      port,
      target: { address: SERVER_ADDRESS, port },
    });
    for (const port of links === undefined ? [httpPort, ...mediaPorts] : [httpPort]) {
      this.#tcp.push(await TcpRelay.open(relayOf(port), sourceAddress));
    }
    const options = { relays: mediaPorts.map(relayOf), sourceAddress, links: links ?? null, seed };
    this.#udp = await (links === undefined ? AccessLink.open(options) : AccessLinkThread.open(options));
  }

  #setCut(cut: boolean): void {
    for (const relay of this.#tcp) relay.setCut(cut);
    this.#udp?.setCut(cut);
  }

  /** An address that this participant had not yet. */
  #nextSource(): string {
    this.#changes += 1;
    return `127.1.${this.#host}.${1 + (this.#changes % 250)}`;
  }
}
