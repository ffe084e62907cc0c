/**
 * How much room there is, and how the call's controls are arranged in it.
 *
 * What will surprise you: a phone's keyboard covers the page without resizing it; only the visual viewport tells (W3C CSSOM View,
 * VisualViewport). On iOS it also pushes the page up, by `offsetTop`.
 */
import { useEffect, useState } from 'preact/hooks';

/**
 * `wide`: everything is in the toolbar; `medium`: what is needed less is behind "more"; `phone`: five controls and a sheet; `side`: a
 * phone on its side, where the toolbar stands beside the tiles, because height is what it lacks.
 */
export type Arrangement = 'wide' | 'medium' | 'phone' | 'side';

const LOW_PX = 500;
const NARROW_PX = 680;
const WIDE_PX = 1180;

/** @param width CSS pixels, as `height` */
export function arrangementFor(width: number, height: number): Arrangement {
  if (height < LOW_PX && width > height && width < WIDE_PX) return 'side';
  if (width < NARROW_PX) return 'phone';
  return width < WIDE_PX ? 'medium' : 'wide';
}

export interface Visible {
  readonly arrangement: Arrangement;
  /** What a keyboard leaves of the page, CSS pixels from the page's top; null: all of it is seen. */
  readonly uncovered: { readonly top: number; readonly height: number } | null;
}

export function useVisible(): Visible {
  const [visible, setVisible] = useState(look);
  useEffect(() => {
    const see = (): void => {
      const now = look();
      setVisible((before) => (isSame(before, now) ? before : now));
    };
    const visualViewport = uncoveredPart();
    window.addEventListener('resize', see);
    visualViewport?.addEventListener('resize', see);
    visualViewport?.addEventListener('scroll', see);
    return () => {
      window.removeEventListener('resize', see);
      visualViewport?.removeEventListener('resize', see);
      visualViewport?.removeEventListener('scroll', see);
    };
  }, []);
  return visible;
}

/** Null in browsers of before 2020. */
function uncoveredPart(): VisualViewport | null {
  return 'visualViewport' in window ? window.visualViewport : null;
}

function look(): Visible {
  const { innerWidth, innerHeight } = window;
  const visualViewport = uncoveredPart();
  // Somebody who zooms in with two fingers covers nothing.
  const covered =
    visualViewport !== null &&
    Math.abs(visualViewport.scale - 1) < 0.01 &&
    visualViewport.height < innerHeight - 80;
  return {
    arrangement: arrangementFor(innerWidth, innerHeight),
    uncovered: covered
      ? { top: Math.round(visualViewport.offsetTop), height: Math.round(visualViewport.height) }
      : null,
  };
}

function isSame(a: Visible, b: Visible): boolean {
  return (
    a.arrangement === b.arrangement &&
    a.uncovered?.top === b.uncovered?.top &&
    a.uncovered?.height === b.uncovered?.height
  );
}
