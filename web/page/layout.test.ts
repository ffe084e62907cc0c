import { describe, expect, it } from 'vitest';
import { columnsFor } from './layout.ts';

describe('columnsFor', () => {
  it('makes the tiles as large as the space allows', () => {
    expect([1, 2, 3, 4, 5, 9, 25].map((count) => columnsFor(count, 1280, 640))).toEqual([
      1, 2, 2, 2, 3, 3, 5,
    ]);
  });

  it('stacks tiles on a phone in portrait', () => {
    expect([1, 2, 3, 4, 8].map((count) => columnsFor(count, 390, 700))).toEqual([1, 1, 1, 1, 2]);
  });

  it('survives a space without size', () => {
    expect(columnsFor(3, 0, 0)).toBe(1);
    expect(columnsFor(0, 100, 100)).toBe(1);
  });
});
