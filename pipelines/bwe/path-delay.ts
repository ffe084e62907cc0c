/**
 * What the path's delay would be without queues, and how much of a packet's delay is queue. The base is the smallest delay of the last half
 * minute, as in Copa (Arun and Balakrishnan, NSDI '18, section 2) and BBR: long enough that queues have been empty in it, short enough
 * that clocks 50 ppm apart have not moved by more than 1.5 ms, and that another route is believed within it.
 *
 * What will surprise you: `base…` readings contain the receiver's clock offset, forwards with one sign and backwards with the other. Their
 * sum, the base round trip, does not.
 */

const BUCKETS = 6;
const BUCKET_US = 5_000_000;
/** A receiver can say whatever it likes about its clock. */
const LEAST_ROUND_TRIP_US = 1_000;

/** The smallest value of the last 25 to 30 seconds. */
class WindowedMinimum {
  readonly #minima: number[] = new Array<number>(BUCKETS).fill(Infinity);
  #bucket = -1;

  add(value: number, nowUs: number): void {
    const bucket = Math.floor(nowUs / BUCKET_US);
    const passed = this.#bucket < 0 ? BUCKETS : Math.min(BUCKETS, bucket - this.#bucket);
    for (let i = 0; i < passed; i++) this.#minima[(bucket - i) % BUCKETS] = Infinity;
    if (bucket > this.#bucket) this.#bucket = bucket;
    const at = this.#bucket % BUCKETS;
    this.#minima[at] = Math.min(this.#minima[at] ?? Infinity, value);
  }

  get value(): number {
    return Math.min(...this.#minima);
  }
}

export class PathDelay {
  readonly #forward = new WindowedMinimum();
  readonly #backward = new WindowedMinimum();
  #baseForwardUs = Infinity;
  #baseBackwardUs = Infinity;

  /** @param receivedUs on the receiver's clock */
  onPacket(sentUs: number, receivedUs: number, nowUs: number): void {
    this.#forward.add(receivedUs - sentUs, nowUs);
    this.#baseForwardUs = this.#forward.value;
  }

  /** @param lastReceivedUs of the packets that a feedback tells of, on the receiver's clock */
  onFeedback(lastReceivedUs: number, nowUs: number): void {
    this.#backward.add(nowUs - lastReceivedUs, nowUs);
    this.#baseBackwardUs = this.#backward.value;
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
