/**
 * Retransmissions that feed on themselves: what is sent again fills the queue that lost it, and is lost and asked for again. mediasoup answers every
 * request for a lost packet, so on a link that has become narrow most of what is sent may soon be sent for the second time. The way
 * out is to send no picture for a moment: the queue empties, what was lost is forgotten (mediasoup clears what it keeps for retransmission),
 * and the picture begins anew with a key frame at the rate that the way takes.
 *
 * Pure, with the clock as an argument.
 */

/**
 * What is sent again, against what is sent: more is a storm. Repairs of random loss stay well below, and those of a queue that
 * is full for a moment too: with less than this mediasoup's estimate gets along, and a pause would only make receivers play out later.
 */
const STORM_SHARE = 3;
/** Below this it is no matter, bits per second. */
const STORM_LEAST_BPS = 1_000_000;
/** No picture for so long: as long as the queues of usual access links. */
const RELIEF_MS = 900;
/**
 * After a relief, before the next one; doubled each time that it comes so soon again. Each costs a key frame, of which a narrow way could make
 * the next storm.
 */
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 40_000;

export class StormRelief {
  #untilMs = -Infinity;
  #nextMs = -Infinity;
  #pauseMs = FIRST_PAUSE_MS;

  /**
   * @param sentBps RTP without retransmissions
   * @param resentBps retransmissions
   */
  look(
    nowMs: number,
    { sentBps, resentBps }: { readonly sentBps: number; readonly resentBps: number },
  ): void {
    if (nowMs < this.#nextMs || resentBps < Math.max(STORM_LEAST_BPS, STORM_SHARE * sentBps)) return;
    const soonAgain = nowMs - this.#nextMs < this.#pauseMs;
    this.#pauseMs = soonAgain ? Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
    this.#untilMs = nowMs + RELIEF_MS;
    this.#nextMs = this.#untilMs + this.#pauseMs;
  }

  /** Whether no picture shall be sent. */
  active(nowMs: number): boolean {
    return nowMs < this.#untilMs;
  }
}
