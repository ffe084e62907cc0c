/** What H.264 encoders do beyond the common suite: temporal layers, profiles, screen content, changes in mid-stream. */
import { describe, expect, it } from 'vitest';
import type { CodecEngine, EncodedVideo, VideoEncoder, VideoEncoderConfig } from '../types.ts';
import { CodecParameterError } from '../errors.ts';
import { nalUnitType, splitNalUnits } from '../media-files.ts';
import { engineForEach } from './engine-for-each.ts';
import { bps, lumaPsnrDb, movingPicture, screenPicture } from './pictures.ts';
import { HEIGHT, TICKS, WIDTH, encodeScene } from './streams.ts';

type Scene = typeof movingPicture;

let engine: CodecEngine;

engineForEach((made) => {
  engine = made;
});

function create(more: Partial<VideoEncoderConfig> = {}): VideoEncoder {
  return engine.createEncoder({
    codec: 'H264',
    implementation: 'openh264',
    width: WIDTH,
    height: HEIGHT,
    targetBps: bps(900_000),
    maxFrameRate: 30,
    ...more,
  });
}

const encodeRange = (
  encoder: VideoEncoder,
  from: number,
  to: number,
  size?: readonly [number, number],
  scene?: Scene,
): Promise<EncodedVideo[]> => encodeScene(engine, encoder, [from, to], scene, size);

/** The least PSNR of the decoded pictures against what was put in; fails on damage and on any picture that is missing. */
async function leastPsnrDb(units: readonly EncodedVideo[], scene: Scene = movingPicture): Promise<number> {
  const decoder = engine.createDecoder('H264', { implementation: 'openh264' });
  let least = Infinity;
  let pictures = 0;
  for (const unit of units) {
    const { frame, corrupt } = await decoder.decode(unit.data, unit.timestampRtp90k);
    expect(corrupt).toBe(false);
    // Main profile comes late, with its own time stamp.
    if (frame === null) continue;
    pictures++;
    const source = scene(frame.width, frame.height, frame.timestampRtp90k / TICKS);
    least = Math.min(least, lumaPsnrDb(frame.toI420(), source, frame.width, frame.height));
    frame.close();
  }
  await decoder.close();
  expect(pictures).toBeGreaterThanOrEqual(units.length - 2);
  return least;
}

describe('temporal layers of openh264', () => {
  it.each([
    { temporal: 1, pattern: [0] },
    { temporal: 2, pattern: [0, 1] },
    { temporal: 3, pattern: [0, 2, 1, 2] },
    { temporal: 4, pattern: [0, 3, 2, 3, 1, 3, 2, 3] },
  ])('$temporal: every lower set of layers decodes alone', async ({ temporal, pattern }) => {
    const encoder = create({ layers: { spatial: 1, temporal }, targetBps: bps(1_500_000) });
    const units = await encodeRange(encoder, 0, 48);
    await encoder.close();
    expect(units.map(({ temporalLayer }) => temporalLayer)).toEqual(
      units.map((_, i) => pattern[i % pattern.length]),
    );
    expect(units.map(({ keyFrame }) => keyFrame)).toEqual(units.map((_, i) => i === 0));
    for (let highest = 0; highest < temporal; highest++) {
      const kept = units.filter(({ temporalLayer }) => temporalLayer <= highest);
      expect(await leastPsnrDb(kept)).toBeGreaterThan(28);
    }
  });

  it.each([{ content: 'camera' }, { content: 'screen' }] as const)(
    'a receiver goes up at a layer sync ($content)',
    async ({ content }) => {
      const temporal = 4;
      const scene = content === 'camera' ? movingPicture : screenPicture;
      const encoder = create({ content, layers: { spatial: 1, temporal }, targetBps: bps(1_500_000) });
      const units = await encodeRange(encoder, 0, 40, [WIDTH, HEIGHT], scene);
      await encoder.close();
      for (const unit of units) if (unit.temporalLayer === 0) expect(unit.layerSync).toBe(false);
      // The highest layer joins late, each time at another place.
      for (const from of [17, 18, 19, 20, 21, 22, 23]) {
        let highest = 0;
        const kept = units.filter((unit, i) => {
          if (i >= from && unit.layerSync && unit.temporalLayer === highest + 1) highest++;
          return unit.temporalLayer <= highest;
        });
        expect(highest).toBe(temporal - 1);
        expect(await leastPsnrDb(kept, scene)).toBeGreaterThan(28);
      }
    },
  );
});

