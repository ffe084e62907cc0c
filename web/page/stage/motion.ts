/**
 * How tiles move: transforms and opacity alone, which browsers animate without laying anything out.
 *
 * What will surprise you: a tile has its new place at once, and is drawn on its way there from the old one. Nothing moves while the
 * stage itself changes its size, nor for who asked the system for less motion.
 */
import type { Box } from './arrangement.ts';

export interface Glide {
  /** Set for the time of a change that should be seen as motion. */
  allowed: boolean;
}

const GLIDE_MS = 240;
const APPEAR_MS = 180;

/** @param before Null: it comes into view. @param now Null: it goes out of view. */
export function glideTo(element: HTMLElement, before: Box | null, now: Box | null, glide: Glide): void {
  if (now === null || !glide.allowed || typeof element.animate !== 'function') return;
  if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const there = `translate(${now.x}px,${now.y}px)`;
  if (before === null) {
    element.animate([{ opacity: 0 }, { opacity: 1 }], { duration: APPEAR_MS, easing: 'ease-out' });
    return;
  }
  if (before.width === 0 || now.width === 0 || same(before, now)) return;
  const scale = `scale(${before.width / now.width},${before.height / now.height})`;
  element.animate([{ transform: `translate(${before.x}px,${before.y}px) ${scale}` }, { transform: there }], {
    duration: GLIDE_MS,
    easing: 'cubic-bezier(0.2, 0, 0, 1)',
  });
}

function same(a: Box, b: Box): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}
