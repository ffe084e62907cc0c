/**
 * One direction of a link: a queue in front of a capacity, then a delay. Pure: its clock is an argument and its chance is seeded, so the
 * same model runs in virtual time, where hours take seconds, and live (`live/`).
 *
 * On its way a packet meets, in this order: a dead link, loss, the queue's limit, the queue with its discipline, the capacity,
 * propagation with jitter, reordering and duplication. A lost packet therefore takes no capacity, and neither does a copy.
 *
 * What will surprise you:
 * - The packet that is being sent counts as queued, whole, until its last byte has left.
 * - The model is as far as it was last asked. Counters and `nextUs` know nothing of what happened since.
 * - Every kind of chance has a generator of its own, drawn from the given one: the same seed loses the same packets with jitter and
 *   without.
 */
import { type SeededRandom, seededRandom, standardNormal } from '../seeded-random.ts';
import { type CapacityCurve, capacityCurve } from './model/capacity.ts';
import { Codel } from './model/codel.ts';
import { type JitterConfig, type LinkConfig, checkLinkConfig } from './model/config.ts';
import { Flight } from './model/flight.ts';
import { type LossModel, lossModel } from './model/loss.ts';
import { Ring } from './model/ring.ts';
import { type Us, asUs, msToUs } from './model/time.ts';

export type { Capacity, LinkConfig, LossConfig, OutageConfig, QueueConfig } from './model/config.ts';
export { LinkConfigError } from './model/config.ts';
export { OPPORTUNITY_BITS } from './model/capacity.ts';
export { TraceError, parseTrace } from './model/trace.ts';
export { type CellularOptions, cellularCapacity } from './model/cellular.ts';
export { type Us, asUs, msToUs } from './model/time.ts';

export interface LinkPacket {
  /** All that counts on the wire, IP and UDP headers included. */
  readonly bytes: number;
}

/** `lost` by chance, `queue-full` by a limit of the queue, `dead` while the link is. */
export type SendOutcome = 'queued' | 'lost' | 'queue-full' | 'dead';

export interface Delivery<P> {
  readonly packet: P;
  readonly atUs: Us;
  readonly duplicate: boolean;
}

/** Since the beginning. Of packets each is in one of them, or still queued. */
export interface LinkCounters {
  /** Given to `send()`, in bytes. */
  offeredBytes: number;
  lost: number;
  queueFull: number;
  dead: number;
  /** By CoDel. */
  dropped: number;
  /** Out of the queue; on their way or delivered. Copies are not among them. */
  left: number;
  /** Out of the queue, in bytes. */
  leftBytes: number;
}

interface Entry<P> {
  readonly packet: P;
  readonly enqueuedUs: number;
}

/** The queue as CoDel wants it. */
class PacketQueue<P extends LinkPacket> {
  readonly #entries = new Ring<Entry<P>>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#entries.length;
  }

  get first(): Entry<P> | undefined {
    return this.#entries.first;
  }

  push(entry: Entry<P>): void {
    this.#entries.push(entry);
    this.#bytes += entry.packet.bytes;
  }

  shift(): Entry<P> | undefined {
    const entry = this.#entries.shift();
    this.#bytes -= entry?.packet.bytes ?? 0;
    return entry;
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}

