/**
 * Puts one stream's RTP packets in order and joins them into access units that a decoder can take. Pure: drive it with
 * `push`, `poll` and `nextDeadlineMs`.
 *
 * What will surprise you:
 * - There is no playout delay: a unit leaves with its last packet (marker, or the first packet of the next timestamp) where
 *   nothing before it is missing. Only a hole makes it wait, for a retransmission and for a bounded time.
 * - A unit is joined to its predecessor by sequence numbers alone; media servers that leave out layers renumber.
 * - A complete key frame does not wait for a hole before it, once mere reordering is ruled out.
 */
import type { Rtp90k } from '../../codecs/types.ts';
import type { PayloadCodec } from '../ipc.ts';
import { PayloadError } from '../payload/errors.ts';
import type { Depacketiser, PayloadSummary } from '../payload/format.ts';
import { createDepacketiser } from '../payload/format.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import type { ExtendedSequence } from '../rtp/unwrap.ts';
import { extendSequence, firstSequence, sequenceAfter, TimestampUnwrapper } from '../rtp/unwrap.ts';
import { ReferenceContinuity } from './continuity.ts';
import { KeyFrameWish } from './key-frame-wish.ts';
import { MissingPackets } from './retransmission.ts';

/** More than any key frame at these sizes; bounds memory to about 3 MB a stream. */
const CAPACITY_PACKETS = 2048;
/** A hole larger than this is not worth waiting for. */
const MAX_HOLE_PACKETS = 256;
/** Before the first unit has left, the stream may still turn out to begin this much earlier. */
const MAX_START_REORDER_PACKETS = 64;
/** A hole older than this is a loss, not a reordering. */
const REORDER_GRACE_MS = 20;

export interface AccessUnit {
  readonly data: Uint8Array;
  readonly keyFrame: boolean;
  /** Unwrapped. */
  readonly timestampRtp90k: Rtp90k;
  /** When the last of its packets to come came. */
  readonly lastArrivalMs: number;
}

/**
 * `probation`: far from the sequence so far; a second packet that follows it makes it a restart of the stream (RFC 3550
 * appendix A.1).
 */
export type PushOutcome = 'accepted' | 'restarted' | 'duplicate' | 'late' | 'malformed' | 'probation';

export interface PushResult {
  readonly outcome: PushOutcome;
  readonly sequence: ExtendedSequence;
  /** Present where the packet was taken. */
  readonly timestampRtp90k?: Rtp90k;
}

export interface JitterOutput {
  readonly units: readonly AccessUnit[];
  /** 16-bit sequence numbers to ask for again. */
  readonly nacks: readonly number[];
  /** Ask the source for a key frame now. */
  readonly keyFrameRequest: boolean;
}

export interface JitterStatistics {
  readonly packetsAbandoned: number;
  /** Units that came, at least in part, and could not be decoded. */
  readonly unitsDropped: number;
  readonly unitsMalformed: number;
}

interface HeldPacket {
  readonly timestampRtp90k: Rtp90k;
  readonly marker: boolean;
  readonly payload: Uint8Array;
  /** Null for a packet of padding only. */
  readonly summary: PayloadSummary | null;
  readonly arrivalMs: number;
}

interface UnitRange {
  readonly start: ExtendedSequence;
  readonly end: ExtendedSequence;
}

export class JitterBuffer {
  readonly #depacketiser: Depacketiser;
  readonly #timestamps = new TimestampUnwrapper();
  readonly #held = new Map<ExtendedSequence, HeldPacket>();
  #missing = new MissingPackets();
  readonly #continuity = new ReferenceContinuity();
  readonly #wish: KeyFrameWish;
  #highest: ExtendedSequence | null = null;
  /** The first packet that has not left. */
  #next = firstSequence(0);
  /** From `next` up to here (not included) all packets are held and belong to one unfinished unit. */
  #cursor = firstSequence(0);
  #begun = false;
  #probationNext: number | null = null;
  /** The rest of this unit is dropped without harm: its first part was lost, and no picture refers to it. */
  #harmlessTimestamp: Rtp90k | null = null;
  #keyFramePacketsHeld = 0;
  #graceEndsMs = Infinity;
  #packetsAbandoned = 0;
  #unitsDropped = 0;
  #unitsMalformed = 0;

  constructor(codec: PayloadCodec, nowMs: number) {
    this.#depacketiser = createDepacketiser(codec);
    this.#wish = new KeyFrameWish(nowMs);
  }

  get statistics(): JitterStatistics {
    return {
      packetsAbandoned: this.#packetsAbandoned,
      unitsDropped: this.#unitsDropped,
      unitsMalformed: this.#unitsMalformed,
    };
  }

