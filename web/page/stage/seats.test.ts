import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bringIntoView, seatsFor } from './seats.ts';

const RUNS = { seed: 27_182, numRuns: 1_000 };

describe('seatsFor', () => {
  it('keeps the order of who stays, and has everybody once', () => {
    const people = fc.uniqueArray(fc.integer({ min: 0, max: 30 }).map(String));
    fc.assert(
      fc.property(people, people, (before, present) => {
        const after = seatsFor(before, present);
        expect(after.toSorted()).toEqual(present.toSorted());
        const stay = before.filter((key) => present.includes(key));
        expect(after.filter((key) => before.includes(key))).toEqual(stay);
      }),
      RUNS,
    );
  });

  it('gives the same list where nothing changed', () => {
    const before = ['self', 'a', 'b'];
    expect(seatsFor(before, ['self', 'b', 'a'])).toBe(before);
  });

  it('seats who comes behind who came before', () => {
    expect(seatsFor(['self', 'a', 'b'], ['self', 'a', 'b', 'c'])).toEqual(['self', 'a', 'b', 'c']);
    expect(seatsFor(['self', 'b', 'a'], ['self', 'b/screen', 'a', 'b'])).toEqual([
      'self',
      'b/screen',
      'b',
      'a',
    ]);
  });
});

describe('bringIntoView', () => {
  const order = ['self', 'a', 'b', 'c', 'd', 'e'];
  const options = {
    visible: new Set(['self', 'a', 'b', 'c']),
    fixed: new Set(['self']),
    spokeAt: new Map<string, number>(),
  };

  it('changes places with who has been silent for longest, and moves nobody else', () => {
    const spokeAt = new Map([
      ['a', 3],
      ['b', 1],
      ['c', 2],
    ]);
    expect(bringIntoView(order, 'e', { ...options, spokeAt })).toEqual(['self', 'a', 'e', 'c', 'd', 'b']);
  });

  it('takes the last place among who never spoke', () => {
    expect(bringIntoView(order, 'd', options)).toEqual(['self', 'a', 'b', 'd', 'c', 'e']);
  });

  it('moves nobody for who is in view, is unknown, or where all are fixed', () => {
    expect(bringIntoView(order, 'b', options)).toBe(order);
    expect(bringIntoView(order, 'nobody', options)).toBe(order);
    expect(bringIntoView(order, 'e', { ...options, fixed: options.visible })).toBe(order);
  });
});
