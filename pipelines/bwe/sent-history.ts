/**
 * Matches transport-wide feedback to what was sent: draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.
 *
 * Feedback may be lost, repeated or out of order. A packet is lost when a later one of the same feedback has arrived; untold when a
 * later feedback begins after it; and either is corrected where it turns out to have been late. What a feedback says twice, or of packets
 * that were never sent, is passed over.
 *
 * What will surprise you: the times of a feedback are unwrapped against the newest one (the reference time wraps after 12.4 days), and
 * are on the receiver's clock. What was sent last stays in flight until a feedback comes, or `expire` is called.
 */
import type { TransportFeedback } from '../rtp/rtcp-types.ts';
import { extendSequence, firstSequence } from '../rtp/unwrap.ts';
import type { PacketFate, PacketResult, SentPacket } from './types.ts';

/** Two seconds of 20 Mbit/s; at most 0.5 MB. */
const MAX_PACKETS = 4096;
const REFERENCE_US = 64_000;
const TICK_US = 250;

interface Entry extends SentPacket {
  fate: PacketFate | null;
}

export class SentHistory {
  /** By sequence number; in order, since sequence numbers only grow. */
  readonly #entries = new Map<number, Entry>();
  #nextSequence = 0;
  /** Of all before it the fate is known. */
  #oldestInFlight = 0;
  #inFlightBytes = 0;
  #newestReference64Ms: number | null = null;

  /** The transport-wide sequence number that the next packet gets, counted on; its low 16 bits go on the wire. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Sent, and its fate not known. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** Packets that are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /** Gives a packet that leaves now its number. */
  add(bytes: number, nowUs: number, probeId?: number): SentPacket {
    const entry: Entry = { sequence: this.#nextSequence, bytes, sentUs: nowUs, probeId, fate: null };
    this.#nextSequence += 1;
    this.#entries.set(entry.sequence, entry);
    this.#inFlightBytes += bytes;
    this.#forget(entry.sequence - MAX_PACKETS);
    return entry;
  }

  /** @returns what is new in it, in order; empty where nothing is */
  match(feedback: TransportFeedback): PacketResult[] {
    if (this.#nextSequence === 0) return [];
    const newest = firstSequence(this.#nextSequence - 1);
    const base = extendSequence(newest, feedback.baseSequenceNumber);
    const reference64Ms = this.#unwrapReference(feedback.referenceTime64Ms);
    let receivedUs = reference64Ms * REFERENCE_US;
    const times = feedback.deltas250Us.map((ticks) => {
      if (ticks === null) return null;
      receivedUs += ticks * TICK_US;
      return receivedUs;
    });
    // A packet at the end that has not come says nothing yet: the next feedback will speak of it again.
    const lastReceived = times.findLastIndex((timeUs) => timeUs !== null);
    const results: PacketResult[] = [];
    this.#settle(results, (entry) => entry.sequence < base, 'untold');
    for (let i = 0; i <= lastReceived; i++) {
      const entry = this.#entries.get(base + i);
      const timeUs = times[i] ?? null;
      if (entry === undefined || entry.fate === 'received' || (timeUs === null && entry.fate === 'lost')) {
        continue;
      }
      results.push(this.#told(entry, timeUs === null ? 'lost' : 'received', timeUs));
    }
    return results;
  }

  /**
   * Gives up on packets sent before `beforeUs`, as after a dead link: they count as lost.
   * @returns them, in order
   */
  expire(beforeUs: number): PacketResult[] {
    const results: PacketResult[] = [];
    this.#settle(results, (entry) => entry.sentUs < beforeUs, 'lost');
    return results;
  }

  /** Tells of all that is in flight, from the oldest on, for as long as `isOver` holds. */
  #settle(results: PacketResult[], isOver: (entry: Entry) => boolean, fate: PacketFate): void {
    while (this.#oldestInFlight < this.#nextSequence) {
      const entry = this.#entries.get(this.#oldestInFlight);
      if (entry !== undefined && entry.fate === null) {
        if (!isOver(entry)) return;
        results.push(this.#told(entry, fate, null));
      }
      this.#oldestInFlight += 1;
    }
  }

  #told(entry: Entry, fate: PacketFate, receivedUs: number | null): PacketResult {
    const isCorrection = entry.fate !== null;
    if (!isCorrection) this.#inFlightBytes -= entry.bytes;
    entry.fate = fate;
    const { sequence, bytes, sentUs, probeId } = entry;
    return { sequence, bytes, sentUs, probeId, fate, receivedUs, isCorrection };
  }

  #forget(sequence: number): void {
    const entry = this.#entries.get(sequence);
    if (entry === undefined) return;
    if (entry.fate === null) this.#inFlightBytes -= entry.bytes;
    this.#entries.delete(sequence);
  }

  /** Signed 24 bits on a ring: the one nearest to the newest. */
  #unwrapReference(reference64Ms: number): number {
    const newest = this.#newestReference64Ms;
    const unwrapped = newest === null ? reference64Ms : newest + (((reference64Ms - newest) << 8) >> 8);
    if (newest === null || unwrapped > newest) this.#newestReference64Ms = unwrapped;
    return unwrapped;
  }
}
