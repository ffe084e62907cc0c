/**
 * Time for the SDK, passed in, so that tests run on a virtual clock. `systemClock` works in browsers and in Node.
 */

/** Stops a timer. Calling it twice, or after the timer fired, is harmless. */
export type CancelTimer = () => void;

export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  nowMs(): number;
  /** Calls `fire` once, `delayMs` from now. The caller owns the timer and cancels it when it closes. */
  after(delayMs: number, fire: () => void): CancelTimer;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after: (delayMs, fire) => {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * How long to wait before trying to connect again: doubling steps, half of each random, so that the clients of a server that
 * came back do not all arrive at once.
 *
 * @param attempt 0 for the first try after the loss.
 * @param random Uniform in [0, 1).
 */
export function backoffMs(attempt: number, random: number): number {
  const stepMs = Math.min(250 * 2 ** Math.min(attempt, 10), 5_000);
  return stepMs * (0.5 + 0.5 * random);
}
