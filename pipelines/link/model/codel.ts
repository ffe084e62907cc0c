/**
 * CoDel, the controlled delay queue discipline: RFC 8289 section 5, re-told with an explicit clock.
 *
 * It looks at how long each packet has waited when it leaves the queue. Where that stays above the target for a whole interval it drops
 * one, and the next ones at times that come closer with the square root of their count, until the delay is below the target.
 */
import { msToUs } from './time.ts';

/** What is left in the queue; `shift` takes the head off it. */
export interface CodelQueue<Entry> {
  readonly bytes: number;
  shift(): Entry | undefined;
}

export interface CodelOptions {
  readonly targetMs: number;
  readonly intervalMs: number;
}

/** A queue with less than this never has a packet dropped: its delay is that of the link, not of the sender. */
const MAX_PACKET_BYTES = 1500;

export class Codel<Entry extends { readonly enqueuedUs: number }> {
  readonly #targetUs: number;
  readonly #intervalUs: number;
  readonly #dropped: (entry: Entry) => void;
  /** When the delay has been above the target for an interval; 0: it is below. */
  #firstAboveUs = 0;
  #dropNextUs = 0;
  #count = 0;
  #lastCount = 0;
  #dropping = false;

  /** @param dropped is told of every packet that is dropped */
  constructor({ targetMs, intervalMs }: CodelOptions, dropped: (entry: Entry) => void) {
    this.#targetUs = msToUs(targetMs);
    this.#intervalUs = msToUs(intervalMs);
    this.#dropped = dropped;
  }

  /** @returns the packet to send now; undefined where none is left. Call it also when the link finds the queue empty. */
  dequeue(nowUs: number, queue: CodelQueue<Entry>): Entry | undefined {
    let entry = queue.shift();
    let mayDrop = this.#isLateFor(nowUs, entry, queue.bytes);
    if (this.#dropping) {
      if (!mayDrop) this.#dropping = false;
      while (this.#dropping && nowUs >= this.#dropNextUs) {
        if (entry !== undefined) this.#dropped(entry);
        this.#count += 1;
        entry = queue.shift();
        mayDrop = this.#isLateFor(nowUs, entry, queue.bytes);
        if (mayDrop) this.#dropNextUs = this.#controlLaw(this.#dropNextUs);
        else this.#dropping = false;
      }
    } else if (mayDrop && entry !== undefined) {
      this.#dropped(entry);
      entry = queue.shift();
      this.#isLateFor(nowUs, entry, queue.bytes);
      this.#dropping = true;
      // Not long after the last dropping state, the rate that was needed then is the better guess.
      const delta = this.#count - this.#lastCount;
      const isRecent = nowUs - this.#dropNextUs < 16 * this.#intervalUs;
      this.#count = delta > 1 && isRecent ? delta : 1;
      this.#dropNextUs = this.#controlLaw(nowUs);
      this.#lastCount = this.#count;
    }
    return entry;
  }

  #isLateFor(nowUs: number, entry: Entry | undefined, bytesBehind: number): boolean {
    if (entry === undefined || nowUs - entry.enqueuedUs < this.#targetUs || bytesBehind <= MAX_PACKET_BYTES) {
      this.#firstAboveUs = 0;
      return false;
    }
    if (this.#firstAboveUs === 0) {
      this.#firstAboveUs = nowUs + this.#intervalUs;
      return false;
    }
    return nowUs >= this.#firstAboveUs;
  }

  #controlLaw(fromUs: number): number {
    return fromUs + this.#intervalUs / Math.sqrt(this.#count);
  }
}
