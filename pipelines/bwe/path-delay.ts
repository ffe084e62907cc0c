/**
 * What the path's delay would be without queues, and how much of a packet's delay is queue. The base is the smallest delay of the last half
 * minute, as in Copa (Arun and Balakrishnan, NSDI '18, section 2) and BBR: long enough that queues have been empty in it, short enough
 * that another route is believed within it. Clocks that run 50 ppm apart would move it by 1.5 ms meanwhile, so it creeps.
 *
 * What will surprise you: `base…` readings contain the receiver's clock offset, forwards with one sign and backwards with the other. Their
 * sum, the base round trip, does not.
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
 * The smallest value of the last half minute, where each has grown by 60 ppm of its age. So a clock that runs fast does not make every
 * packet look late; one that runs slow brings new minima by itself.
 */
class CreepingMinimum {
  readonly #minima: (Least | null)[] = new Array<Least | null>(BUCKETS).fill(null);
  #bucket = -1;
  #least: Least = { value: Infinity, atUs: 0 };

  add(value: number, nowUs: number): void {
    const bucket = Math.floor(nowUs / BUCKET_US);
    if (bucket > this.#bucket) {
      const passed = this.#bucket < 0 ? BUCKETS : Math.min(BUCKETS, bucket - this.#bucket);
      for (let i = 0; i < passed; i++) this.#minima[(bucket - i) % BUCKETS] = null;
      this.#bucket = bucket;
      this.#least = { value: Infinity, atUs: nowUs };
      for (const least of this.#minima) {
        if (least !== null && grown(least, nowUs) < grown(this.#least, nowUs)) this.#least = least;
      }
    }
    const added = { value, atUs: nowUs };
    const at = this.#bucket % BUCKETS;
    const before = this.#minima[at] ?? null;
    if (before === null || value < grown(before, nowUs)) this.#minima[at] = added;
    if (value < grown(this.#least, nowUs)) this.#least = added;
  }

  at(nowUs: number): number {
    return grown(this.#least, nowUs);
  }
}

function grown({ value, atUs }: Least, nowUs: number): number {
  return value + CREEP * Math.max(0, nowUs - atUs);
}

export class PathDelay {
  readonly #forward = new CreepingMinimum();
  readonly #backward = new CreepingMinimum();
  #baseForwardUs = Infinity;
  #baseBackwardUs = Infinity;

  /** @param receivedUs on the receiver's clock */
  onPacket(sentUs: number, receivedUs: number, nowUs: number): void {
    this.#forward.add(receivedUs - sentUs, nowUs);
    this.#baseForwardUs = this.#forward.at(nowUs);
  }

  /** @param lastReceivedUs of the packets that a feedback tells of, on the receiver's clock */
  onFeedback(lastReceivedUs: number, nowUs: number): void {
    this.#backward.add(nowUs - lastReceivedUs, nowUs);
    this.#baseBackwardUs = this.#backward.at(nowUs);
  }

  /** The smallest difference of arrival and sending; the clocks' offset is in it. Infinity before the first packet. */
  get baseForwardUs(): number {
    return this.#baseForwardUs;
  }

  get baseBackwardUs(): number {
    return this.#baseBackwardUs;
  }

  /** Both ways without queues; Infinity before the first feedback. */
  get baseRoundTripUs(): number {
    return Math.max(LEAST_ROUND_TRIP_US, this.#baseForwardUs + this.#baseBackwardUs);
  }

  /** @returns what of a packet's delay is queue, at least 0 */
  queueUs(sentUs: number, receivedUs: number): number {
    return Math.max(0, receivedUs - sentUs - this.#baseForwardUs);
  }
}
