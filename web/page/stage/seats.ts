/**
 * The order of places: who comes takes the next one, who leaves frees his, and nobody else moves. Pure.
 *
 * What will surprise you: somebody out of view who speaks changes places with one person in view, the one who has been silent
 * for longest; everybody else stays where he is.
 */

/**
 * @param before The order so far.
 * @param present Who is there now, in order of arrival.
 * @returns `before` itself where nothing changed.
 */
export function seatsFor(before: readonly string[], present: readonly string[]): readonly string[] {
  const here = new Set(present);
  const order = before.filter((key) => here.has(key));
  const seated = new Set(order);
  let after: string | null = null;
  for (const key of present) {
    if (!seated.has(key)) order.splice(after === null ? 0 : order.indexOf(after) + 1, 0, key);
    after = key;
  }
  const same = order.length === before.length && order.every((key, index) => key === before[index]);
  return same ? before : order;
}

export interface BringOptions {
  /** Who is in view now. */
  readonly visible: ReadonlySet<string>;
  /** Who is never moved away. */
  readonly fixed: ReadonlySet<string>;
  /** When each spoke last, on any clock that grows; absent: never. */
  readonly spokeAt: ReadonlyMap<string, number>;
}

/** @returns The order with `key` in view; `order` itself where it is, or where nobody can make room. */
export function bringIntoView(
  order: readonly string[],
  key: string,
  options: BringOptions,
): readonly string[] {
  const { visible, fixed, spokeAt } = options;
  const from = order.indexOf(key);
  if (from < 0 || visible.has(key)) return order;
  let quietest = -1;
  for (const [index, other] of order.entries()) {
    if (!visible.has(other) || fixed.has(other)) continue;
    const best = order[quietest];
    // Among equals the last one moves: the first rows stay calm.
    if (best === undefined || (spokeAt.get(other) ?? -1) <= (spokeAt.get(best) ?? -1)) quietest = index;
  }
  const leaving = order[quietest];
  if (leaving === undefined) return order;
  const next = [...order];
  next[quietest] = key;
  next[from] = leaving;
  return next;
}
