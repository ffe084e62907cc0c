/**
 * Test networks between the server and the media of single participants: real packets through an emulated link (pipelines/link).
 *
 *   browser ⇄ UDP relay, a port of its own on each address of the media ⇄ emulated link ⇄ mediasoup's port
 *
 * Both transports of a participant are offered with the relay's ports as their only candidates, so that everything of him goes through
 * one pair of links, and nothing past it: no TCP, and no port of mediasoup's.
 *
 * Each network is a thread. Its owner closes it, with the transports that it carries. A thread that dies by itself says `died`, and
 * its owner makes other transports.
 */
import { EventEmitter } from 'node:events';
import { isIPv6 } from 'node:net';
import { ProtocolError } from '../../signaling/errors.ts';
import type { IceCandidate } from '../../signaling/messages/media.ts';
import type { EmulatedNetwork } from '../../signaling/messages/requests.ts';
import { AccessLinkThread } from '../../pipelines/link/live/accessLinkThread.ts';
import type { UdpRelayOptions } from '../../pipelines/link/live/udpRelay.ts';
import type { Logger } from '../observe/logger.ts';
import type { MediaAddress } from '../reach/mediaAddresses.ts';
import { linksOf } from './networks.ts';

export interface EmulatorOptions {
  /** Where mediasoup's workers listen. */
  readonly listen: readonly MediaAddress[];
  /** Networks at once; 0: none are offered. */
  readonly max: number;
  /** Their ports are this and the next ones; 0: any. */
  readonly firstPort: number;
  readonly logger: Logger;
}

export interface EmulatedWayEvents {
  /** It ended by itself: nothing passes any more. */
  died: [];
}

/** Which packets get lost is the same each time. */
const SEED = 1;

/** A port of mediasoup's, and the one in front of it. */
interface Hop {
  readonly candidates: ReadonlySet<string>;
  readonly relay: UdpRelayOptions;
}

export class NetworkEmulator {
  readonly #options: EmulatorOptions;
  /** Of the networks that run, by number. */
  readonly #slots = new Map<number, EmulatedWay>();
  #closed = false;

  constructor(options: EmulatorOptions) {
    this.#options = options;
  }

  get enabled(): boolean {
    return this.#options.max > 0;
  }

  /** Networks that run now. */
  get running(): number {
    return this.#slots.size;
  }

  /**
   * @param candidates of a transport that will go through it
   * @throws ProtocolError EmulationUnavailable
   */
  async open(network: EmulatedNetwork, candidates: readonly IceCandidate[]): Promise<EmulatedWay> {
    const { max, logger } = this.#options;
    if (!this.enabled) throw new ProtocolError('EmulationUnavailable', 'this server has no test networks');
    // Who comes back gets the ports that he had a moment ago.
    await Promise.all([...this.#slots.values()].flatMap((way) => (way.closed ? [way.released] : [])));
    if (this.#closed) throw new ProtocolError('EmulationUnavailable', 'the server is closing');
    let failure: Error | null = null;
    for (let slot = 0; slot < max; slot += 1) {
      if (this.#slots.has(slot)) continue;
      try {
        return await this.#openIn(slot, network, candidates);
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
        // Somebody else may have that port: the next one, then.
        if (!isPortTaken(failure)) break;
      }
    }
    if (failure === null) {
      throw new ProtocolError('EmulationUnavailable', `all ${max} test networks are in use`);
    }
    logger.warn({ network, error: String(failure) }, 'test network not opened');
    throw new ProtocolError('EmulationUnavailable', 'the test network could not be set up', {
      cause: failure,
    });
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    for (const way of this.#slots.values()) way.close();
  }

  async #openIn(
    slot: number,
    network: EmulatedNetwork,
    candidates: readonly IceCandidate[],
  ): Promise<EmulatedWay> {
    const way = new EmulatedWay(network, hopsOf(this.#options, candidates, slot));
    this.#slots.set(slot, way);
    void way.released.then(() => this.#slots.delete(slot));
    try {
      await way.open();
      return way;
    } catch (error) {
      way.close();
      throw error;
    }
  }
}

function isPortTaken(error: Error): boolean {
  return 'code' in error && error.code === 'EADDRINUSE';
}

/** One participant's. */
export class EmulatedWay extends EventEmitter<EmulatedWayEvents> {
  readonly #hops: readonly Hop[];
  /** Its ports are free again. */
  readonly released: Promise<void>;
  #release: () => void = () => undefined;
  #network: EmulatedNetwork;
  #link: AccessLinkThread | null = null;
  #closed = false;

  constructor(network: EmulatedNetwork, hops: readonly Hop[]) {
    super();
    this.#network = network;
    this.#hops = hops;
    this.released = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  get network(): EmulatedNetwork {
    return this.#network;
  }

  /** Closed, or died. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Once, by its maker. @throws LinkConfigError, RangeError; the system's error where a port is taken */
  async open(): Promise<void> {
    if (this.#hops.length === 0) throw new RangeError('media has no UDP port to stand in front of');
    const options = {
      relays: this.#hops.map(({ relay }) => relay),
      sourceAddress: null,
      links: linksOf(this.#network),
      seed: SEED,
    };
    const link = await AccessLinkThread.open(options, () => {
      this.close();
      this.emit('died');
    });
    this.#link = link;
    if (!this.#closed) return;
    // With everything, while it was being opened.
    this.#end();
    throw new RangeError('closed while it was being opened');
  }

  /** Another network on the same ports, from now on. @throws ProtocolError EmulationUnavailable */
  async change(network: EmulatedNetwork): Promise<void> {
    try {
      await this.#link?.setLinks(linksOf(network));
    } catch (cause) {
      throw new ProtocolError('EmulationUnavailable', 'the test network has just ended', { cause });
    }
    this.#network = network;
  }

  /** Of these candidates of the server those that lead through the network. */
  through(candidates: readonly IceCandidate[]): IceCandidate[] {
    const ports = this.#link?.ports ?? [];
    return candidates.flatMap((candidate) => {
      const index = this.#hops.findIndex((hop) => hop.candidates.has(keyOf(candidate)));
      const port = ports[index];
      return port === undefined ? [] : [{ ...candidate, port }];
    });
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#end();
  }

  #end(): void {
    if (this.#link === null) this.#release();
    else void this.#link.close().then(() => this.#release());
  }
}

/** One for each address on which mediasoup listens with UDP; an address may be told by two names. */
function hopsOf(
  { listen, firstPort }: EmulatorOptions,
  candidates: readonly IceCandidate[],
  slot: number,
): readonly Hop[] {
  return listen.flatMap(({ ip, announcedAddress }) => {
    const own = candidates.filter(
      ({ protocol, address }) => protocol === 'udp' && (address === ip || address === announcedAddress),
    );
    const [first] = own;
    if (first === undefined) return [];
    const target = { address: localOf(ip), port: first.port };
    const port = firstPort === 0 ? 0 : firstPort + slot;
    return [{ candidates: new Set(own.map(keyOf)), relay: { address: ip, port, target } }];
  });
}

function keyOf({ protocol, address, port }: IceCandidate): string {
  return `${protocol} ${address} ${port}`;
}

/** Where something that listens on every address is reached from here. */
function localOf(ip: string): string {
  if (ip === '0.0.0.0' || ip === '::') return isIPv6(ip) ? '::1' : '127.0.0.1';
  return ip;
}
