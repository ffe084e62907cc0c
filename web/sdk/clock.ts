/**
 * Time for the SDK, passed in, so that tests run on a virtual clock. `systemClock` works in browsers and in Node.
 */

/** Stops a timer. Calling it twice, or after the timer fired, is harmless. */
export type CancelTimer = () => void;

export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  nowMs(): number;
  /** Milliseconds since 1970; it goes on while the device sleeps, which `nowMs` need not. */
  wallMs(): number;
  /** Calls `fire` once, `delayMs` from now. The caller owns the timer and cancels it when it closes. */
  after(delayMs: number, fire: () => void): CancelTimer;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, fire) => {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};

/** A restarted server is back within these attempts, and its callers shall not sleep over it. */
const EAGER_ATTEMPTS = 12;
const EAGER_STEP_MS = 1_500;
const MAX_STEP_MS = 5_000;

/**
 * How long to wait before trying to connect again: growing steps, half of each random, so that the clients of a server that
 * came back do not all arrive at once.
 *
 * @param attempt 0 for the first try after the loss.
 * @param random Uniform in [0, 1).
 */
export function backoffMs(attempt: number, random: number): number {
  const stepMs = 250 * 1.5 ** Math.min(attempt, 20);
  return Math.min(stepMs, attempt < EAGER_ATTEMPTS ? EAGER_STEP_MS : MAX_STEP_MS) * (0.5 + 0.5 * random);
}
