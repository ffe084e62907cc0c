/**
 * One direction of a link on the real clock: packets of a relay go through a `Link`, and timers bring them out.
 *
 * What will surprise you:
 * - The model decides when a packet is due; the timer only wakes up for it, up to a millisecond late (Node's timers have no finer
 *   grain), and that does not add up. How late each was is recorded.
 * - After `setConfig` a new link begins at time 0. What the old one held still comes out of it.
 */
import { type RecordableHistogram, createHistogram } from 'node:perf_hooks';
import { seededRandom } from '../../seeded-random.ts';
import { Link, type LinkConfig, type LinkCounters, type Us, asUs } from '../link.ts';
import { type LinkSample, LinkSampler } from '../samples.ts';
import type { PacketPath } from './udpRelay.ts';

/** IPv4 and UDP, without options: the relay sees payloads only. */
export const HEADER_BYTES = 28;

interface LivePacket {
  readonly bytes: number;
  readonly forward: () => void;
}

/** A link and when it began. */
interface Run {
  readonly link: Link<LivePacket>;
  readonly sampler: LinkSampler;
  readonly startedMs: number;
}

export interface DirectionReport {
  readonly counters: Readonly<LinkCounters>;
  readonly samples: readonly LinkSample[];
}

export class LiveLink implements PacketPath {
  readonly #seed: number;
  /** Microseconds. */
  readonly #late: RecordableHistogram;
  #run: Run | null = null;
  #draining: Run[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerMs = Infinity;

  /** @param late where the lateness of packets is recorded, in microseconds */
  constructor(seed: number, late: RecordableHistogram = createHistogram()) {
    this.#seed = seed;
    this.#late = late;
  }

  /**
   * @param config null: packets pass at once, and nothing is recorded
   * @param startedMs on the clock of performance.now()
   * @throws LinkConfigError
   */
  setConfig(config: LinkConfig | null, startedMs: number): void {
    const link = config === null ? null : new Link<LivePacket>(config, seededRandom(this.#seed));
    if (this.#run !== null) this.#draining.push(this.#run);
    this.#run = link === null ? null : { link, sampler: new LinkSampler(link), startedMs };
    this.#serve();
  }

  pass(packet: Buffer, forward: () => void): void {
    const run = this.#run;
    if (run === null) {
      forward();
      return;
    }
    run.link.send({ bytes: packet.length + HEADER_BYTES, forward }, sinceUs(run.startedMs));
    this.#serve();
  }

  sample(): void {
    if (this.#run !== null) this.#run.sampler.sample(sinceUs(this.#run.startedMs));
  }

  /** Of the link that is set now. */
  report(): DirectionReport | null {
    return this.#run === null
      ? null
      : { counters: { ...this.#run.link.counters }, samples: this.#run.sampler.samples };
  }

  /** What is on its way is lost. */
  close(): void {
    clearTimeout(this.#timer);
    this.#run = null;
    this.#draining = [];
  }

  #serve(): void {
    for (const run of this.#draining) this.#deliver(run);
    this.#draining = this.#draining.filter(({ link }) => link.nextUs() !== null);
    if (this.#run !== null) this.#deliver(this.#run);
    this.#arm();
  }

  #deliver({ link, startedMs }: Run): void {
    const nowUs = sinceUs(startedMs);
    for (const { packet, atUs } of link.take(nowUs)) {
      packet.forward();
      this.#late.record(1 + Math.round(nowUs - atUs));
    }
  }

  #arm(): void {
    let dueMs = Infinity;
    for (const { link, startedMs } of this.#run === null ? this.#draining : [this.#run, ...this.#draining]) {
      dueMs = Math.min(dueMs, startedMs + (link.nextUs() ?? Infinity) / 1000);
    }
    if (dueMs >= this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = dueMs;
    this.#timer = setTimeout(
      () => {
        this.#timerMs = Infinity;
        this.#serve();
      },
      Math.max(0, dueMs - performance.now()),
    );
  }
}

function sinceUs(startedMs: number): Us {
  return asUs((performance.now() - startedMs) * 1000);
}
