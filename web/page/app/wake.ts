/**
 * Moments at which a connection may have died unseen: the network is back or another one, the device woke up, the page is shown
 * again. Whoever listens checks at once instead of waiting for a timeout.
 *
 * What will surprise you: a sleeping device tells nobody; that it slept is seen by a clock that jumped.
 */
import type { Unsubscribe } from '../../sdk/emitter.ts';

const TICK_MS = 2_000;
/** A timer that comes this late was not late: the device slept, or the page was frozen. */
const SLEPT_MS = 8_000;
/** In the background browsers call timers once a minute only. */
const SLEPT_HIDDEN_MS = 70_000;

export interface WakeEnvironment {
  readonly window: EventTarget;
  readonly document: EventTarget & { readonly visibilityState: string };
  /** `navigator.connection`, where there is one. */
  readonly connection: EventTarget | null;
  readonly nowMs: () => number;
  /** @returns what ends it */
  readonly every: (periodMs: number, run: () => void) => () => void;
}

/** @returns what ends the watch */
export function watchWake(onWake: () => void, environment: WakeEnvironment): Unsubscribe {
  const { window: page, document: shown, connection, nowMs, every } = environment;
  const ending = new AbortController();
  const { signal } = ending;
  // `offline` too: the call may tell sooner that it is cut off.
  for (const name of ['online', 'offline', 'pageshow']) page.addEventListener(name, onWake, { signal });
  shown.addEventListener(
    'visibilitychange',
    () => {
      if (shown.visibilityState === 'visible') onWake();
    },
    { signal },
  );
  connection?.addEventListener('change', onWake, { signal });
  let tickedAtMs = nowMs();
  const stop = every(TICK_MS, () => {
    const before = tickedAtMs;
    tickedAtMs = nowMs();
    const limitMs = shown.visibilityState === 'visible' ? SLEPT_MS : SLEPT_HIDDEN_MS;
    if (tickedAtMs - before > limitMs) onWake();
  });
  return () => {
    ending.abort();
    stop();
  };
}

export function browserWakeEnvironment(): WakeEnvironment {
  const connection: unknown = 'connection' in navigator ? navigator.connection : null;
  return {
    window,
    document,
    connection: connection instanceof EventTarget ? connection : null,
    // The wall clock goes on while the device sleeps; `performance.now()` does not everywhere.
    nowMs: () => Date.now(),
    every: (periodMs, run) => {
      const timer = window.setInterval(run, periodMs);
      return () => window.clearInterval(timer);
    },
  };
}
