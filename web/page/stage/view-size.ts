/**
 * How large a stream has to arrive for the tile that shows it. Pure.
 *
 * What will surprise you: sizes are rounded up to steps, so that a window that is dragged a little changes nothing; and a screen
 * with very fine pixels is treated as one with two for each CSS pixel, because nobody sees the difference and everybody pays it.
 */
import type { ViewSize } from '../../sdk/index.ts';
import type { Box } from './arrangement.ts';

export const OUT_OF_VIEW: ViewSize = { width: 0, height: 0 };
const STEP = 64;
const FINEST = 2;

/** @param ratio Device pixels for each CSS pixel. */
export function viewSizeOf(box: Pick<Box, 'width' | 'height'>, ratio: number): ViewSize {
  if (box.width <= 0 || box.height <= 0) return OUT_OF_VIEW;
  const scale = Math.min(FINEST, Math.max(1, ratio));
  const step = (cssPixels: number): number => Math.ceil((cssPixels * scale) / STEP) * STEP;
  return { width: step(box.width), height: step(box.height) };
}
