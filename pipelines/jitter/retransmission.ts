/**
 * Which packets are missing, when to ask for each again, and when to stop waiting. Pure: the clock is an argument.
 *
 * A packet lost between the publisher and the server comes only after the server's own retransmission round trip, so
 * waiting must outlast it; the wait follows what recoveries have really taken.
 */
import type { ExtendedSequence } from '../rtp/unwrap.ts';

/** Mere reordering repairs itself within this time. */
const FIRST_NACK_AFTER_MS = 5;
const NACK_INTERVAL_MS = 40;
const MAX_NACKS_PER_PACKET = 5;
/** Of one poll: a loss larger than this is better repaired by a key frame. */
const MAX_NACKS_PER_POLL = 128;

/** Typical of a retransmission through a server at 60 to 80 ms round trip. */
const INITIAL_WAIT_MS = 180;
const MIN_WAIT_MS = 120;
const MAX_WAIT_MS = 250;
const WAIT_PER_RECOVERY = 2;
/** How slowly a long recovery is forgotten, per recovery. */
const RECOVERY_DECAY = 0.95;

interface MissingPacket {
  readonly sinceMs: number;
  nextNackMs: number;
  nacks: number;
}

export class MissingPackets {
  readonly #missing = new Map<ExtendedSequence, MissingPacket>();
  #recoveryMs = INITIAL_WAIT_MS / WAIT_PER_RECOVERY;

  get waitMs(): number {
    return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, this.#recoveryMs * WAIT_PER_RECOVERY));
  }

  add(sequence: ExtendedSequence, nowMs: number): void {
    this.#missing.set(sequence, { sinceMs: nowMs, nextNackMs: nowMs + FIRST_NACK_AFTER_MS, nacks: 0 });
  }

  /** A missing packet came after all; learns how long that took. */
  arrived(sequence: ExtendedSequence, nowMs: number): void {
    const entry = this.#missing.get(sequence);
    if (entry === undefined) return;
    this.#missing.delete(sequence);
    this.#recoveryMs = Math.max(nowMs - entry.sinceMs, this.#recoveryMs * RECOVERY_DECAY);
  }

  /** Gives up on everything before `sequence`. @returns how many packets were still missing. */
  forgetBefore(sequence: number): number {
    let forgotten = 0;
    for (const missing of this.#missing.keys()) {
      if (missing >= sequence) continue;
      this.#missing.delete(missing);
      forgotten++;
    }
    return forgotten;
  }

  /** @returns since when the packet has been missing; -Infinity where it is not known to be. */
  sinceMs(sequence: ExtendedSequence): number {
    return this.#missing.get(sequence)?.sinceMs ?? -Infinity;
  }

  /** @returns the packets to ask for now, each counted as asked for. */
  takeNacks(nowMs: number): ExtendedSequence[] {
    const due: ExtendedSequence[] = [];
    for (const [sequence, entry] of this.#missing) {
      if (due.length >= MAX_NACKS_PER_POLL) break;
      if (entry.nextNackMs > nowMs) continue;
      entry.nacks++;
      entry.nextNackMs = entry.nacks < MAX_NACKS_PER_PACKET ? nowMs + NACK_INTERVAL_MS : Infinity;
      due.push(sequence);
    }
    return due;
  }

  /** When the next NACK or the end of the wait for `awaited` is due; Infinity where neither is. */
  nextDeadlineMs(awaited: ExtendedSequence | null): number {
    let deadline = Infinity;
    for (const entry of this.#missing.values()) deadline = Math.min(deadline, entry.nextNackMs);
    const entry = awaited === null ? undefined : this.#missing.get(awaited);
    return entry === undefined ? deadline : Math.min(deadline, entry.sinceMs + this.waitMs);
  }
}
