/**
 * Tells loss that comes of sending too much from loss that does not, where no queue shows it: a policer, or a queue of a few packets.
 *
 * By experiment, as the draft of libwebrtc's newer loss estimator does by likelihood (what share is inherent to the path?): where more is lost
 * than is usual here, it sends 20 % less than what arrives for a moment. If clearly less is lost then, the loss was its own doing, and the rate
 * that arrived becomes a ceiling that rises slowly; if not, that share is usual here from now on, and costs nothing more.
 *
 * What will surprise you: up to `TOLERATED` more than usual is never looked into, and the margin grows with the chance that few packets bring.
 */

const WINDOW_US = 300_000;
const WINDOW_PACKETS = 40;
const TOLERATED = 0.03;
/** In standard deviations of a binomial share. */
const MARGIN = 2.5;
/** After so long without feedback the link was away, and what was lost then says nothing. */
const SILENT_US = 200_000;
const TEST_EVERY_US = 2_000_000;
const TEST_SHARE = 0.8;
/** Of the loss before, what may be left where sending less has helped. */
const HELPS = 0.4;
const CEILING_SHARE = 0.93;
const CEILING_GROWTH_PER_S = 1.03;

export interface LossInput {
  readonly nowUs: number;
  readonly received: number;
  readonly lost: number;
  /** Runs of lost packets among them: loss that comes in bursts scatters more. */
  readonly lostRuns: number;
  readonly receivedBytes: number;
  readonly roundTripUs: number;
  readonly estimateBps: number;
  /** A queue explains the loss, and is dealt with where it is seen. */
  readonly isQueueSeen: boolean;
}

interface Window {
  startUs: number;
  received: number;
  lost: number;
  runs: number;
  bytes: number;
}

export class LossGuard {
  #window: Window | null = null;
  #usual = 0;
  #test: { readonly fromUs: number; readonly bps: number; readonly share: number } | null = null;
  #ceilingBps = Infinity;
  #recent = 0;
  /** Packets in a run of lost ones, in the mean. */
  #runLength = 1;
  #heardUs: number | null = null;
  #testedUs = -Infinity;

  /** The estimate must not be above it; Infinity: loss says nothing. */
  get ceilingBps(): number {
    return this.#test === null ? this.#ceilingBps : Math.min(this.#ceilingBps, TEST_SHARE * this.#test.bps);
  }

  /** Of packets, 0 to 1: what is lost here whatever is sent. */
  get usualShare(): number {
    return this.#usual;
  }

  /** Of packets, 0 to 1, in the last window. */
  get recentShare(): number {
    return this.#recent;
  }

  get isTesting(): boolean {
    return this.#test !== null;
  }

  onFeedback(input: LossInput): void {
    const { nowUs, received, lost, receivedBytes, roundTripUs, estimateBps } = input;
    const silentUs = nowUs - (this.#heardUs ?? nowUs);
    this.#heardUs = nowUs;
    if (input.isQueueSeen || silentUs > SILENT_US) {
      this.#window = null;
      this.#test = null;
      return;
    }
    const window = (this.#window ??= { startUs: nowUs, received: 0, lost: 0, runs: 0, bytes: 0 });
    window.received += received;
    window.lost += lost;
    window.runs += input.lostRuns;
    window.bytes += receivedBytes;
    const packets = window.received + window.lost;
    // What was sent before the test began is still on its way: it does not count.
    if (this.#test !== null && nowUs < this.#test.fromUs) {
      this.#window = { startUs: nowUs, received: 0, lost: 0, runs: 0, bytes: 0 };
      return;
    }
    const spanUs = nowUs - window.startUs;
    const factor = this.#test === null ? 1 : 2;
    if (spanUs < factor * WINDOW_US || packets < factor * WINDOW_PACKETS) return;
    this.#window = { startUs: nowUs, received: 0, lost: 0, runs: 0, bytes: 0 };
    const share = window.lost / packets;
    const bps = (window.bytes * 8e6) / spanUs;
    this.#recent = share;
    if (this.#test !== null) {
      if (share < HELPS * this.#test.share) this.#ceilingBps = CEILING_SHARE * this.#test.bps;
      else this.#ceilingBps = Infinity;
      // What is lost at the lower rate too is none of its doing.
      this.#usual = Math.max(this.#usual, share);
      this.#test = null;
      return;
    }
    if (window.runs > 0) this.#runLength += (window.lost / window.runs - this.#runLength) / 4;
    const deviation = Math.sqrt((Math.max(0.02, this.#usual) * this.#runLength) / packets);
    if (share > this.#usual + TOLERATED + MARGIN * deviation) {
      if (nowUs - this.#testedUs < TEST_EVERY_US) return;
      this.#testedUs = nowUs;
      this.#test = { fromUs: nowUs + roundTripUs + 50_000, bps, share };
    } else {
      this.#usual += (share - this.#usual) / 16;
      this.#ceilingBps *= CEILING_GROWTH_PER_S ** (spanUs / 1e6);
      // It does not bind: the queue, or the application, is what limits.
      if (estimateBps < 0.7 * this.#ceilingBps) this.#ceilingBps = Infinity;
    }
  }
}
