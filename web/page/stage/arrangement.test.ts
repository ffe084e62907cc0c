import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ArrangeInput,
  type Box,
  type Layout,
  PAGER_HEIGHT,
  arrange,
  gapFor,
  gridBoxes,
  splitFor,
} from './arrangement.ts';

/** fast-check prints the seed and the smallest case that fails. */
const RUNS = { seed: 31_415, numRuns: 2_000 };

const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `k${index}`);
const spaces = fc.record({
  width: fc.integer({ min: 320, max: 3840 }),
  height: fc.integer({ min: 240, max: 2160 }),
});

function inputs(layouts: readonly Layout[]): fc.Arbitrary<ArrangeInput> {
  return fc
    .record({
      layout: fc.constantFrom(...layouts),
      space: spaces,
      count: fc.integer({ min: 1, max: 60 }),
      mainRatio: fc.option(fc.double({ min: 0.4, max: 3, noNaN: true })),
      page: fc.integer({ min: 0, max: 9 }),
    })
    .map(({ count, layout, ...rest }) => ({
      ...rest,
      layout,
      order: keys(count),
      main: layout === 'grid' ? null : `k${Math.floor(count / 2)}`,
      floating: layout === 'spotlight' && count > 1 ? 'k0' : null,
    }));
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function isInside(box: Box, { width, height }: { width: number; height: number }): boolean {
  return box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
}

describe('arrange', () => {
  it('keeps every tile inside the stage, whole pixels, and none over another', () => {
    fc.assert(
      fc.property(inputs(['grid', 'speaker', 'screen', 'spotlight']), (input) => {
        const { places, pager } = arrange(input);
        const boxes = [...places.values()].filter(({ role }) => role !== 'float');
        for (const box of places.values()) {
          expect(isInside(box, input.space)).toBe(true);
          expect(box.width > 0 && box.height > 0).toBe(true);
          expect([box.x, box.y, box.width, box.height].every(Number.isInteger)).toBe(true);
        }
        const solid: Box[] = pager === null ? boxes : [...boxes, pager];
        for (const [index, a] of solid.entries()) {
          for (const b of solid.slice(index + 1)) expect(overlap(a, b)).toBe(false);
        }
      }),
      RUNS,
    );
  });

  it('shows everybody on exactly one page of a grid, in order', () => {
    fc.assert(
      fc.property(inputs(['grid']), (input) => {
        const { pages } = arrange({ ...input, page: 0 });
        const seen = Array.from({ length: pages }, (_, page) => [
          ...arrange({ ...input, page }).places.keys(),
        ]);
        expect(seen.flat()).toEqual(input.order);
      }),
      { ...RUNS, numRuns: 500 },
    );
  });

  it('makes the tiles of a grid equal, none narrower than 3:4 or wider than 16:9', () => {
    fc.assert(
      fc.property(inputs(['grid']), (input) => {
        const boxes = [...arrange(input).places.values()];
        const [first] = boxes;
        expect(first).toBeDefined();
        if (first === undefined) return;
        for (const { width, height } of boxes) {
          expect([width, height]).toEqual([first.width, first.height]);
        }
        expect(first.width).toBeLessThanOrEqual(Math.ceil((first.height + 1) * (16 / 9)));
        expect(first.width + 1).toBeGreaterThanOrEqual(Math.floor(first.height * (3 / 4)));
      }),
      RUNS,
    );
  });

  it('fills the stage in one direction: the tiles could not be larger as they stand', () => {
    fc.assert(
      fc.property(spaces, fc.integer({ min: 1, max: 16 }), (space, count) => {
        const boxes = gridBoxes(count, space, gapFor(space));
        const rows = new Set(boxes.map(({ y }) => y)).size;
        const columns = new Set(boxes.filter(({ y }) => y === boxes[0]?.y).map(({ x }) => x)).size;
        const used =
          Math.max(...boxes.map(({ x, width }) => x + width)) - Math.min(...boxes.map(({ x }) => x));
        const tall =
          Math.max(...boxes.map(({ y, height }) => y + height)) - Math.min(...boxes.map(({ y }) => y));
        expect(space.width - used <= columns || space.height - tall <= rows).toBe(true);
      }),
      RUNS,
    );
  });

  it('centres the last row', () => {
    fc.assert(
      fc.property(spaces, fc.integer({ min: 1, max: 25 }), (space, count) => {
        const boxes = gridBoxes(count, space, gapFor(space));
        const last = boxes.filter(({ y }) => y === boxes.at(-1)?.y);
        const left = last[0]?.x ?? 0;
        const right = space.width - ((last.at(-1)?.x ?? 0) + (last.at(-1)?.width ?? 0));
        expect(Math.abs(left - right)).toBeLessThanOrEqual(2);
      }),
      RUNS,
    );
  });

  it('gives the large tile most of an ordinary screen, and never less than any other', () => {
    fc.assert(
      fc.property(inputs(['speaker', 'screen']), (input) => {
        const { places } = arrange(input);
        const main = [...places.values()].find(({ role }) => role === 'main');
        expect(main).toBeDefined();
        if (main === undefined) return;
        // A picture of another form on a stage of this one is given no more than it can use.
        if (input.mainRatio !== null && (input.mainRatio < 4 / 3 || input.mainRatio > 2)) return;
        for (const box of places.values()) {
          expect(box.width * box.height).toBeLessThanOrEqual(main.width * main.height);
        }
        const shape = input.space.width / input.space.height;
        if (input.mainRatio === null && shape > 1.3 && shape < 2.2) {
          expect(main.width * main.height).toBeGreaterThan(0.6 * input.space.width * input.space.height);
        }
      }),
      RUNS,
    );
  });

  it('survives a stage without size, and nobody', () => {
    const none = {
      layout: 'grid',
      space: { width: 0, height: 0 },
      main: null,
      floating: null,
      mainRatio: null,
      page: 3,
    } as const;
    expect(arrange({ ...none, order: [] }).places.size).toBe(0);
    for (const { width, height } of arrange({ ...none, order: keys(4) }).places.values()) {
      expect([width, height]).toEqual([0, 0]);
    }
    const gone = arrange({
      ...none,
      layout: 'speaker',
      main: 'gone',
      space: { width: 800, height: 600 },
      order: keys(2),
    });
    expect([...gone.places.values()].map(({ role }) => role)).toEqual(['cell', 'cell']);
  });
});

describe('on known screens', () => {
  const columns = (count: number, width: number, height: number): number => {
    const boxes = [
      ...arrange({
        layout: 'grid',
        space: { width, height },
        order: keys(count),
        main: null,
        floating: null,
        mainRatio: null,
        page: 0,
      }).places.values(),
    ];
    return boxes.filter(({ y }) => y === boxes[0]?.y).length;
  };

  it('uses the width of a laptop, and the height of a telephone', () => {
    expect([1, 2, 3, 4, 5, 9, 16].map((count) => columns(count, 1280, 700))).toEqual([1, 2, 2, 2, 3, 3, 4]);
    expect([1, 2, 3, 4, 8].map((count) => columns(count, 378, 720))).toEqual([1, 1, 1, 2, 2]);
    expect([1, 2, 3, 4].map((count) => columns(count, 824, 310))).toEqual([1, 2, 3, 4]);
  });

  it('shows 25 people at once on a large screen, and in pages on a small one', () => {
    const at = (width: number, height: number): number =>
      arrange({
        layout: 'grid',
        space: { width, height },
        order: keys(25),
        main: null,
        floating: null,
        mainRatio: null,
        page: 0,
      }).pages;
    expect(at(3820, 2070)).toBe(1);
    expect(at(1900, 980)).toBe(1);
    expect(at(1260, 700)).toBe(2);
    expect(at(378, 720)).toBe(3);
  });

  it('puts the others below where that leaves the screen larger, and beside where there is room', () => {
    const below = splitFor({ width: 378, height: 720 }, 6, 16 / 9);
    expect(below.strip.y).toBeGreaterThan(below.main.height);
    const beside = splitFor({ width: 824, height: 310 }, 6, 16 / 9);
    expect(beside.strip.x).toBeGreaterThan(beside.main.width);
  });

  it('leaves the row that turns pages its height', () => {
    const { pager, pages, places } = arrange({
      layout: 'speaker',
      space: { width: 1260, height: 700 },
      order: keys(40),
      main: 'k0',
      floating: null,
      mainRatio: null,
      page: 99,
    });
    expect(pager?.height).toBe(PAGER_HEIGHT);
    expect(pages).toBeGreaterThan(1);
    expect(places.has('k39')).toBe(true);
  });
});
