/**
 * At which rate one encode runs that several people watch.
 *
 * The rule: the least of its watchers' shares decides, of those that are above a floor. Who has less than the floor is held back
 * while somebody has more; where nobody has, the encode follows the least down to the lowest rate that is worth a picture. So
 * one bad network costs the others little, and two people on bad networks see each other.
 *
 * What will surprise you:
 * - The target falls at once and rises slowly: an encoder that jumps to what an estimate allows fills the queue that the
 *   estimate has not seen yet.
 * - Pure, with the clock as an argument.
 */
import type { Bps } from '../../codecs/types.ts';

/** Below this a picture is no longer worth its bits; the watcher's network is then overloaded rather than his view lost. */
export const LOWEST_VIDEO_BPS = 100_000;
/** Part of what a picture can use below which one watcher shall not hold down the others. */
const FLOOR_SHARE = 0.25;
/**
 * A larger or faster picture needs more bits, but less than in proportion: the power of 0.75 is a rule of thumb of encoding
 * practice. The factor gives 2.5 Mbit/s for 1280x720 at 30, and 530 kbit/s for 640x360 at 15.
 */
const SIZE_EXPONENT = 0.75;
const BPS_FACTOR = 6.6;
const HIGHEST_VIDEO_BPS = 5_000_000;
/** Growth of a target in a second: from the lowest rate to twenty times that in five seconds. */
const RISE_PER_SECOND = 1.8;

/** What an encode is told. */
export interface EncodeRate {
  readonly targetBps: number;
  /** What it may send at beyond a small burst; null: nobody's way is narrow, and everything leaves at once. */
  readonly paceBps: number | null;
}

/** A key frame of an encode that a narrow way carries is sent at this many times its target (draft-ietf-rmcat-gcc-02, section 4). */
const PACING_FACTOR = 2.5;

/** @returns the rate at which an encode's bursts are spread */
export function paceBps(targetBps: number): Bps {
  return Math.round(targetBps * PACING_FACTOR) as Bps;
}

/** @returns the most that a picture of this size and rate can use well */
export function ceilingBps(width: number, height: number, frameRate: number): Bps {
  const wanted = Math.round(BPS_FACTOR * (width * height * frameRate) ** SIZE_EXPONENT);
  return Math.min(HIGHEST_VIDEO_BPS, Math.max(3 * LOWEST_VIDEO_BPS, wanted)) as Bps;
}

/** @returns the rate below which a watcher does not hold down the others */
export function floorBps(ceiling: number): Bps {
  return Math.max(LOWEST_VIDEO_BPS, Math.round(ceiling * FLOOR_SHARE)) as Bps;
}

/**
 * The rate that suits those who watch one encode.
 * @param shares of each watcher, bits per second; null: his way sets no limit
 * @param ceiling from {@link ceilingBps}
 */
export function sharedTargetBps(shares: readonly (number | null)[], ceiling: number): Bps {
  const floor = floorBps(ceiling);
  const all = shares.map((share) => Math.min(share ?? ceiling, ceiling));
  const strong = all.filter((share) => share >= floor);
  const least = Math.min(ceiling, ...(strong.length > 0 ? strong : all));
  return Math.round(Math.max(LOWEST_VIDEO_BPS, least)) as Bps;
}

/** A target that falls at once and rises slowly. */
export class RisingTarget {
  #bps: Bps | null = null;
  #atMs = 0;

  /** What it was last; null: it has not begun. */
  get bps(): Bps | null {
    return this.#bps;
  }

  /** @returns the target from now on; the first one is taken as it is */
  next(nowMs: number, wanted: Bps): Bps {
    const before = this.#bps ?? wanted;
    const risen = before * RISE_PER_SECOND ** ((nowMs - this.#atMs) / 1000);
    this.#bps = Math.round(Math.min(wanted, risen)) as Bps;
    this.#atMs = nowMs;
    return this.#bps;
  }
}
