/** When things end: how often silence is looked for, and how long closing waits. */
import type { ListenerLimits } from './limits.ts';

/** Often enough that a silent connection is noticed within an eighth of its timeout, yet at most every 20 ms. */
export function sweepIntervalMs(limits: ListenerLimits): number {
  return Math.min(5000, Math.max(20, Math.floor(limits.idleTimeoutMs / 8)));
}

/** Counts what is still going on, so that closing can wait for it, but not for ever. */
export class Grace {
  #busy = 0;
  #onIdle: (() => void) | null = null;

  /** Something has begun. Returns what to call when it has ended; more calls do nothing. */
  enter(): () => void {
    let isIn = true;
    this.#busy += 1;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.#busy -= 1;
      if (this.#busy === 0) this.#onIdle?.();
    };
  }

  /**
   * Resolves when nothing goes on any more, at the latest after `limitMs`.
   * @param takeAll wait all of the time, whatever ends
   */
  async wait(limitMs: number, takeAll: boolean): Promise<void> {
    if (this.#busy === 0 && !takeAll) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      if (takeAll) return;
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
