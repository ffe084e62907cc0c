/**
 * How much of the measured rate to send at, by how wildly the rate moves.
 *
 * The lower of a fast and a slow reading is a cautious forecast (Sprout, Winstein et al., NSDI '13, sends what fits with 95 % probability).
 * On a link that hardly moves both agree, and all of it can be used. The more it moves the more cautious that forecast is by itself: too
 * much so on links that come and go, where most of what is missed is missed just after they came back. So the headroom first falls with the
 * volatility, to keep the queue short on links that scatter, and then rises.
 */
import type { Tuning } from './tuning.ts';

/** A link that stands still for a moment must not count as infinitely slow. */
const LEAST_BPS = 10_000;
const WARM_UP_US = 2_000_000;

export class Headroom {
  readonly #tuning: Tuning;
  #volatility = 0;
  #seenUs = 0;

  constructor(tuning: Tuning) {
    this.#tuning = tuning;
  }

  /** Mean of |ln(fast / slow)|; 0: steady, 0.5: a link that comes and goes. */
  get volatility(): number {
    return this.#volatility;
  }

  /** @param spanUs of the receiver's time since the reading before */
  onReading(fastBps: number, slowBps: number, spanUs: number): void {
    const distance = Math.abs(Math.log(Math.max(LEAST_BPS, fastBps) / Math.max(LEAST_BPS, slowBps)));
    // A plain mean until the memory is full.
    this.#seenUs = Math.min(this.#tuning.volatilityMemoryUs, this.#seenUs + spanUs);
    const weight = Math.min(1, spanUs / Math.max(WARM_UP_US, this.#seenUs));
    this.#volatility += (distance - this.#volatility) * weight;
  }

  /** What to multiply the measured rate with. */
  get factor(): number {
    const { calmSlope, wildShare, wildSlope, maxHeadroom } = this.#tuning;
    const calm = 1 - calmSlope * this.#volatility;
    const wild = wildShare * Math.exp(wildSlope * this.#volatility);
    return Math.min(maxHeadroom, Math.max(calm, wild));
  }
}
