/**
 * How the bits of one participant's way are shared among the streams that he receives.
 *
 *   mediasoup's estimate ─▶ room ─▶ split (pure) ─▶ holds (a machine for each stream) ─▶ consumers: pause, layer, priority
 *                                       │                                             └▶ the tile: share and reason
 *                                       └─▶ all shares of one encode ─▶ its target (`encodeTarget.ts`), a publisher's cap
 *
 * What will surprise you:
 * - mediasoup estimates each transport for itself, and never above 1.35 times what its consumers want: an estimate near that
 *   bound is no limit, it only says that nobody wanted more (`estimate.ts`).
 * - Sound takes no part in that estimate (it is sent without transport-wide numbers). It is never held back.
 * - The estimate falls too far and rises too slowly after an overload: what is seen to arrive counts beside it (`proof.ts`).
 */
import type { Bps } from '../../codecs/types.ts';

/** One stream that a participant wants to see, and looks at. */
export interface StreamDemand {
  /** Of its consumer. */
  readonly id: string;
  /** How much it matters to him, against his other streams; above 0. */
  readonly weight: number;
  /** The rates that it can come at, ascending, at least one: of simulcast each layer's, of one encode the least and the most. */
  readonly stepsBps: readonly Bps[];
  /** Whether it can come at any rate between the first and the last step. */
  readonly elastic: boolean;
}

export interface StreamShare {
  readonly id: string;
  /** 0: held back. */
  readonly bps: Bps;
  /** Index of the highest step that is granted; null: held back. */
  readonly step: number | null;
}

/** What is known of a participant's way. */
export interface WayEstimate {
  /** Bits per second that it takes; null: not measured yet. */
  readonly availableBps: number | null;
  /** False where more was never tried, or there was no time to: nothing is held back for it then. */
  readonly isLimit: boolean;
  /** When it was first estimated, on the clock's scale. */
  readonly sinceMs: number;
}
