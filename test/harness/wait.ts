/** Waiting for something to come true, with the reason in the failure: never a bare sleep. */

export class WaitTimeoutError extends Error {
  readonly code = 'WAIT_TIMEOUT';
  override readonly name = 'WaitTimeoutError';
}

export interface WaitOptions {
  /** Default 10 000. */
  readonly timeoutMs?: number;
  /** Pause between two looks, default 50. */
  readonly everyMs?: number;
}

/**
 * Looks again and again until `look` answers with something other than `undefined`, `null` or `false`.
 * @param reason what is waited for, as the end of the sentence "waited 10000 ms for …".
 * @returns what `look` answered.
 * @throws WaitTimeoutError when time is up, naming the last answer; an error from `look` passes through.
 */
export async function waitFor<T>(
  reason: string,
  look: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const everyMs = options.everyMs ?? 50;
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const answer = await look();
    if (isThere(answer)) return answer;
    if (performance.now() >= deadlineMs) {
      throw new WaitTimeoutError(`waited ${timeoutMs} ms for ${reason}, last saw ${String(answer)}`);
    }
    await passMs(everyMs);
  }
}

/** Lets a stretch of time pass that *is* what a test asks for (a measuring window), not a guess at when something is done. */
export function passMs(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}

function isThere<T>(value: T): value is Exclude<T, undefined | null | false> {
  return value !== undefined && value !== null && value !== false;
}
