/** A horizontal stroke of a finger that turns pages. */
import type { TargetedTouchEvent } from 'preact';
import { useRef } from 'preact/hooks';

interface Handlers {
  readonly onTouchStart?: (event: TargetedTouchEvent<HTMLElement>) => void;
  readonly onTouchEnd?: (event: TargetedTouchEvent<HTMLElement>) => void;
}

/** CSS pixels; and it goes more to the side than up or down. */
const LEAST_WAY = 60;

/** @param turn Called with 1 for the next page, -1 for the one before. */
export function useSwipe(turn: (step: 1 | -1) => void, enabled: boolean): Handlers {
  const start = useRef<{ readonly x: number; readonly y: number } | null>(null);
  if (!enabled) return {};
  return {
    onTouchStart: ({ touches }) => {
      const touch = touches.length === 1 ? touches[0] : undefined;
      start.current = touch === undefined ? null : { x: touch.clientX, y: touch.clientY };
    },
    onTouchEnd: ({ changedTouches }) => {
      const from = start.current;
      const touch = changedTouches[0];
      start.current = null;
      if (from === null || touch === undefined) return;
      const x = touch.clientX - from.x;
      const y = touch.clientY - from.y;
      if (Math.abs(x) >= LEAST_WAY && Math.abs(x) > 2 * Math.abs(y)) turn(x < 0 ? 1 : -1);
    },
  };
}
