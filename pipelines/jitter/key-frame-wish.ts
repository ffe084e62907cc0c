/** When to ask the source for a key frame: at once when one becomes necessary, again while none comes, never in bursts. */

const MIN_INTERVAL_MS = 200;
const RETRY_MS = 500;

export class KeyFrameWish {
  #wanted = true;
  #asked = false;
  #lastAskedMs = -Infinity;
  #dueMs: number;

  /**
   * Starts wanted, since a stream can only begin with a key frame; but who connects us to the stream asks for one too, so
   * the first request waits a little for that.
   */
  constructor(nowMs: number) {
    this.#dueMs = nowMs + RETRY_MS;
  }

  /** Pictures are being lost for want of a key frame. */
  want(nowMs: number): void {
    if (this.#wanted && this.#asked) return;
    this.#wanted = true;
    this.#dueMs = Math.max(nowMs, this.#lastAskedMs + MIN_INTERVAL_MS);
  }

  satisfied(): void {
    this.#wanted = false;
    this.#asked = false;
  }

  /** @returns true where a request is to be sent now, and counts it as sent. */
  take(nowMs: number): boolean {
    if (!this.#wanted || nowMs < this.#dueMs) return false;
    this.#asked = true;
    this.#lastAskedMs = nowMs;
    this.#dueMs = nowMs + RETRY_MS;
    return true;
  }

  /** Infinity while no request is due. */
  get nextDeadlineMs(): number {
    return this.#wanted ? this.#dueMs : Infinity;
  }
}
