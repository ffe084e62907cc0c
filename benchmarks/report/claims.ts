/** A figure that the project promises: its id, what was measured, and whether it keeps the promise. */

export interface Claim {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  /** As a person reads it: `<= 1.5`. */
  readonly target: string;
  readonly ok: boolean;
}

/** @param digits digits after the point that mean something */
export function atMost(id: string, value: number, limit: number, unit: string, digits = 2): Claim {
  return {
    id,
    value: rounded(value, digits),
    unit,
    target: `<= ${limit}`,
    ok: Number.isFinite(value) && value <= limit,
  };
}

export function atLeast(id: string, value: number, limit: number, unit: string, digits = 2): Claim {
  return {
    id,
    value: rounded(value, digits),
    unit,
    target: `>= ${limit}`,
    ok: Number.isFinite(value) && value >= limit,
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
