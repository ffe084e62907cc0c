/**
 * What the path's delay would be without queues, and how much of a packet's delay is queue. The base is the smallest delay of the last half
 * minute, as in Copa (Arun and Balakrishnan, NSDI '18, section 2) and BBR: long enough that queues have been empty in it, short enough
 * that another route is believed within it. Clocks that run 50 ppm apart would move it by 1.5 ms meanwhile, so it creeps.
 *
 * What will surprise you: the forward base contains the receiver's clock offset, the base round trip does not. It does not creep either: what the
 * clocks drift, one way gains and the other loses, and flows whose bases crept differently would not share a queue evenly.
 */

const BUCKETS = 30;
const BUCKET_US = 1_000_000;
/** What two ordinary clocks differ by, and a little more. */
const CREEP = 60e-6;
/** A receiver can say whatever it likes about its clock. */
const LEAST_ROUND_TRIP_US = 1_000;

interface Least {
  readonly value: number;
  readonly atUs: number;
}

/**
 * The smallest value of the last half minute, where each has grown with its age. With 60 ppm a clock that runs fast does not make every
 * packet look late; one that runs slow brings new minima by itself.
 */
class CreepingMinimum {
  readonly #creep: number;
  readonly #minima: (Least | null)[] = new Array<Least | null>(BUCKETS).fill(null);
  #bucket = -1;
  #least: Least = { value: Infinity, atUs: 0 };

  /** @param creep by how much a value grows for each unit of its age */
  constructor(creep: number) {
    this.#creep = creep;
  }

  add(value: number, nowUs: number): void {
    const bucket = Math.floor(nowUs / BUCKET_US);
    if (bucket > this.#bucket) {
      const passed = this.#bucket < 0 ? BUCKETS : Math.min(BUCKETS, bucket - this.#bucket);
      for (let i = 0; i < passed; i++) this.#minima[(bucket - i) % BUCKETS] = null;
      this.#bucket = bucket;
      this.#least = { value: Infinity, atUs: nowUs };
      for (const least of this.#minima) {
        if (least === null) continue;
        if (this.#grown(least, nowUs) < this.#grown(this.#least, nowUs)) this.#least = least;
      }
    }
    const added = { value, atUs: nowUs };
    const at = this.#bucket % BUCKETS;
    const before = this.#minima[at] ?? null;
    if (before === null || value < this.#grown(before, nowUs)) this.#minima[at] = added;
    if (value < this.#grown(this.#least, nowUs)) this.#least = added;
  }

  at(nowUs: number): number {
    return this.#grown(this.#least, nowUs);
  }

  #grown({ value, atUs }: Least, nowUs: number): number {
    return value + this.#creep * Math.max(0, nowUs - atUs);
  }
}

export class PathDelay {
  readonly #forward = new CreepingMinimum(CREEP);
  readonly #steadyForward = new CreepingMinimum(0);
  readonly #steadyBackward = new CreepingMinimum(0);
  #baseForwardUs = Infinity;
  #baseRoundTripUs = Infinity;

  /** @param receivedUs on the receiver's clock */
  onPacket(sentUs: number, receivedUs: number, nowUs: number): void {
    this.#forward.add(receivedUs - sentUs, nowUs);
    this.#steadyForward.add(receivedUs - sentUs, nowUs);
    this.#baseForwardUs = this.#forward.at(nowUs);
  }

  /** @param lastReceivedUs of the packets that a feedback tells of, on the receiver's clock */
  onFeedback(lastReceivedUs: number, nowUs: number): void {
    this.#steadyBackward.add(nowUs - lastReceivedUs, nowUs);
    this.#baseRoundTripUs = this.#steadyForward.at(nowUs) + this.#steadyBackward.at(nowUs);
  }

  /** The smallest difference of arrival and sending; the clocks' offset is in it. Infinity before the first packet. */
  get baseForwardUs(): number {
    return this.#baseForwardUs;
  }

  /** Both ways without queues; Infinity before the first feedback. */
  get baseRoundTripUs(): number {
    return Math.max(LEAST_ROUND_TRIP_US, this.#baseRoundTripUs);
  }

  /** @returns what of a packet's delay is queue, at least 0 */
  queueUs(sentUs: number, receivedUs: number): number {
    return Math.max(0, receivedUs - sentUs - this.#baseForwardUs);
  }
}
