import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHidden, largestView, layerFor } from './viewLayer.ts';

const HD = { width: 1280, height: 720 };
const THREE = [{ scaleResolutionDownBy: 4 }, { scaleResolutionDownBy: 2 }, { scaleResolutionDownBy: 1 }];

describe('layer of a view', () => {
  it.each([
    ['a small tile', { width: 320, height: 180 }, 0],
    ['one pixel in ten too large for it', { width: 352, height: 198 }, 0],
    ['a little more than that', { width: 353, height: 198 }, 1],
    ['a tall tile, which the picture must cover', { width: 200, height: 360 }, 1],
    ['the whole screen', { width: 1920, height: 1080 }, 2],
    ['more than there is', { width: 7680, height: 4320 }, 2],
  ])('%s', (_what, view, layer) => {
    expect(layerFor(view, HD, THREE)).toBe(layer);
  });

  it('is none where the view is hidden, and the largest where it is not known', () => {
    expect(layerFor({ width: 0, height: 0 }, HD, THREE)).toBeNull();
    expect(layerFor(null, HD, THREE)).toBe(2);
  });

  it('takes halves for layers that do not say, and a usual camera for a picture that does not', () => {
    expect(layerFor({ width: 640, height: 360 }, null, [{}, {}, {}])).toBe(1);
    expect(layerFor({ width: 640, height: 360 }, { width: 320, height: 180 }, [{}])).toBe(0);
  });

  it('never falls when a view grows', () => {
    const side = fc.integer({ min: 1, max: 16_384 });
    fc.assert(
      fc.property(side, side, side, side, fc.integer({ min: 1, max: 4 }), (width, height, w, h, count) => {
        const encodings = Array.from({ length: count }, () => ({}));
        const small = layerFor({ width, height }, { width: w, height: h }, encodings) ?? -1;
        const large = layerFor({ width: width * 2, height: height * 2 }, { width: w, height: h }, encodings);
        expect(small).toBeGreaterThanOrEqual(0);
        expect(large).toBeGreaterThanOrEqual(small);
        expect(large).toBeLessThan(count);
      }),
      { seed: 3 },
    );
  });
});

describe('the largest of several views', () => {
  it('covers each of them, and is hidden only where all are', () => {
    const hidden = { width: 0, height: 0 };
    expect(largestView([{ width: 100, height: 300 }, hidden, { width: 200, height: 50 }])).toEqual({
      width: 200,
      height: 300,
    });
    expect(isHidden(largestView([hidden, hidden]))).toBe(true);
    expect(isHidden(largestView([]))).toBe(true);
    expect(largestView([hidden, null])).toBeNull();
  });
});
