import { describe, expect, it } from 'vitest';
import { gaussianWeights, sigmaOf } from './gaussian.ts';

describe('gaussianWeights', () => {
  it.each([2, 3.3, 7])('keeps the brightness at sigma %d', (sigma) => {
    const [middle = 0, ...others] = gaussianWeights(sigma);
    expect(middle + 2 * others.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    expect(others.every((weight, index) => weight < ([middle, ...others][index] ?? 0))).toBe(true);
  });
});

describe('sigmaOf', () => {
  it('grows with the strength, and never lets the background be sharp', () => {
    expect(sigmaOf(0)).toBeGreaterThanOrEqual(2);
    expect(sigmaOf(1)).toBeGreaterThan(sigmaOf(0.5));
    expect(sigmaOf(-5)).toBe(sigmaOf(0));
    expect(sigmaOf(5)).toBe(sigmaOf(1));
    expect(sigmaOf(Number.NaN)).toBe(sigmaOf(0.5));
  });
});
