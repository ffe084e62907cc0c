/**
 * What a way has been seen to take, beside what mediasoup estimates. Pure, with the clock as an argument.
 *
 * mediasoup's estimate (GCC of libwebrtc) falls far below a link that was suddenly overloaded, because it starts again from what got
 * through in the worst moment, and then rises by 8 % a second: half a minute for a picture. What really arrives says more: a rate
 * that comes without loss or a growing queue is there, whatever the estimate says, and a little more may be tried.
 *
 * What will surprise you:
 * - All figures are of the whole way, sound included: what arrives is shared, and not what was meant.
 * - A queue shows as a round trip above the least one seen. That one may grow again, slowly, for routes change.
 */

/** One look at a way. */
export interface WaySample {
  /** RTP sent in the last second or so, retransmissions left out. */
  readonly sentBps: number;
  /** All that was sent: while a way is overloaded retransmissions may be most of what it carries. */
  readonly totalBps: number;
  /** Retransmissions alone. */
  readonly resentBps: number;
  /** Share of packets that got lost, 0 to 1; null: not known. */
  readonly loss: number | null;
  readonly rttMs: number | null;
}

/** Less is what radio links lose anyway, and NACK repairs it. */
const CLEAN_LOSS = 0.03;
const CLEAN_QUEUE_MS = 80;
/** More loss than this, or a longer queue, says that the way is overloaded. */
const OVERLOAD_LOSS = 0.08;
const OVERLOAD_QUEUE_MS = 200;
/** What is tried beyond what has been seen to arrive: boldly far below the last overload, or where there was none, else carefully. */
const TRY_BOLDLY = 1.5;
const TRY_CAREFULLY = 1.08;
/** Part of what the way carried in the last overload. */
const FAR_BELOW = 0.7;
/** Overloads that follow each other this closely are one. */
const EPISODE_MS = 4000;
/** So long the last overload says something of the way. */
const REMEMBER_MS = 30_000;
/** Left free of what got through under overload, so that the queue empties. */
const DRAIN = 0.8;
/** How much the least round trip grows a second, in parts of itself, where it is never seen again. */
const RTT_FORGET_PER_S = 0.01;
/** A proof this old proves nothing. */
const STALE_MS = 5000;

export class WayProof {
  #bps: number | null = null;
  #atMs = 0;
  #leastRttMs = Infinity;
  /** What the way carried in the last overload. */
  #ceilingBps = Infinity;
  #ceilingAtMs = -Infinity;

  look(nowMs: number, { sentBps, totalBps, loss, rttMs }: Omit<WaySample, 'resentBps'>): void {
    const elapsedS = this.#bps === null ? 0 : (nowMs - this.#atMs) / 1000;
    const queueMs = this.#queueMs(rttMs, elapsedS);
    this.#atMs = nowMs;
    const arrivedBps = sentBps * (1 - (loss ?? 0));
    if ((loss ?? 0) > OVERLOAD_LOSS || queueMs > OVERLOAD_QUEUE_MS) {
      // While it drains less arrives, which says nothing of the way.
      const goesOn = nowMs - this.#ceilingAtMs < EPISODE_MS;
      const carriedBps = totalBps * (1 - (loss ?? 0));
      this.#ceilingBps = goesOn ? Math.max(this.#ceilingBps, carriedBps) : carriedBps;
      this.#ceilingAtMs = nowMs;
      this.#bps = arrivedBps * DRAIN;
    } else if ((loss ?? 0) > CLEAN_LOSS || queueMs > CLEAN_QUEUE_MS) {
      this.#bps = arrivedBps;
    } else {
      const beyond = arrivedBps * this.#factor(nowMs, arrivedBps);
      // A pause of the encoder is no narrower way.
      this.#bps = Math.max(beyond, Math.min(this.#bps ?? 0, beyond * TRY_CAREFULLY));
    }
  }

  #factor(nowMs: number, arrivedBps: number): number {
    const remembered = nowMs - this.#ceilingAtMs < REMEMBER_MS;
    return remembered && arrivedBps > this.#ceilingBps * FAR_BELOW ? TRY_CAREFULLY : TRY_BOLDLY;
  }

  /** Bits per second that the way is taken to carry; null: nothing was seen of late. */
  provenBps(nowMs: number): number | null {
    return nowMs - this.#atMs > STALE_MS ? null : this.#bps;
  }

  #queueMs(rttMs: number | null, elapsedS: number): number {
    if (rttMs === null) return 0;
    this.#leastRttMs = Math.min(rttMs, this.#leastRttMs * (1 + RTT_FORGET_PER_S * elapsedS));
    return rttMs - this.#leastRttMs;
  }
}
