/**
 * What is done for a picture that comes to a device and does not appear there, one step after the other:
 *
 *   key frame, key frame ─▶ lower layer ─▶ another codec (forwarded, switched to or transcoded) ─▶ a smaller encode ─▶ given up
 *
 * Pure. One ladder for each source and device.
 *
 * What will surprise you:
 * - Beyond the lower layer it goes only where whole frames arrive and are not decoded: a device that waits for lost packets would get
 *   no further with another codec. For such a one key frames are asked for, less and less often.
 * - It ends: each codec is given up once, a smaller encode is tried once, and what is given up stays so until the device chooses other
 *   codecs, the source ends, or the device joins anew.
 * - Without complaint for a while it begins at its foot again; what was changed stays changed.
 */
import { labelOf } from '../plan/codecs.ts';
import type { CodecName } from '../plan/types.ts';
import type { Why } from '../../signaling/messages/notifications.ts';

export type StallStep = 'key-frame' | 'lower-layer' | 'other-codec' | 'smaller' | 'given-up';

/** What a device says of the time since it complained last, or since the stream began. */
export interface StallEvidence {
  /** Whole frames that came; null: it does not say. */
  readonly framesReceived: number | null;
  readonly packetsLost: number | null;
}

export interface StallChoices {
  readonly canLower: boolean;
  readonly hasOtherCodec: boolean;
  readonly canShrink: boolean;
}

/** So many key frames before anything else. */
const KEY_FRAMES = 2;
/** So long without a complaint: what was done has helped. */
const QUIET_MS = 10_000;
/** Between key frames for a device that waits for packets, at first and at the most. */
const FIRST_WAIT_MS = 1500;
const MOST_WAIT_MS = 12_000;
/** More than that lost among so many frames: it is the network. */
const MOST_LOST_PER_FRAME = 0.5;

export class StallLadder {
  #complaints = 0;
  #lastMs = -Infinity;
  #askedMs = -Infinity;
  #waitMs = FIRST_WAIT_MS;
  /** Whole frames came with every complaint of this climb, and hardly a packet was lost. */
  #decoderFails = true;

  /**
   * The device complains.
   * @returns what to do now; null: nothing yet
   */
  stalled(nowMs: number, evidence: StallEvidence, choices: StallChoices): StallStep | null {
    if (nowMs - this.#lastMs > QUIET_MS) this.#begin();
    this.#lastMs = nowMs;
    this.#complaints += 1;
    this.#decoderFails &&= decoderFails(evidence);
    if (this.#complaints <= KEY_FRAMES) return this.#ask(nowMs);
    if (choices.canLower) return 'lower-layer';
    if (!this.#decoderFails) return nowMs - this.#askedMs >= this.#waitMs ? this.#ask(nowMs) : null;
    // What comes next begins with key frames.
    this.#begin();
    if (choices.hasOtherCodec) return 'other-codec';
    return choices.canShrink ? 'smaller' : 'given-up';
  }

  #ask(nowMs: number): StallStep {
    if (this.#complaints > KEY_FRAMES) this.#waitMs = Math.min(2 * this.#waitMs, MOST_WAIT_MS);
    this.#askedMs = nowMs;
    return 'key-frame';
  }

  #begin(): void {
    this.#complaints = 0;
    this.#waitMs = FIRST_WAIT_MS;
    this.#decoderFails = true;
  }
}

function decoderFails({ framesReceived, packetsLost }: StallEvidence): boolean {
  if (framesReceived === null || framesReceived === 0) return false;
  return (packetsLost ?? 0) <= MOST_LOST_PER_FRAME * framesReceived;
}

/** Codes of reasons with the names of their arguments, as in docs/protocol/reasons.md. */
export const STALL_ARGUMENTS = {
  'stalled-key-frame': ['codec'],
  'stalled-lower-layer': ['codec'],
  'stalled-other-codec': ['codec'],
  'stalled-smaller': ['codec'],
  'stalled-given-up': ['codec'],
} as const satisfies Record<`stalled-${StallStep}`, readonly string[]>;

const WORDS: Readonly<Record<StallStep, string>> = {
  'key-frame': 'a key frame was asked for',
  'lower-layer': 'a smaller layer is tried',
  'other-codec': 'another codec is tried',
  smaller: 'a smaller size is tried',
  'given-up': 'nothing is left to try',
};

/** Why a stream comes as it does while its picture does not appear. */
export function stallGrounds(
  step: StallStep,
  codec: CodecName,
): { readonly reason: string; readonly why: Why } {
  const label = labelOf(codec);
  return {
    reason: `no picture in ${label} appears on your device: ${WORDS[step]}`,
    why: { code: `stalled-${step}`, args: { codec: label } },
  };
}
