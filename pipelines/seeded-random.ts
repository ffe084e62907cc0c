/** Randomness that repeats: for emulated links, and for tests that lose, swap and damage packets. */

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

/** Of the standard normal distribution (Box and Muller, 1958). */
export function standardNormal(random: SeededRandom): number {
  // 1 - u: the generator gives 0, and never 1.
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** Of the exponential distribution with that mean. */
export function exponential(random: SeededRandom, mean: number): number {
  return -mean * Math.log(1 - random.next());
}
