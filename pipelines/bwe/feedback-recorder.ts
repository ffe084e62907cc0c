/**
 * The receiver's half: notes when each packet came and writes it into transport-wide feedback
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3).
 *
 * When to send: every 25 ms from 500 kbit/s on, and up to every 50 ms below, so that feedback costs little where the link is slow; only
 * where something has come since. Each feedback begins where the last one ended: a packet that comes late is told of by going back to it.
 *
 * What will surprise you: `take` gives more than one feedback where a gap between arrivals does not fit in 16 bits of ticks (8.2 s).
 */
import type { TransportFeedback } from '../rtp/rtcp-types.ts';
import { type ExtendedSequence, extendSequence, firstSequence } from '../rtp/unwrap.ts';

const MIN_INTERVAL_US = 25_000;
const MAX_INTERVAL_US = 50_000;
const FULL_SPEED_BPS = 500_000;
const SLOW_BPS = 150_000;
/** The rate that decides halves in so long at the most: right after a pause of the link, answers are worth most. */
const HALVES_US = 1_000_000;
const REFERENCE_US = 64_000;
const TICK_US = 250;
const MAX_TICKS = 0x7fff;
/** Arrivals without a `take`: beyond it the oldest are forgotten. */
const MAX_ARRIVALS = 4096;
/** Statuses of one feedback: a jump in the numbers beyond it begins anew. */
const MAX_SPAN = 2048;

export class FeedbackRecorder {
  readonly #senderSsrc: number;
  readonly #mediaSsrc: number;
  #arrivals = new Map<number, number>();
  #newest: ExtendedSequence | null = null;
  /** The first number that no feedback has spoken of. */
  #next = 0;
  #feedbackCount = 0;
  #bytesSinceTake = 0;
  #takenUs: number | null = null;
  #intervalUs = MAX_INTERVAL_US;
  #bps = 0;

  constructor(senderSsrc: number, mediaSsrc: number) {
    this.#senderSsrc = senderSsrc;
    this.#mediaSsrc = mediaSsrc;
  }

  /**
   * @param sequence 16 bits, as on the wire
   * @param receivedUs on this receiver's clock, which must not jump
   */
  onPacket(sequence: number, bytes: number, receivedUs: number): void {
    const extended = this.#newest === null ? firstSequence(sequence) : extendSequence(this.#newest, sequence);
    if (this.#newest === null || extended - this.#newest > MAX_SPAN || this.#newest - extended > MAX_SPAN) {
      this.#arrivals.clear();
      this.#newest = extended;
      this.#next = extended;
    } else if (extended > this.#newest) this.#newest = extended;
    this.#takenUs ??= receivedUs;
    this.#bytesSinceTake += bytes;
    // A copy: the first arrival counts.
    if (this.#arrivals.has(extended)) return;
    this.#arrivals.set(extended, receivedUs);
    if (this.#arrivals.size > MAX_ARRIVALS) {
      for (const oldest of this.#arrivals.keys()) {
        this.#arrivals.delete(oldest);
        break;
      }
    }
  }

  /** When feedback is next due, should there be something to tell. */
  get dueUs(): number {
    return (this.#takenUs ?? -Infinity) + this.#intervalUs;
  }

  /** @returns what came since the last call; nothing where nothing did */
  take(nowUs: number): TransportFeedback[] {
    const sinceUs = Math.max(1, nowUs - (this.#takenUs ?? nowUs));
    this.#bps = Math.max((this.#bytesSinceTake * 8e6) / sinceUs, this.#bps * 0.5 ** (sinceUs / HALVES_US));
    this.#intervalUs = intervalForUs(this.#bps);
    this.#takenUs = nowUs;
    this.#bytesSinceTake = 0;
    if (this.#arrivals.size === 0) return [];
    const arrivals = [...this.#arrivals].sort(([a], [b]) => a - b);
    this.#arrivals = new Map();
    const feedbacks: TransportFeedback[] = [];
    let at = 0;
    while (at < arrivals.length) {
      const [feedback, count] = this.#build(arrivals, at);
      feedbacks.push(feedback);
      at += count;
    }
    return feedbacks;
  }

  #build(arrivals: readonly (readonly [number, number])[], from: number): [TransportFeedback, number] {
    const [firstSequenceNumber = 0, firstUs = 0] = arrivals[from] ?? [];
    const base = Math.min(firstSequenceNumber, Math.max(this.#next, firstSequenceNumber - MAX_SPAN));
    const referenceTime64Ms = Math.floor(firstUs / REFERENCE_US);
    const deltas250Us: (number | null)[] = [];
    let lastTicks = (referenceTime64Ms * REFERENCE_US) / TICK_US;
    let count = 0;
    for (const [sequence, receivedUs] of arrivals.slice(from)) {
      const ticks = Math.round(receivedUs / TICK_US);
      if (Math.abs(ticks - lastTicks) > MAX_TICKS || sequence - base >= MAX_SPAN) break;
      while (deltas250Us.length < sequence - base) deltas250Us.push(null);
      deltas250Us.push(ticks - lastTicks);
      lastTicks = ticks;
      count += 1;
    }
    this.#next = Math.max(this.#next, base + deltas250Us.length);
    const feedback: TransportFeedback = {
      type: 'transport-feedback',
      senderSsrc: this.#senderSsrc,
      mediaSsrc: this.#mediaSsrc,
      baseSequenceNumber: base & 0xffff,
      referenceTime64Ms: (referenceTime64Ms << 8) >> 8,
      feedbackCount: this.#feedbackCount,
      deltas250Us,
    };
    this.#feedbackCount = (this.#feedbackCount + 1) & 0xff;
    return [feedback, Math.max(1, count)];
  }
}

/** Linear in the rate between the two ends. */
function intervalForUs(bps: number): number {
  const share = Math.min(1, Math.max(0, (bps - SLOW_BPS) / (FULL_SPEED_BPS - SLOW_BPS)));
  return MAX_INTERVAL_US - share * (MAX_INTERVAL_US - MIN_INTERVAL_US);
}