export class Link<P extends LinkPacket> {
  readonly #config: LinkConfig;
  readonly #curve: CapacityCurve;
  readonly #isLost: LossModel;
  readonly #jitter: SeededRandom;
  readonly #reorder: SeededRandom;
  readonly #duplicate: SeededRandom;
  readonly #queue = new PacketQueue<P>();
  readonly #codel: Codel<Entry<P>> | undefined;
  readonly #flight = new Flight<Delivery<P>>();
  readonly #deaths: readonly { readonly fromUs: Us; readonly toUs: Us }[];
  #nextDeath = 0;
  #nowUs = asUs(0);
  /** On the curve: bits up to the end of the packet that is being sent. */
  #position = 0;
  #sending: P | undefined;
  #leavesUs = asUs(0);
  readonly #counters: LinkCounters = {
    offeredBytes: 0,
    lost: 0,
    queueFull: 0,
    dead: 0,
    dropped: 0,
    left: 0,
    leftBytes: 0,
  };

  /**
   * @param random decides on loss, jitter, reordering and duplicates; only its first draws are taken
   * @throws LinkConfigError
   */
  constructor(config: LinkConfig, random: SeededRandom) {
    checkLinkConfig(config);
    this.#config = config;
    this.#curve = capacityCurve(config.capacity, config.outages);
    const own = (): SeededRandom => seededRandom(1 + random.integer(0xffff_ffff));
    this.#isLost = lossModel(config.loss, own());
    this.#jitter = own();
    this.#reorder = own();
    this.#duplicate = own();
    const { discipline, targetMs = 5, intervalMs = 100 } = config.queue;
    this.#codel =
      discipline === 'codel'
        ? new Codel({ targetMs, intervalMs }, () => (this.#counters.dropped += 1))
        : undefined;
    this.#deaths = (config.outages ?? [])
      .filter(({ packets }) => packets === 'lost')
      .map(({ fromMs, toMs }) => ({ fromUs: msToUs(fromMs), toUs: msToUs(toMs) }));
  }

  /**
   * @param nowUs never earlier than in any call before
   * @throws RangeError where it is
   */
  send(packet: P, nowUs: Us): SendOutcome {
    this.#advance(nowUs);
    this.#counters.offeredBytes += packet.bytes;
    if (nowUs < (this.#deaths[this.#nextDeath - 1]?.toUs ?? 0)) {
      this.#counters.dead += 1;
      return 'dead';
    }
    if (this.#isLost()) {
      this.#counters.lost += 1;
      return 'lost';
    }
    if (this.#isFullFor(packet, nowUs)) {
      this.#counters.queueFull += 1;
      return 'queue-full';
    }
    if (this.#isIdle) this.#position = Math.max(this.#position, this.#curve.bitsBy(nowUs));
    this.#queue.push({ packet, enqueuedUs: nowUs });
    return 'queued';
  }

  /**
   * When something can happen next without another `send()`: not later than the next delivery. `take()` may find nothing yet then, and
   * the next answer is later. Never before the time of the last call. Null: nothing is queued or on its way, or what is queued can never leave.
   */
  nextUs(): Us | null {
    const nextUs = Math.min(this.#flight.nextUs, this.#nextLeavingUs() + msToUs(this.#config.delayMs));
    return Number.isFinite(nextUs) ? asUs(Math.max(this.#nowUs, nextUs)) : null;
  }

  /** All deliveries due up to `nowUs`, in order of `atUs`. @throws RangeError where time goes back */
  take(nowUs: Us): Delivery<P>[] {
    this.#advance(nowUs);
    return this.#flight.take(nowUs);
  }

  /** @throws RangeError where time goes back */
  queueBytes(nowUs: Us): number {
    this.#advance(nowUs);
    return this.#queue.bytes + (this.#sending?.bytes ?? 0);
  }

  /**
   * What a packet sent now would wait: until all that is ahead of it has left; 0 where nothing is. Exact for drop-tail, as the model
   * knows its capacity to come; CoDel may make it shorter.
   * @throws RangeError where time goes back
   */
  queueDelayUs(nowUs: Us): number {
    this.#advance(nowUs);
    return this.#isIdle ? 0 : this.#curve.leftByUs(this.#position + this.#queue.bytes * 8) - nowUs;
  }

  /** What could have left after `fromUs` and up to `toUs`, outages taken off, in bits. */
  capacityBits(fromUs: Us, toUs: Us): number {
    return this.#curve.bitsBy(toUs) - this.#curve.bitsBy(fromUs);
  }

  get counters(): Readonly<LinkCounters> {
    return this.#counters;
  }

  get #isIdle(): boolean {
    return this.#sending === undefined && this.#queue.length === 0;
  }

  #isFullFor(packet: P, nowUs: Us): boolean {
    const { limitBytes = Infinity, limitMs = Infinity } = this.#config.queue;
    const bytes = this.#queue.bytes + (this.#sending?.bytes ?? 0);
    if (bytes + packet.bytes > limitBytes) return true;
    return limitMs < Infinity && this.queueDelayUs(nowUs) > msToUs(limitMs);
  }

  #advance(nowUs: Us): void {
    // Not `nowUs < this.#nowUs`: that is false for NaN.
    if (!(nowUs >= this.#nowUs)) throw new RangeError(`time went from ${this.#nowUs} to ${nowUs} us`);
    this.#nowUs = nowUs;
    for (
      let death = this.#deaths[this.#nextDeath];
      death !== undefined && death.fromUs <= nowUs;
      death = this.#deaths[this.#nextDeath]
    ) {
      this.#serve(death.fromUs);
      this.#counters.dead += this.#queue.length + (this.#sending === undefined ? 0 : 1);
      this.#queue.clear();
      this.#sending = undefined;
      this.#position = this.#curve.bitsBy(death.fromUs);
      this.#nextDeath += 1;
    }
    this.#serve(nowUs);
  }

  #serve(untilUs: number): void {
    for (;;) {
      if (this.#sending !== undefined) {
        if (this.#leavesUs > untilUs) return;
        this.#depart(this.#sending, this.#leavesUs);
        this.#sending = undefined;
        // The link wants a packet and finds none: that too is an event for CoDel.
        if (this.#queue.length === 0) this.#codel?.dequeue(this.#leavesUs, this.#queue);
      }
      const beginsUs = this.#headBeginsUs();
      if (beginsUs > untilUs) return;
      const entry =
        this.#codel === undefined ? this.#queue.shift() : this.#codel.dequeue(beginsUs, this.#queue);
      if (entry === undefined) return;
      this.#position += entry.packet.bytes * 8;
      this.#sending = entry.packet;
      this.#leavesUs = asUs(Math.max(beginsUs, this.#curve.leftByUs(this.#position)));
    }
  }

  /** When the queue's head is taken off it, where nothing is being sent. */
  #headBeginsUs(): number {
    const head = this.#queue.first;
    if (head === undefined) return Infinity;
    return Math.max(head.enqueuedUs, this.#curve.beginsUs(this.#position));
  }

  #nextLeavingUs(): number {
    return this.#sending === undefined ? this.#headBeginsUs() : this.#leavesUs;
  }

  #depart(packet: P, leftUs: Us): void {
    const { delayMs, jitter, reorder, duplicate } = this.#config;
    this.#counters.left += 1;
    this.#counters.leftBytes += packet.bytes;
    let atUs = leftUs + msToUs(delayMs);
    if (jitter !== undefined) {
      atUs += drawJitterUs(jitter, this.#jitter);
      if (jitter.mayReorder !== true) atUs = Math.max(atUs, this.#flight.lastInOrderUs);
    }
    const isLate = reorder !== undefined && this.#reorder.next() < reorder.share;
    if (isLate) atUs += msToUs(reorder.lateMs);
    this.#flight.add({ packet, atUs: asUs(atUs), duplicate: false }, isLate);
    if (duplicate !== undefined && this.#duplicate.next() < duplicate.share) {
      const copyUs = asUs(atUs + msToUs(duplicate.afterMs ?? 0));
      this.#flight.add({ packet, atUs: copyUs, duplicate: true }, true);
    }
  }
}

function drawJitterUs({ maxMs, shape = 'uniform' }: JitterConfig, random: SeededRandom): number {
  const maxUs = msToUs(maxMs);
  if (shape === 'uniform') return random.next() * maxUs;
  for (;;) {
    const drawnUs = maxUs / 2 + (standardNormal(random) * maxUs) / 6;
    if (drawnUs >= 0 && drawnUs <= maxUs) return drawnUs;
  }
}
