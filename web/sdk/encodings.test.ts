import { describe, expect, it } from 'vitest';
import { bitrateFor, videoEncodings } from './encodings.ts';

const SIMULCAST = { simulcast: true, temporalLayers: true };

describe('videoEncodings', () => {
  it('is one layer where simulcast is off or the picture is small', () => {
    expect(
      videoEncodings({ width: 1280, height: 720, frameRate: 30 }, { ...SIMULCAST, simulcast: false }),
    ).toEqual([{ maxBitrate: bitrateFor(1280, 720, 30) }]);
    expect(videoEncodings({ width: 480, height: 270, frameRate: 15 }, SIMULCAST)).toHaveLength(1);
  });

  it('goes from small to large, also for pictures that stand upright', () => {
    const scales = (width: number, height: number): (number | undefined)[] =>
      videoEncodings({ width, height, frameRate: 30 }, SIMULCAST).map((one) => one.scaleResolutionDownBy);
    expect(scales(1280, 720)).toEqual([4, 2, 1]);
    expect(scales(640, 360)).toEqual([2, 1]);
    expect(scales(360, 640)).toEqual([2, 1]);
  });

  it('gives each layer bits by its pixels, under the wished bound', () => {
    const layers = videoEncodings(
      { width: 1280, height: 720, frameRate: 30 },
      { ...SIMULCAST, maxBitrateBps: 1_000_000 },
    );
    const rates = layers.map((one) => one.maxBitrate ?? 0);
    expect(rates[2]).toBe(1_000_000);
    expect(rates[0]).toBeLessThan(rates[1] ?? 0);
    expect(rates[1]).toBeLessThan(500_000);
  });

  it('bounds the frame rate and names temporal layers only where the server can see them', () => {
    const [layer] = videoEncodings(
      { width: 640, height: 360, frameRate: 30 },
      { simulcast: true, temporalLayers: false, maxFrameRate: 15 },
    );
    expect(layer).toMatchObject({ maxFramerate: 15, scalabilityMode: 'L1T1' });
  });

  it('assumes an ordinary camera where the platform tells nothing', () => {
    expect(videoEncodings({}, { simulcast: false, temporalLayers: true })).toEqual([
      { maxBitrate: bitrateFor(640, 360, 30) },
    ]);
  });
});
