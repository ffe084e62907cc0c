/** Model time. Microseconds may have a fraction: at 7 Mbit/s a packet of 1200 bytes takes 1371.43 of them. */

/** Microseconds of model time, from the start of the run. */
export type Us = number & { readonly __unit: 'us' };

export const US_PER_MS = 1000;
export const US_PER_SECOND = 1_000_000;

export function asUs(microseconds: number): Us {
  return microseconds as Us;
}

export function msToUs(ms: number): Us {
  return asUs(ms * US_PER_MS);
}

/** A time that never comes. */
export const NEVER_US = asUs(Infinity);