describe('changes in mid-stream of openh264', () => {
  it('brings a key frame with another size, more layers or other content, and none with fewer layers', async () => {
    const encoder = create({ layers: { spatial: 1, temporal: 3 } });
    const units = await encodeRange(encoder, 0, 21);
    const step = async (
      change: Parameters<VideoEncoder['update']>[0],
      size: readonly [number, number] = [WIDTH, HEIGHT],
    ): Promise<EncodedVideo[]> => {
      encoder.update(change);
      const next = (units.at(-1)?.timestampRtp90k ?? 0) / TICKS + 1;
      const more = await encodeRange(encoder, next, next + 21, size);
      expect(more.slice(1).filter(({ keyFrame }) => keyFrame)).toEqual([]);
      units.push(...more);
      return more;
    };
    const two = await step({ layers: { spatial: 1, temporal: 2 } });
    expect(two[0]?.keyFrame).toBe(false);
    expect(new Set(two.slice(2).map(({ temporalLayer }) => temporalLayer))).toEqual(new Set([0, 1]));
    const one = await step({ layers: { spatial: 1, temporal: 1 }, maxFrameRate: 15 });
    expect(one[0]?.keyFrame).toBe(false);
    expect(new Set(one.slice(2).map(({ temporalLayer }) => temporalLayer))).toEqual(new Set([0]));
    expect((await step({ layers: { spatial: 1, temporal: 4 } }))[0]?.keyFrame).toBe(true);
    expect((await step({ targetBps: bps(1_200_000), maxFrameRate: 30 }))[0]?.keyFrame).toBe(false);
    const small = await step({ width: 160, height: 90, layers: { spatial: 1, temporal: 2 } }, [160, 90]);
    expect(small[0]).toMatchObject({ keyFrame: true, width: 160, height: 90 });
    await encoder.close();
    expect(units.length).toBeGreaterThan(100);
    expect(await leastPsnrDb(units)).toBeGreaterThan(26);
  });

  it('goes from camera to screen and back, with a key frame each time', async () => {
    const encoder = create({ layers: { spatial: 1, temporal: 2 }, targetBps: bps(2_000_000) });
    const units: EncodedVideo[] = [];
    for (const content of ['camera', 'screen', 'camera'] as const) {
      encoder.update({ content });
      const more = await encodeRange(
        encoder,
        units.length,
        units.length + 20,
        [WIDTH, HEIGHT],
        screenPicture,
      );
      expect(more.map(({ keyFrame }) => keyFrame)).toEqual(more.map((_, i) => i === 0));
      expect(new Set(more.map(({ temporalLayer }) => temporalLayer))).toEqual(new Set([0, 1]));
      units.push(...more);
    }
    await encoder.close();
    expect(await leastPsnrDb(units, screenPicture)).toBeGreaterThan(26);
  });
});

describe('profile, content and speed of openh264', () => {
  it('writes main profile with CABAC in fewer bits', async () => {
    const bits: number[] = [];
    for (const profile of ['constrained-baseline', 'main'] as const) {
      const encoder = create({ profile, targetBps: bps(700_000) });
      const units = await encodeRange(encoder, 0, 30);
      await encoder.close();
      const sps = splitNalUnits(units[0]?.data ?? new Uint8Array(0)).find((nal) => nalUnitType(nal) === 7);
      expect(sps?.[5]).toBe(profile === 'main' ? 77 : 66);
      for (const { quantiser } of units) {
        expect(quantiser).toBeGreaterThan(0);
        expect(quantiser).toBeLessThanOrEqual(51);
      }
      expect(await leastPsnrDb(units)).toBeGreaterThan(28);
      bits.push(units[0]?.data.length ?? 0);
    }
    expect(bits[1]).toBeLessThan((bits[0] ?? 0) * 0.97);
  });

  it.each([
    { content: 'screen' },
    { content: 'screen', profile: 'main', layers: { spatial: 1, temporal: 2 } },
    { content: 'screen', maxNalBytes: 1000 },
    { content: 'screen', threads: 2 },
    { speed: 1 },
    { speed: 2, profile: 'main', layers: { spatial: 1, temporal: 4 } },
    { threads: 2, layers: { spatial: 1, temporal: 3 } },
    { maxNalBytes: 600, profile: 'main', layers: { spatial: 1, temporal: 3 } },
  ] as const)('%o', async (more) => {
    const scene = 'content' in more ? screenPicture : movingPicture;
    const encoder = create({ targetBps: bps(2_000_000), ...more });
    const units = await encodeRange(encoder, 0, 30, [WIDTH, HEIGHT], scene);
    await encoder.close();
    expect(units.length).toBeGreaterThanOrEqual(27);
    expect(units.filter(({ keyFrame }) => keyFrame)).toHaveLength(1);
    expect(await leastPsnrDb(units, scene)).toBeGreaterThan(28);
  });

  it.each([-1, 3])('refuses speed %d', (speed) => {
    expect(() => create({ speed })).toThrow(CodecParameterError);
  });
});