  /** Takes one packet of the stream; `poll` afterwards. The packet's bytes are kept, not copied. */
  push(packet: RtpPacket, nowMs: number): PushResult {
    const highest = this.#highest;
    if (highest === null) return this.#start(firstSequence(packet.sequenceNumber), packet, nowMs, 'accepted');
    const sequence = extendSequence(highest, packet.sequenceNumber);
    if (Math.abs(sequence - highest) >= CAPACITY_PACKETS) {
      if (this.#probationNext !== packet.sequenceNumber) {
        this.#probationNext = (packet.sequenceNumber + 1) & 0xffff;
        return { outcome: 'probation', sequence };
      }
      this.#continuity.break();
      return this.#start(sequence, packet, nowMs, 'restarted');
    }
    this.#probationNext = null;
    if (this.#held.has(sequence)) return { outcome: 'duplicate', sequence };
    if (sequence < this.#next && (this.#begun || this.#next - sequence > MAX_START_REORDER_PACKETS)) {
      return { outcome: 'late', sequence };
    }
    const held = this.#inspect(packet, nowMs);
    if (held === null) return { outcome: 'malformed', sequence };
    this.#hold(sequence, held);
    this.#missing.arrived(sequence, nowMs);
    if (sequence < this.#next) {
      for (let s = sequenceAfter(sequence, 1); s < this.#next; s = sequenceAfter(s, 1)) {
        this.#missing.add(s, nowMs);
      }
      this.#next = sequence;
      this.#cursor = sequence;
    } else if (sequence > highest) {
      this.#highest = sequence;
      if (sequence - highest - 1 > MAX_HOLE_PACKETS) {
        this.#packetsAbandoned += sequence - highest - 1;
        this.#skipTo(sequence);
        this.#continuity.gap();
      } else {
        for (let s = sequenceAfter(highest, 1); s < sequence; s = sequenceAfter(s, 1)) {
          this.#missing.add(s, nowMs);
        }
      }
    }
    return { outcome: 'accepted', sequence, timestampRtp90k: held.timestampRtp90k };
  }

  /** Takes what is ready now. */
  poll(nowMs: number): JitterOutput {
    const units: AccessUnit[] = [];
    this.#graceEndsMs = Infinity;
    while (this.#step(nowMs, units));
    if (this.#continuity.broken && (this.#unitsDropped > 0 || this.#begun)) this.#wish.want(nowMs);
    return {
      units,
      nacks: this.#missing.takeNacks(nowMs).map((sequence) => sequence & 0xffff),
      keyFrameRequest: this.#wish.take(nowMs),
    };
  }

  /** When to call `poll` even if no packet comes; Infinity where there is no need. */
  get nextDeadlineMs(): number {
    const awaited = this.#highest !== null && this.#cursor <= this.#highest ? this.#cursor : null;
    return Math.min(this.#wish.nextDeadlineMs, this.#missing.nextDeadlineMs(awaited), this.#graceEndsMs);
  }

  /** The decoder failed, or units had to be dropped after they left: nothing leaves before the next key frame. */
  requireKeyFrame(nowMs: number): void {
    this.#continuity.break();
    this.#wish.want(nowMs);
  }

  #start(
    sequence: ExtendedSequence,
    packet: RtpPacket,
    nowMs: number,
    outcome: 'accepted' | 'restarted',
  ): PushResult {
    const held = this.#inspect(packet, nowMs);
    if (held === null) return { outcome: 'malformed', sequence };
    this.#held.clear();
    this.#keyFramePacketsHeld = 0;
    this.#missing = new MissingPackets();
    this.#probationNext = null;
    this.#highest = sequence;
    this.#next = sequence;
    this.#cursor = sequence;
    this.#begun = false;
    this.#hold(sequence, held);
    return { outcome, sequence, timestampRtp90k: held.timestampRtp90k };
  }

  #inspect(packet: RtpPacket, nowMs: number): HeldPacket | null {
    let summary: PayloadSummary | null = null;
    try {
      if (packet.payload.length > 0) summary = this.#depacketiser.inspect(packet.payload);
    } catch (error) {
      if (error instanceof PayloadError) return null;
      throw error;
    }
    return {
      timestampRtp90k: this.#timestamps.unwrap(packet.timestamp),
      marker: packet.marker,
      payload: packet.payload,
      summary,
      arrivalMs: nowMs,
    };
  }

  #hold(sequence: ExtendedSequence, packet: HeldPacket): void {
    this.#held.set(sequence, packet);
    if (packet.summary?.keyFrame === true) this.#keyFramePacketsHeld++;
  }

  /** One move towards the newest packet; @returns false where nothing more can be done now. */
  #step(nowMs: number, units: AccessUnit[]): boolean {
    const highest = this.#highest;
    if (highest === null || this.#next > highest) return false;
    const scan = this.#scanFrom(this.#cursor, this.#next);
    this.#cursor = scan.cursor;
    if (scan.end !== null) {
      this.#consume({ start: this.#next, end: scan.end }, units);
      return true;
    }
    const overfull = highest - this.#next >= CAPACITY_PACKETS - 1;
    if (this.#cursor > highest) {
      if (!overfull) return false;
      // A unit without end.
      this.#unitsDropped++;
      this.#continuity.gap();
      this.#skipTo(sequenceAfter(highest, 1));
      return true;
    }
    const holeSinceMs = this.#missing.sinceMs(this.#cursor);
    const keyUnit = this.#keyFramePacketsHeld > 0 ? this.#keyUnitAfter(this.#cursor, highest) : null;
    if (keyUnit !== null) {
      if (this.#continuity.broken || nowMs >= holeSinceMs + REORDER_GRACE_MS) {
        this.#unitsDropped++;
        this.#skipTo(keyUnit.start);
        this.#consume(keyUnit, units);
        return true;
      }
      this.#graceEndsMs = holeSinceMs + REORDER_GRACE_MS;
    }
    if (nowMs < holeSinceMs + this.#missing.waitMs && !overfull) return false;
    this.#giveUpHole(highest);
    return true;
  }

  /** Follows held packets of one timestamp from `cursor`; `end` is the unit's last packet where it is known to be whole. */
  #scanFrom(
    cursor: ExtendedSequence,
    start: ExtendedSequence,
  ): { readonly cursor: ExtendedSequence; readonly end: ExtendedSequence | null } {
    const timestamp = this.#held.get(start)?.timestampRtp90k;
    for (let at = cursor; ; at = sequenceAfter(at, 1)) {
      const packet = this.#held.get(at);
      if (packet === undefined) return { cursor: at, end: null };
      if (packet.timestampRtp90k !== timestamp) return { cursor: at, end: sequenceAfter(at, -1) };
      if (packet.marker || (packet.summary === null && at === start)) return { cursor: at, end: at };
    }
  }

  /** Finds a whole key frame beyond a hole. */
  #keyUnitAfter(hole: ExtendedSequence, highest: ExtendedSequence): UnitRange | null {
    for (let at = sequenceAfter(hole, 1); at <= highest; at = sequenceAfter(at, 1)) {
      const packet = this.#held.get(at);
      const starts = packet?.summary?.startsUnit ?? 'no';
      if (packet === undefined || starts === 'no') continue;
      const before = this.#held.get(sequenceAfter(at, -1));
      const certain =
        before === undefined ? starts === 'yes' : before.timestampRtp90k !== packet.timestampRtp90k;
      const { end } = certain ? this.#scanFrom(at, at) : { end: null };
      if (end === null) continue;
      for (let s = at; s <= end; s = sequenceAfter(s, 1)) {
        if (this.#held.get(s)?.summary?.keyFrame === true) return { start: at, end };
      }
    }
    return null;
  }

  /** The hole at the cursor is given up; what it cuts cannot be decoded. */
  #giveUpHole(highest: ExtendedSequence): void {
    let after = this.#cursor;
    while (after < highest && !this.#held.has(after)) after = sequenceAfter(after, 1);
    const before = this.#held.get(this.#next);
    const beyond = this.#held.get(after);
    const inside =
      before !== undefined && beyond !== undefined && before.timestampRtp90k === beyond.timestampRtp90k;
    if (before !== undefined) this.#unitsDropped++;
    if (inside && (before.summary?.disposable === true || beyond.summary?.disposable === true)) {
      this.#harmlessTimestamp = before.timestampRtp90k;
    } else {
      this.#continuity.gap();
    }
    this.#skipTo(after);
  }

  #consume(range: UnitRange, units: AccessUnit[]): void {
    const packets: HeldPacket[] = [];
    let lastArrivalMs = -Infinity;
    for (let at = range.start; at <= range.end; at = sequenceAfter(at, 1)) {
      const packet = this.#held.get(at);
      if (packet === undefined || packet.summary === null) continue;
      packets.push(packet);
      lastArrivalMs = Math.max(lastArrivalMs, packet.arrivalMs);
    }
    this.#skipTo(sequenceAfter(range.end, 1));
    const first = packets[0];
    if (first === undefined || first.summary === null) return;
    if (first.summary.startsUnit === 'no') {
      if (first.timestampRtp90k === this.#harmlessTimestamp) return;
      this.#unitsDropped++;
      this.#continuity.gap();
      return;
    }
    const keyFrame = packets.some((packet) => packet.summary?.keyFrame === true);
    if (this.#continuity.judge(keyFrame, first.summary.temporal) === 'skip') {
      this.#unitsDropped++;
      return;
    }
    try {
      const unit = this.#depacketiser.assemble(packets.map((packet) => packet.payload));
      units.push({ ...unit, timestampRtp90k: first.timestampRtp90k, lastArrivalMs });
      if (unit.keyFrame) this.#wish.satisfied();
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      this.#unitsMalformed++;
      this.#continuity.break();
    }
  }

  /** Lets go of everything before `sequence`. */
  #skipTo(sequence: ExtendedSequence): void {
    for (let at = this.#next; at < sequence; at = sequenceAfter(at, 1)) {
      if (this.#held.get(at)?.summary?.keyFrame === true) this.#keyFramePacketsHeld--;
      this.#held.delete(at);
    }
    this.#packetsAbandoned += this.#missing.forgetBefore(sequence);
    this.#next = sequence;
    this.#cursor = sequence;
    this.#begun = true;
  }
}
