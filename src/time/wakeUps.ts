/** Callers that wait until something they need may be there again, or until their patience ends. */
import type { Clock } from './clock.ts';

export class WakeUps {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves at the next `wakeAll`, or after `waitMs`; the caller looks for itself which it was. */
  wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#waiting.delete(finish);
        cancel();
        resolve();
      };
      const cancel = this.#clock.after(waitMs, finish);
      this.#waiting.add(finish);
    });
  }

  wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
