import { describe, expect, it } from 'vitest';
import { atLeast, atMost } from './claims.ts';
import { formatReport, formatTable } from './report.ts';
import { median, quantile } from './statistics.ts';

describe('statistics', () => {
  it('interpolates between neighbours', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 0.95)).toBeCloseTo(4.8);
    expect(quantile([7], 0.95)).toBe(7);
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('claims', () => {
  it('are kept on their side of the limit only, and never by a figure that is none', () => {
    expect(atMost('a', 1.5, 1.5, 'x').ok).toBe(true);
    expect(atMost('a', 1.501, 1.5, 'x').ok).toBe(false);
    expect(atMost('a', Number.NaN, 1.5, 'x').ok).toBe(false);
    expect(atLeast('a', 92, 92, '%')).toEqual({ id: 'a', value: 92, unit: '%', target: '>= 92', ok: true });
    expect(atLeast('a', 91.9, 92, '%').ok).toBe(false);
  });
});

describe('report', () => {
  it('lines columns up', () => {
    expect(
      formatTable({
        title: 'T',
        columns: ['what', 'ms'],
        rows: [
          ['a', 1],
          ['long one', 123],
        ],
      }),
    ).toBe('T\n\nwhat       ms\n--------  ---\na           1\nlong one  123');
  });

  it('names claims that are not kept, and what was skipped', () => {
    const text = formatReport({
      bench: 'b',
      tables: [],
      claims: [atMost('join.x', 2, 1, 'x')],
      conditions: { rounds: 3 },
      skipped: ['no GStreamer here'],
    });
    expect(text).toMatch(/join\.x +2 +x +<= 1 +NO/);
    expect(text).toContain('rounds: 3');
    expect(text).toContain('skipped: no GStreamer here');
  });
});
