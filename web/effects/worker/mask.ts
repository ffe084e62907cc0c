/**
 * The mask between two pictures: how sure the network is, from 0 (background) to 1 (person), steadied over time.
 *
 * What will surprise you: what the network is sure of counts at once, and only what it wavers about is steadied. A plain
 * average would let a moving hand trail behind itself.
 */

/** How much a wavering value may move in one step. */
const LEAST_STEP = 0.35;

/**
 * @param held the mask shown last, 0 to 1; changed in place. Its first step takes the new mask as it is.
 * @param seen what the network says now, as long as `held`.
 * @param shown the result for the graphics card, 0 to 255.
 * @param isFirst whether `held` holds nothing yet.
 */
export function steadyMask(
  held: Float32Array,
  seen: Float32Array,
  shown: Uint8Array,
  { isFirst }: { readonly isFirst: boolean },
): void {
  if (held.length !== seen.length || shown.length !== seen.length) {
    throw new RangeError(`masks of ${held.length}, ${seen.length} and ${shown.length} values`);
  }
  for (let index = 0; index < seen.length; index++) {
    const now = clampUnit(seen[index] ?? 0);
    const before = isFirst ? now : (held[index] ?? 0);
    // 0 where the network says "half", 1 where it is sure.
    const certainty = Math.abs(now - 0.5) * 2;
    const step = LEAST_STEP + (1 - LEAST_STEP) * certainty * certainty;
    const value = before + (now - before) * step;
    held[index] = value;
    shown[index] = Math.round(value * 255);
  }
}

/** A network's number that is none counts as background: rather too much blurred than too little. */
function clampUnit(value: number): number {
  return value > 0 ? Math.min(value, 1) : 0;
}
