/** Randomness that repeats: for tests that lose, swap and damage packets. */

export interface SeededRandom {
  /** 0 (inclusive) to 1 (exclusive). */
  next(): number;
  /** 0 (inclusive) to `below` (exclusive). */
  integer(below: number): number;
  bytes(count: number): Uint8Array;
}

/** xorshift32; any seed but 0. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 0x1_0000_0000;
  };
  const integer = (below: number): number => Math.floor(next() * below);
  return { next, integer, bytes: (count) => Uint8Array.from({ length: count }, () => integer(256)) };
}
