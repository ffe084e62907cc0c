/**
 * How one participant reaches a server: a relay port for each UDP port of it, all of them behind the same two links (up and down), as
 * everything at home goes through one line.
 */
import { type IntervalHistogram, createHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { LinkConfig } from '../link.ts';
import { type DirectionReport, LiveLink } from './liveLink.ts';
import { UdpRelay, type UdpRelayOptions } from './udpRelay.ts';

export interface LinkPair {
  /** From the participant to the server. */
  readonly up: LinkConfig;
  readonly down: LinkConfig;
}

export interface AccessLinkOptions {
  readonly relays: readonly UdpRelayOptions[];
  /** Where packets to the server come from; null: from the server's own address. */
  readonly sourceAddress: string | null;
  /** Null: everything passes at once. */
  readonly links: LinkPair | null;
  /** Any whole number from 1 on. */
  readonly seed: number;
}

export interface Lateness {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface AccessLinkReport {
  /** When the links were set, in ms since 1970. */
  readonly startedAtMs: number;
  /** Null: everything passes at once. */
  readonly up: DirectionReport | null;
  readonly down: DirectionReport | null;
  /** Lost because the network was cut, both ways since the beginning. */
  readonly cutPackets: number;
  /** Packets passed on later than the model says, both ways since the beginning. Null: none was passed on. */
  readonly lateMs: Lateness | null;
  /** How late the event loop was, beyond its timer: so late a packet may also have been read. */
  readonly loopLateMs: Lateness;
}

/** What an access link is to its owner, in this thread or another. */
export interface AccessLinkControl {
  /** Where the participant sends to, in the order of the relays. */
  readonly ports: readonly number[];
  setCut(cut: boolean): void;
  /** See UdpRelay. */
  rebind(sourceAddress: string): void;
  abandon(sourceAddress: string): void;
  /**
   * New links, from time 0 on. Null: everything passes at once.
   * @returns when they began, in ms since 1970
   * @throws LinkConfigError
   */
  setLinks(links: LinkPair | null): Promise<number>;
  report(): Promise<AccessLinkReport>;
  close(): Promise<void>;
}

export const SAMPLE_MS = 100;
const LOOP_TIMER_MS = 5;

export class AccessLink implements AccessLinkControl {
  readonly #relays: UdpRelay[] = [];
  readonly #late = createHistogram();
  readonly #loop: IntervalHistogram = monitorEventLoopDelay({ resolution: LOOP_TIMER_MS });
  readonly #up: LiveLink;
  readonly #down: LiveLink;
  #startedMs = performance.now();
  #sampling: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  private constructor(seed: number) {
    this.#up = new LiveLink(seed, this.#late);
    this.#down = new LiveLink(seed + 1, this.#late);
  }

  /** @throws LinkConfigError; the system's error where a port is taken */
  static async open({ relays, sourceAddress, links, seed }: AccessLinkOptions): Promise<AccessLink> {
    const access = new AccessLink(seed);
    try {
      await access.setLinks(links);
      for (const options of relays) {
        const paths = { up: access.#up, down: access.#down };
        access.#relays.push(await UdpRelay.open(options, sourceAddress, paths));
      }
    } catch (error) {
      await access.close();
      throw error;
    }
    access.#loop.enable();
    return access;
  }

  get ports(): readonly number[] {
    return this.#relays.map(({ port }) => port);
  }

  setCut(cut: boolean): void {
    for (const relay of this.#relays) relay.setCut(cut);
  }

  rebind(sourceAddress: string): void {
    for (const relay of this.#relays) relay.rebind(sourceAddress);
  }

  abandon(sourceAddress: string): void {
    for (const relay of this.#relays) relay.abandon(sourceAddress);
  }

  setLinks(links: LinkPair | null): Promise<number> {
    const startedMs = performance.now();
    try {
      this.#up.setConfig(links?.up ?? null, startedMs);
      this.#down.setConfig(links?.down ?? null, startedMs);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    this.#startedMs = startedMs;
    clearInterval(this.#sampling);
    if (links !== null) {
      this.#sampling = setInterval(() => {
        this.#up.sample();
        this.#down.sample();
      }, SAMPLE_MS);
    }
    return Promise.resolve(performance.timeOrigin + startedMs);
  }

  report(): Promise<AccessLinkReport> {
    const [late, loop] = [this.#late, this.#loop];
    const lateMs = (us: number): number => (us - 1) / 1000;
    const loopMs = (ns: number): number => Math.max(0, ns / 1e6 - LOOP_TIMER_MS);
    return Promise.resolve({
      startedAtMs: performance.timeOrigin + this.#startedMs,
      up: this.#up.report(),
      down: this.#down.report(),
      cutPackets: this.#relays.reduce((sum, relay) => sum + relay.cutPackets, 0),
      lateMs:
        late.count === 0
          ? null
          : { p50: lateMs(late.percentile(50)), p99: lateMs(late.percentile(99)), max: lateMs(late.max) },
      loopLateMs: {
        p50: loopMs(loop.percentile(50)),
        p99: loopMs(loop.percentile(99)),
        max: loopMs(loop.max),
      },
    });
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      clearInterval(this.#sampling);
      this.#loop.disable();
      this.#up.close();
      this.#down.close();
      await Promise.all(this.#relays.map((relay) => relay.close()));
    })();
    return this.#closing;
  }
}
