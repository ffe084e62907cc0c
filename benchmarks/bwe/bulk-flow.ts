/**
 * The competitor that fills queues: a bulk transfer with Reno's window (RFC 5681) or CUBIC's (RFC 9438), each packet acknowledged.
 *
 * Simplified where it does not matter to whoever shares the link: nothing is sent again (all that counts is how much is on its way),
 * a packet is lost when three later ones have been acknowledged, the window falls at most once a round trip, and a timeout of a second
 * starts over.
 */
import type { Us } from '../../pipelines/link/link.ts';
import type { Answer, Flow, WirePacket } from './simulation.ts';

const PACKET_BYTES = 1500;
const ACK_BYTES = 52;
const REORDERING_PACKETS = 3;
const TIMEOUT_US = 1_000_000;
/** RFC 9438 sections 4.1 and 4.6. */
const CUBIC_C = 0.4;
const CUBIC_BETA = 0.7;
const RENO_BETA = 0.5;

export class BulkFlow implements Flow {
  readonly #kind: 'reno' | 'cubic';
  #window = 10;
  #threshold = Infinity;
  #sequence = 0;
  /** Sequence number to the time of sending. */
  readonly #inFlight = new Map<number, number>();
  #fellUs = -Infinity;
  #windowAtFall = 0;
  #heardUs = 0;

  constructor(kind: 'reno' | 'cubic') {
    this.#kind = kind;
  }

  wakeUs(): number {
    if (this.#inFlight.size < Math.floor(this.#window)) return 0;
    return this.#heardUs + TIMEOUT_US;
  }

  wake(nowUs: Us): { bytes: number; sequence: number }[] {
    if (this.#sequence === 0) this.#heardUs = nowUs;
    if (this.#inFlight.size > 0 && nowUs >= this.#heardUs + TIMEOUT_US) {
      this.#threshold = Math.max(2, this.#window / 2);
      this.#window = 1;
      this.#inFlight.clear();
      this.#heardUs = nowUs;
    }
    const sent: { bytes: number; sequence: number }[] = [];
    while (this.#inFlight.size < Math.floor(this.#window)) {
      const sequence = this.#sequence++;
      this.#inFlight.set(sequence, nowUs);
      sent.push({ bytes: PACKET_BYTES, sequence });
    }
    return sent;
  }

  arrived(packet: WirePacket): Answer<number> {
    return { bytes: ACK_BYTES, content: packet.sequence };
  }

  answerDueUs(): number {
    return Infinity;
  }

  answers(): [] {
    return [];
  }

  answered(content: unknown, nowUs: Us): void {
    if (typeof content !== 'number') return;
    const sentUs = this.#inFlight.get(content);
    if (sentUs === undefined) return;
    this.#inFlight.delete(content);
    this.#heardUs = nowUs;
    this.#grow(nowUs, nowUs - sentUs);
    for (const [sequence, lostSentUs] of this.#inFlight) {
      if (sequence > content - REORDERING_PACKETS) break;
      this.#inFlight.delete(sequence);
      if (lostSentUs > this.#fellUs) this.#fall(nowUs);
    }
  }

  sample(): { estimateBps: number; targetBps: number } {
    return { estimateBps: 0, targetBps: 0 };
  }

  #grow(nowUs: number, roundTripUs: number): void {
    if (this.#window < this.#threshold) this.#window += 1;
    else if (this.#kind === 'reno') this.#window += 1 / this.#window;
    else {
      const sinceS = (nowUs - this.#fellUs + roundTripUs) / 1e6;
      const plateauS = Math.cbrt((this.#windowAtFall * (1 - CUBIC_BETA)) / CUBIC_C);
      const cubic = CUBIC_C * (sinceS - plateauS) ** 3 + this.#windowAtFall;
      // RFC 9438 section 4.3: never less than Reno would have.
      const reno =
        this.#windowAtFall * CUBIC_BETA +
        ((3 * (1 - CUBIC_BETA)) / (1 + CUBIC_BETA)) * ((sinceS * 1e6) / roundTripUs);
      const goal = Math.min(Math.max(cubic, reno), this.#window * 1.5);
      this.#window += Math.max(0.01, goal - this.#window) / this.#window;
    }
  }

  #fall(nowUs: number): void {
    const beta = this.#kind === 'reno' ? RENO_BETA : CUBIC_BETA;
    this.#fellUs = nowUs;
    this.#windowAtFall = this.#window;
    this.#window = Math.max(2, this.#window * beta);
    this.#threshold = this.#window;
  }
}
