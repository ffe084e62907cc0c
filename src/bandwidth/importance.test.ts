import { describe, expect, it } from 'vitest';
import { type Watched, importanceOf } from './importance.ts';

const LARGE = { width: 1280, height: 720 };
const SMALL = { width: 160, height: 90 };
const seen = (id: string, change: Partial<Watched> = {}): Watched => ({
  id,
  source: 'camera',
  speaks: false,
  view: LARGE,
  ...change,
});

describe('how much a picture matters', () => {
  it('is most for a screen, then for who speaks, then for size', () => {
    const found = importanceOf([
      seen('small', { view: SMALL }),
      seen('screen', { source: 'screen' }),
      seen('large'),
      seen('speaker', { speaks: true }),
    ]);
    const ordered = [...found].sort((a, b) => b.weight - a.weight);
    expect(ordered.map(({ id }) => id)).toEqual(['screen', 'speaker', 'large', 'small']);
    expect(ordered.map(({ priority }) => priority)).toEqual([240, 120, 60, 16]);
  });

  it('leaves out what nobody looks at', () => {
    expect(importanceOf([seen('hidden', { view: { width: 0, height: 0 } })])).toEqual([]);
  });

  it('takes a size that was not said for the largest', () => {
    const [unknown, large] = importanceOf([seen('unknown', { view: null }), seen('large')]);
    expect(unknown?.weight).toBe(large?.weight);
    expect(importanceOf([seen('unknown', { view: null })])[0]?.weight).toBe(1);
  });
});
