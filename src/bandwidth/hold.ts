/**
 * What one stream may really do, after its share: a share that comes and goes must not make a picture come and go. Pure, with the
 * clock as an argument.
 *
 *   free ──some looks in which it does not fit──▶ held ──it fits with room to spare, or a try──▶ free
 *
 * What will surprise you:
 * - While a stream is held back mediasoup does not count it as wanted, so the estimate may stay low although the way has become
 *   wide. So a stream is tried again after a while, and each try that fails doubles the while.
 * - Layers go down at once, and up only after a larger one has fitted for {@link UP_AFTER_MS} with room to spare.
 */

/** What the shares say of one stream, of the whole room and of a somewhat smaller one. */
export interface Fit {
  readonly fits: boolean;
  /** Nothing else on the way matters more. */
  readonly mostImportant: boolean;
  /** It fits into the smaller room too: there is room to spare. */
  readonly fitsSurely: boolean;
  /** The largest step that fits; null: every one, or there is no limit just now. */
  readonly step: number | null;
  readonly stepSurely: number | null;
}

export interface HoldState {
  /** Nothing of it is sent. */
  readonly held: boolean;
  /** The largest step that it may have; null: as large as it is wanted. */
  readonly step: number | null;
}

/**
 * Looks in a row, half a second apart, that want it held back. The most important picture goes on for long: while it is sent at its
 * least, the estimate finds back to what the way takes.
 */
const HOLD_AFTER_LOOKS = 4;
const HOLD_MOST_IMPORTANT_AFTER_LOOKS = 30;
export const UP_AFTER_MS = 2000;
export const FIRST_TRY_MS = 5000;
export const LONGEST_TRY_MS = 40_000;
/** A try that lasted this long was none: the way had become wider. */
const SOUND_AFTER_MS = 10_000;

export class StreamHold {
  #looks = 0;
  #held = false;
  #step: number | null = null;
  #tryAtMs = 0;
  #tryAfterMs = FIRST_TRY_MS;
  #freedAtMs = -Infinity;
  #roomierSinceMs: number | null = null;

  /** @param fits what the shares say of it; what has no limit just now fits */
  look(nowMs: number, fits: Fit): HoldState {
    if (this.#held) this.#lookHeld(nowMs, fits);
    else this.#lookFree(nowMs, fits);
    if (!this.#held) this.#follow(nowMs, fits);
    return { held: this.#held, step: this.#step };
  }

  #lookHeld(nowMs: number, { fitsSurely }: Fit): void {
    if (!fitsSurely && nowMs < this.#tryAtMs) return;
    this.#held = false;
    this.#looks = 0;
    this.#freedAtMs = nowMs;
  }

  #lookFree(nowMs: number, { fits, mostImportant }: Fit): void {
    this.#looks = fits ? 0 : this.#looks + 1;
    if (this.#looks < (mostImportant ? HOLD_MOST_IMPORTANT_AFTER_LOOKS : HOLD_AFTER_LOOKS)) return;
    const tryFailed = nowMs - this.#freedAtMs < SOUND_AFTER_MS;
    this.#tryAfterMs = tryFailed ? Math.min(LONGEST_TRY_MS, this.#tryAfterMs * 2) : FIRST_TRY_MS;
    this.#held = true;
    this.#tryAtMs = nowMs + this.#tryAfterMs;
    this.#roomierSinceMs = null;
  }

  /** The layer that its share allows; a stream that was never limited starts where it fits. */
  #follow(nowMs: number, { step: allowed, stepSurely: surely }: Fit): void {
    const now = this.#step;
    if (allowed !== null && (now === null || allowed < now)) {
      this.#step = allowed;
      this.#roomierSinceMs = null;
      return;
    }
    if (now === null) return;
    if (surely !== null && surely <= now) {
      this.#roomierSinceMs = null;
      return;
    }
    this.#roomierSinceMs ??= nowMs;
    if (nowMs - this.#roomierSinceMs < UP_AFTER_MS) return;
    this.#step = surely;
    this.#roomierSinceMs = null;
  }
}
