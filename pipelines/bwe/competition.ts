/**
 * Whether somebody else fills the queue, and the window to hold one's own then.
 *
 * Whoever keeps queues short gets next to nothing beside a flow that fills them until packets are lost, and cannot tell that from a link that
 * has become slow: in both cases the queue is as long as the target for the little that it gets. So it finds out by experiment. Where the
 * queue stays far above what it was meant to be at the rate of the last half minute, it lets its own part drain. If the queue goes with it, the
 * link is slow; if it stays, it is somebody else's, and this sender too grows by a packet a round trip and falls by 0.7 at a loss (the
 * mode switch is Copa's, NSDI '18, section 2.2; AIMD of RFC 5681 with CUBIC's factor, RFC 9438 section 4.6).
 *
 * What will surprise you: the experiment is repeated every ten seconds while competing, since alone it would go on filling the queue for
 * ever. Many flows of this kind at once (about six on 8 Mbit/s) look like somebody else to each other.
 */

const NOTICE_US = 1_000_000;
const HOLD_US = 10_000_000;
/** After the queue has turned out to be our own. */
const AGAIN_US = 5_000_000;
const LIMIT_FACTOR = 2;
const LIMIT_ADDED_US = 12_000;
/** Left of the queue after the experiment, at least, where it is somebody else's. */
const STAYS = 0.5;
const MAX_VOLATILITY = 0.3;
/** After so long without feedback a long queue is the outage's. */
const SILENT_US = 600_000;
const DECREASE = 0.7;
const MIN_PACKETS = 4;
const INCREASE_BYTES = 2000;

export interface CompetitionInput {
  readonly nowUs: number;
  /** The shortest queue that a packet of this feedback met. */
  readonly leastQueueUs: number;
  /** What this sender would leave standing at the rate that it had lately. */
  readonly usualQueueUs: number;
  /** That rate. */
  readonly usualBps: number;
  /** How long the link needs for what this sender has in the queue. */
  readonly ownQueueUs: number;
  readonly baseRoundTripUs: number;
  readonly receivedBytes: number;
  readonly lostPackets: number;
  readonly packetBytes: number;
  readonly inFlightBytes: number;
  /** `Headroom.volatility`: on a link that comes and goes a long queue is nobody's. */
  readonly volatility: number;
}

type Phase =
  | { readonly name: 'alone'; sinceUs: number }
  | {
      readonly name: 'testing';
      readonly readFromUs: number;
      readonly untilUs: number;
      readonly beforeUs: number;
      leastUs: number;
    }
  | { readonly name: 'competing'; readonly sinceUs: number; fellUs: number };

export class Competition {
  #phase: Phase = { name: 'alone', sinceUs: Infinity };
  #windowBytes = 0;
  #queueUs = 0;
  #heardUs = -Infinity;

  /** Bytes that may be in flight while competing; null: nobody else is noticed. */
  get windowBytes(): number | null {
    return this.#phase.name === 'competing' ? this.#windowBytes : null;
  }

  /** Nothing is to be left in the queue: an experiment runs. */
  get wantsDrain(): boolean {
    return this.#phase.name === 'testing';
  }

  onFeedback(input: CompetitionInput): void {
    const { nowUs, leastQueueUs, usualQueueUs } = input;
    const limitUs = LIMIT_FACTOR * usualQueueUs + LIMIT_ADDED_US;
    const phase = this.#phase;
    this.#queueUs += (leastQueueUs - this.#queueUs) / 8;
    const isSilent = nowUs - this.#heardUs > SILENT_US;
    this.#heardUs = nowUs;
    if ((isSilent || input.volatility > MAX_VOLATILITY) && phase.name !== 'competing') {
      this.#phase = { name: 'alone', sinceUs: nowUs };
      return;
    }
    switch (phase.name) {
      case 'alone':
        if (leastQueueUs < limitUs) {
          phase.sinceUs = Math.max(nowUs, phase.sinceUs === Infinity ? 0 : phase.sinceUs);
        } else if (nowUs - phase.sinceUs > NOTICE_US + 5 * input.baseRoundTripUs) {
          this.#windowBytes = 0;
          this.#test(input);
        }
        return;
      case 'testing':
        if (nowUs >= phase.readFromUs) phase.leastUs = Math.min(phase.leastUs, leastQueueUs);
        if (nowUs < phase.untilUs) return;
        if (phase.leastUs < Infinity && phase.leastUs > Math.max(STAYS * phase.beforeUs, limitUs / 2)) {
          this.#windowBytes = Math.max(
            this.#windowBytes,
            this.#equalShare(input),
            MIN_PACKETS * input.packetBytes,
          );
          this.#phase = { name: 'competing', sinceUs: nowUs, fellUs: nowUs };
        } else this.#phase = { name: 'alone', sinceUs: nowUs + AGAIN_US };
        return;
      case 'competing':
        if (input.lostPackets === 0) {
          this.#windowBytes += (INCREASE_BYTES * input.receivedBytes) / Math.max(1, this.#windowBytes);
        } else if (nowUs - phase.fellUs > input.baseRoundTripUs + leastQueueUs) {
          this.#windowBytes *= DECREASE;
          phase.fellUs = nowUs;
        }
        this.#windowBytes = Math.max(this.#windowBytes, MIN_PACKETS * input.packetBytes);
        if (nowUs - phase.sinceUs > HOLD_US) this.#test(input);
        return;
    }
  }

  /** What this sender would have in flight with half of what it had alone. */
  #equalShare({ usualBps, baseRoundTripUs }: CompetitionInput): number {
    return this.#windowBytes > 0 ? 0 : (usualBps * (baseRoundTripUs + this.#queueUs)) / 16e6;
  }

  #test({ nowUs, ownQueueUs, baseRoundTripUs }: CompetitionInput): void {
    const readFromUs = nowUs + baseRoundTripUs + Math.min(600_000, ownQueueUs);
    const untilUs = readFromUs + baseRoundTripUs / 2 + 75_000;
    this.#phase = { name: 'testing', readFromUs, untilUs, beforeUs: this.#queueUs, leastUs: Infinity };
  }
}
