/**
 * Hooks that tie views to things that live outside of them: emitters, element sizes, timers.
 *
 * What will surprise you: `useEmitter` draws again only where `read` gives another value, compared by identity: give it things that
 * are replaced when they change.
 */
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Unsubscribe } from '../../sdk/emitter.ts';

/**
 * @param subscribe Called once for each `source`; its listeners call `changed`. Gives what takes them off again.
 * @param read What the view shows of the source.
 */
export function useEmitter<Source extends object, Value>(
  source: Source,
  subscribe: (source: Source, changed: () => void) => readonly Unsubscribe[],
  read: (source: Source) => Value,
): Value {
  const latest = useRef(read);
  latest.current = read;
  const value = read(source);
  const shown = useRef(value);
  shown.current = value;
  const [, draw] = useState({});
  useLayoutEffect(() => {
    const changed = (): void => {
      if (!Object.is(latest.current(source), shown.current)) draw({});
    };
    const offs = subscribe(source, changed);
    // It may have changed between drawing and subscribing.
    changed();
    return () => {
      for (const off of offs) off();
    };
    // `subscribe` names the same events for the life of a view.
  }, [source]);
  return value;
}

export interface Size {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/** The size of an element's content, kept up to date without asking for a layout. */
export function useSize(element: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const target = element.current;
    if (target === null) return undefined;
    const observer = new ResizeObserver((entries) => {
      const rect = entries.at(-1)?.contentRect;
      if (rect === undefined) return;
      setSize((before) =>
        before.width === rect.width && before.height === rect.height
          ? before
          : { width: rect.width, height: rect.height },
      );
    });
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** Calls `tick` again and again while the view is there. @param everyMs null: not at all */
export function useInterval(everyMs: number | null, tick: () => void): void {
  const latest = useRef(tick);
  latest.current = tick;
  useEffect(() => {
    if (everyMs === null) return undefined;
    const timer = window.setInterval(() => latest.current(), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
}
