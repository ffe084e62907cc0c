/**
 * Notices by itself that a connection is silent, and that the device slept.
 *
 * What will surprise you: while a call is joined the server says something every two seconds, so silence is a sign soon; before
 * that, questions are asked now and then. A timer that fires far too late, or a wall clock that ran ahead of the timers, means
 * that the device was suspended: whatever was connected is then doubtful. Hidden pages get their timers late too, for a second
 * or so, which means nothing. Owns one timer; `close()` is idempotent.
 */
import type { CancelTimer, Clock } from './clock.ts';

export interface KeepAliveEvents {
  /** Nothing came for a while: is the connection alive? */
  silent(): void;
  /** The device slept. */
  woke(): void;
}

const TICK_MS = 2_000;
/** After so long without a word the server is asked. With the patience of the question, a dead connection is known in 10 s. */
const SILENT_AFTER_MS = 5_000;
/** A tick that comes later than this was not merely slowed down. */
const LATE_MS = 5_000;

export class KeepAlive {
  readonly #clock: Clock;
  readonly #lastReceivedMs: () => number | null;
  readonly #events: KeepAliveEvents;
  #cancelTimer: CancelTimer = () => undefined;
  #closed = false;

  /** @param lastReceivedMs When the last word came, on the clock's time; null: there is no connection. */
  constructor(clock: Clock, lastReceivedMs: () => number | null, events: KeepAliveEvents) {
    this.#clock = clock;
    this.#lastReceivedMs = lastReceivedMs;
    this.#events = events;
    this.#wait();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer();
  }

  #wait(): void {
    const fromMs = this.#clock.nowMs();
    const fromWallMs = this.#clock.wallMs();
    this.#cancelTimer = this.#clock.after(TICK_MS, () => {
      const tookMs = Math.max(this.#clock.nowMs() - fromMs, this.#clock.wallMs() - fromWallMs);
      if (tookMs >= TICK_MS + LATE_MS) this.#events.woke();
      else {
        const lastMs = this.#lastReceivedMs();
        if (lastMs !== null && this.#clock.nowMs() - lastMs >= SILENT_AFTER_MS) this.#events.silent();
      }
      if (!this.#closed) this.#wait();
    });
  }
}
