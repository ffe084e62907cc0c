/** A clock for tests: time stands still until the test moves it, and then timers fire in order. */
import type { CancelTimer, Clock } from '../clock.ts';

interface Timer {
  readonly atMs: number;
  readonly fire: () => void;
}

export class VirtualClock implements Clock {
  #nowMs = 0;
  /** How much longer the device slept than `nowMs` tells. */
  #sleptMs = 0;
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs + this.#sleptMs;
  }

  /** The device sleeps: no timer fires, and `nowMs` stands still, as on most systems. */
  sleep(forMs: number): void {
    this.#sleptMs += forMs;
  }

  after(delayMs: number, fire: () => void): CancelTimer {
    const timer = { atMs: this.#nowMs + delayMs, fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that wait: zero when everything that was started has been closed. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on, lets every timer that is due fire, and after each one everything that follows without waiting. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      await settle();
      const due = [...this.#timers].filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
      const next = due[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = next.atMs;
      next.fire();
    }
    this.#nowMs = untilMs;
    await settle();
  }
}

/** Lets everything run that waits for nothing but promises. */
export async function settle(): Promise<void> {
  // One macrotask runs after all microtasks that are queued, and those that they queue; chains that cross a few
  // macrotasks (mediasoup-client's queue) need some more.
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setTimeout(resolve, 0));
}
