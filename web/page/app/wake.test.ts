import { describe, expect, it } from 'vitest';
import { watchWake } from './wake.ts';

function kit(): {
  readonly wakes: () => number;
  readonly page: EventTarget;
  readonly shown: EventTarget & { visibilityState: string };
  readonly connection: EventTarget;
  readonly tick: (afterMs: number) => void;
  readonly stop: () => void;
  readonly ticking: () => boolean;
} {
  let wakes = 0;
  let nowMs = 0;
  let run: (() => void) | null = null;
  const page = new EventTarget();
  const shown = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const connection = new EventTarget();
  const stop = watchWake(() => wakes++, {
    window: page,
    document: shown,
    connection,
    nowMs: () => nowMs,
    every: (_, call) => {
      run = call;
      return () => {
        run = null;
      };
    },
  });
  return {
    wakes: () => wakes,
    page,
    shown,
    connection,
    tick: (afterMs) => {
      nowMs += afterMs;
      run?.();
    },
    stop,
    ticking: () => run !== null,
  };
}

describe('waking', () => {
  it('is noticed by what the browser says', () => {
    const { wakes, page, shown, connection } = kit();
    page.dispatchEvent(new Event('online'));
    page.dispatchEvent(new Event('offline'));
    page.dispatchEvent(new Event('pageshow'));
    connection.dispatchEvent(new Event('change'));
    expect(wakes()).toBe(4);
    shown.visibilityState = 'hidden';
    shown.dispatchEvent(new Event('visibilitychange'));
    expect(wakes()).toBe(4);
    shown.visibilityState = 'visible';
    shown.dispatchEvent(new Event('visibilitychange'));
    expect(wakes()).toBe(5);
  });

  it('is noticed by a clock that jumped, and not by a timer that browsers slow down', () => {
    const { wakes, shown, tick } = kit();
    tick(2_000);
    tick(3_500);
    expect(wakes()).toBe(0);
    tick(60_000);
    expect(wakes()).toBe(1);
    shown.visibilityState = 'hidden';
    tick(60_000);
    expect(wakes()).toBe(1);
    tick(600_000);
    expect(wakes()).toBe(2);
  });

  it('is not listened for any more after its end', () => {
    const { wakes, page, connection, stop, ticking } = kit();
    stop();
    page.dispatchEvent(new Event('online'));
    connection.dispatchEvent(new Event('change'));
    expect(wakes()).toBe(0);
    expect(ticking()).toBe(false);
  });
});
