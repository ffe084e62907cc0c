/** How tiles share a rectangle. Pure. */

const TILE_RATIO = 16 / 9;

/**
 * The number of columns with which tiles of 16:9 become as large as they can.
 *
 * @param count How many tiles.
 * @param width Of the space, in CSS pixels.
 * @param height Of the space, in CSS pixels.
 */
export function columnsFor(count: number, width: number, height: number): number {
  let best = 1;
  let bestWidth = 0;
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns);
    const tileWidth = Math.min(width / columns, (height / rows) * TILE_RATIO);
    if (tileWidth > bestWidth + 0.5) {
      bestWidth = tileWidth;
      best = columns;
    }
  }
  return best;
}
