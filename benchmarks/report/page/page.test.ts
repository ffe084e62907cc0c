/** Pages and charts over time: nothing is lost by drawing less, and a page needs nothing beside it. */
import { describe, expect, it } from 'vitest';
import { atMost } from '../claims.ts';
import { runPage } from './runPage.ts';
import { extent, scaleFrom, scaleOf } from './scale.ts';
import { type TimePoint, type TimeSeries, thinned, timeChart } from './timeChart.ts';

const OPTIONS = { title: 'T', fromMs: 0, toMs: 1000, colours: new Map([['b', 3]]), dashed: new Set(['b']) };

function series(name: string, values: readonly (number | null)[], unit = 'ms'): TimeSeries {
  return { name, unit, points: values.map((value, index) => ({ atMs: index * 100, value })) };
}

describe('scales', () => {
  it('leave room beside the values, or go exactly from end to end', () => {
    const roomy = scaleOf([0, 100], 0, 500, false);
    expect(roomy.place(0)).toBeCloseTo((500 * 6) / 112, 9);
    expect(roomy.ticks.map(String)).toEqual(['0', '50', '100']);
    expect(scaleFrom(0, 10, 100, 200).place(10)).toBe(200);
    expect(scaleFrom(0, 20, 0, 1).ticks).toEqual([0, 5, 10, 15, 20]);
    expect(scaleOf([100, 10_000], 0, 1, true).ticks).toEqual([100, 200, 500, 1000, 2000, 5000, 10_000]);
    expect(extent([])).toEqual([0, 1]);
  });
});

describe('a chart over time', () => {
  it('breaks its line where there is nothing', () => {
    const html = timeChart([series('a', [1, 2, null, 3, 4])], OPTIONS);
    const path = /<path d="([^"]+)"/.exec(html)?.[1] ?? '';
    expect(path.match(/M/g)?.length).toBe(2);
    expect(path.match(/L/g)?.length).toBe(2);
    expect(html).toContain('data-times="0 100 200 300 400" data-values="1,2,,3,4"');
  });

  it('begins at 0, with the first series on top, in the colour and dashes of its name', () => {
    const html = timeChart([series('a', [5, 6]), series('b', [7, 8])], OPTIONS);
    expect(html).toMatch(
      /class="series line c3 dashed" data-series="b"[^]*class="series line c0" data-series="a"/,
    );
    expect(html).toContain('>0</text>');
  });

  it('refuses units that differ', () => {
    expect(() => timeChart([series('a', [1]), series('b', [1], 's')], OPTIONS)).toThrow(/ms and s/);
    expect(() => timeChart([], OPTIONS)).toThrow(RangeError);
  });

  it('draws no more than it has room for, and keeps every peak and gap of a stretch', () => {
    const points: TimePoint[] = Array.from({ length: 100_000 }, (_, index) => ({
      atMs: index / 100,
      value: index === 54_321 ? 99 : index === 77_777 ? -5 : index === 12_345 ? null : index % 7,
    }));
    const kept = thinned(points, 0, 1000);
    expect(kept.length).toBeLessThan(600);
    expect(kept).toEqual(expect.arrayContaining([points[54_321], points[77_777], points[12_345]]));
    expect(kept.every(({ atMs }, index) => atMs >= (kept[index - 1]?.atMs ?? 0))).toBe(true);
    const few = points.slice(0, 500);
    expect(thinned(few, 0, 1000)).toEqual(few);
    expect(thinned(few, 1, 2).every(({ atMs }) => atMs >= 1 && atMs <= 2)).toBe(true);
  });
});

describe('a page of runs', () => {
  const page = (): string =>
    runPage({
      heading: 'Some laboratory',
      conditions: { rounds: 3 },
      runs: [
        {
          title: 'one <run>',
          note: 'to be seen',
          charts: [
            {
              title: 'Rates',
              series: [series('sent', [1, 2], 'Mbit/s'), series('capacity', [2, 2], 'Mbit/s')],
            },
            { title: 'Queue', series: [series('queue', [0, 30])] },
            { title: 'Empty', series: [series('none', [])] },
          ],
        },
      ],
      dashed: ['capacity'],
      claims: [atMost('lab.x', 1, 2, 'ms')],
      tables: [{ title: 'Table', columns: ['a'], rows: [[1]] }],
      skipped: ['no trace'],
    });

  it('has its charts, claims, tables and what was skipped, and needs nothing beside it', () => {
    const html = page();
    expect(html).toContain('one &#60;run&#62;');
    expect(html.match(/<figure/g)?.length).toBe(2);
    expect(html).toContain('lab.x');
    expect(html).toContain('no trace');
    expect(html).toContain('capacity (dashed)');
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|src=|href="(?!data:)/);
  });

  it('gives charts of a run one axis of time, and a name one colour', () => {
    const html = page();
    expect(html.match(/data-from="0" data-to="100"/g)?.length).toBe(2);
    expect(html).toMatch(/class="c1"><input type="checkbox" checked value="capacity">/);
    expect(html).toMatch(/class="series line c1 dashed" data-series="capacity"/);
  });
});
