/**
 * What the parts of send-side bandwidth estimation say to each other. Pure: times are arguments, in microseconds of the sender's clock
 * where nothing else is said.
 *
 *      frames ──▶ Pacer ──── packet ────▶ network ─────────▶ FeedbackRecorder (receiver)
 *                  ▲  │                                            │ transport-wide feedback, RTCP
 *      pacingBps,  │  └─ onSent ─▶ SentHistory ◀───────────────────┘
 *   congestion-    │                   │ PacketResult[]
 *   WindowBytes    └───────── BandwidthEstimator ── targetBps ──▶ encoder
 *
 * What will surprise you: arrival times are on the receiver's clock, whose offset nobody knows. Only their differences, and the smallest
 * difference to the sending times, mean anything.
 */

/** One packet as it went out. */
export interface SentPacket {
  /** Transport-wide, counted on past 65535. */
  readonly sequence: number;
  /** All that counts on the wire, IP and UDP headers included. */
  readonly bytes: number;
  readonly sentUs: number;
  /** The probe that it belongs to, as `Probe.id` named it. */
  readonly probeId?: number | undefined;
}

/**
 * What became of it. `lost`: it had not come when a later one had, or nothing was heard for very long. `untold`: the feedback about it
 * was lost, so that only this is known, that it is no longer on its way.
 */
export type PacketFate = 'received' | 'lost' | 'untold';

export interface PacketResult extends SentPacket {
  readonly fate: PacketFate;
  /** On the receiver's clock; null where it was not received. */
  readonly receivedUs: number | null;
  /** Another fate was told before, as of a packet that was late and not lost. It left the flight then. */
  readonly isCorrection: boolean;
}

/** Packets to be sent beside what is there, to learn whether more fits. */
export interface Probe {
  readonly id: number;
  readonly bps: number;
  readonly bytes: number;
}

/** The state in one word, for machines; `reason` says it for people. */
export type EstimatorState =
  'starting' | 'steady' | 'growing' | 'draining' | 'competing' | 'lossy' | 'application-limited' | 'silent';

export interface EstimatorReading {
  /** What the path is believed to carry for this sender. */
  readonly estimateBps: number;
  /** What encoders should make, headers included. */
  readonly targetBps: number;
  /** How fast packets may leave now; it moves with every tick, and may be 0. */
  readonly pacingBps: number;
  /** What may be on its way without an answer; Infinity where the design has no window. */
  readonly congestionWindowBytes: number;
  readonly state: EstimatorState;
  /** Why the target is what it is, in words for people. */
  readonly reason: string;
}

export interface BandwidthEstimator {
  onSent(packet: SentPacket): void;
  /** @param packets in order of their sequence numbers */
  onFeedback(nowUs: number, packets: readonly PacketResult[]): void;
  /** To be called every 5 to 10 ms: rates follow what is known to have left the queue meanwhile. */
  onTick(nowUs: number): void;
  /**
   * @param bps what the application would send at most; null: as much as there is
   */
  setDemand(bps: number | null): void;
  /** @returns a probe that is wanted now; each is given once */
  nextProbe(nowUs: number): Probe | null;
  readonly reading: EstimatorReading;
}

export interface EstimatorLimits {
  /** @default 30_000: speech still fits */
  readonly minBps: number;
  /** @default 50_000_000 */
  readonly maxBps: number;
  /** Before anything is known. @default 300_000 */
  readonly startBps: number;
}

export const DEFAULT_LIMITS: EstimatorLimits = { minBps: 30_000, maxBps: 50_000_000, startBps: 300_000 };
