/**
 * Whether somebody's way is too narrow for an encode that others watch too, so that a smaller one would suit him. Pure, with the clock
 * as an argument.
 *
 *   wide ──his share stays below the floor──▶ narrow ──his share stays well above it──▶ wide
 *
 * What will surprise you: it becomes narrow within a second, since he sees stalls meanwhile, and wide only after some, because a
 * change costs a key frame and, if it was too early, another one. Each time that it was too early the next wait is twice as long.
 */

const NARROW_AFTER_LOOKS = 2;
export const WIDE_AFTER_MS = 5000;
export const LONGEST_WIDE_AFTER_MS = 40_000;
/** Of the floor: what is above it for sure. */
const SURELY_ABOVE = 1.3;
/** Narrow again within this after becoming wide: that was too early. */
const TOO_EARLY_MS = 15_000;

export class NarrowWay {
  #narrow = false;
  #looks = 0;
  #aboveSinceMs: number | null = null;
  #wideAtMs = -Infinity;
  #wideAfterMs = WIDE_AFTER_MS;

  get narrow(): boolean {
    return this.#narrow;
  }

  /**
   * @param shareBps of the picture in his way; null: nothing limits it
   * @param floor below which the whole encode does not follow a watcher
   */
  look(nowMs: number, shareBps: number | null, floor: number): void {
    if (this.#narrow) this.#lookNarrow(nowMs, shareBps, floor);
    else this.#lookWide(nowMs, shareBps, floor);
  }

  #lookWide(nowMs: number, shareBps: number | null, floor: number): void {
    this.#looks = shareBps !== null && shareBps < floor ? this.#looks + 1 : 0;
    if (this.#looks < NARROW_AFTER_LOOKS) return;
    this.#narrow = true;
    this.#aboveSinceMs = null;
    const tooEarly = nowMs - this.#wideAtMs < TOO_EARLY_MS;
    this.#wideAfterMs = tooEarly ? Math.min(LONGEST_WIDE_AFTER_MS, this.#wideAfterMs * 2) : WIDE_AFTER_MS;
  }

  #lookNarrow(nowMs: number, shareBps: number | null, floor: number): void {
    if (shareBps !== null && shareBps < floor * SURELY_ABOVE) {
      this.#aboveSinceMs = null;
      return;
    }
    this.#aboveSinceMs ??= nowMs;
    if (nowMs - this.#aboveSinceMs < this.#wideAfterMs) return;
    this.#narrow = false;
    this.#looks = 0;
    this.#wideAtMs = nowMs;
  }
}
