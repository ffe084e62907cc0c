/** What the AV1 encoder does beyond the common suite: temporal layers, screen content, changes in mid-stream, the format. */
import { describe, expect, it } from 'vitest';
import type { CodecEngine, EncodedVideo, VideoEncoder, VideoEncoderConfig } from '../types.ts';
import { CodecParameterError } from '../errors.ts';
import { engineForEach } from './engine-for-each.ts';
import { videoFound } from './found.ts';
import { bps, lumaPsnrDb, movingPicture, rtp90k, screenPicture } from './pictures.ts';
import { HEIGHT, TICKS, WIDTH, encodeScene } from './streams.ts';

type Scene = typeof movingPicture;

const missing = !(['encode', 'decode'] as const).every((direction) =>
  videoFound(direction).some(({ codec }) => codec === 'AV1'),
);

let engine: CodecEngine;

engineForEach((made) => {
  engine = made;
});

function create(more: Partial<VideoEncoderConfig> = {}): VideoEncoder {
  return engine.createEncoder({
    codec: 'AV1',
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
  scene?: Scene,
  size?: readonly [number, number],
): Promise<EncodedVideo[]> => encodeScene(engine, encoder, [from, to], scene, size);

/** The least PSNR of the decoded pictures against what was put in; fails on damage and on any picture that is missing. */
async function leastPsnrDb(units: readonly EncodedVideo[], scene: Scene = movingPicture): Promise<number> {
  const decoder = engine.createDecoder('AV1');
  let least = Infinity;
  for (const unit of units) {
    const { frame, corrupt } = await decoder.decode(unit.data, unit.timestampRtp90k);
    expect(corrupt).toBe(false);
    expect(frame).toMatchObject({ width: unit.width, height: unit.height });
    const source = scene(unit.width, unit.height, unit.timestampRtp90k / TICKS);
    const i420 = frame?.toI420() ?? new Uint8Array(0);
    least = Math.min(least, lumaPsnrDb(i420, source, unit.width, unit.height));
    frame?.close();
  }
  await decoder.close();
  return least;
}

/** `obu_type` of each open bitstream unit (section 5.3.2); all have their size (low-overhead format, section 5.2). */
function obuTypes(data: Uint8Array): number[] {
  const types: number[] = [];
  for (let at = 0; at < data.length;) {
    const header = data[at] ?? 0;
    expect(header & 2).toBe(2);
    types.push((header >> 3) & 15);
    at += (header & 4) === 4 ? 2 : 1;
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = data[at++] ?? 0;
      size += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    at += size;
  }
  return types;
}

describe.skipIf(missing)('AV1 (skipped without libaom and dav1d)', () => {
  it.each([
    { temporal: 1, pattern: [0] },
    { temporal: 2, pattern: [0, 1] },
    { temporal: 3, pattern: [0, 2, 1, 2] },
  ])('$temporal temporal layers: every lower set of layers decodes alone', async ({ temporal, pattern }) => {
    const encoder = create({ layers: { spatial: 1, temporal } });
    const units = await encodeRange(encoder, 0, 40);
    await encoder.close();
    expect(units.length).toBe(40);
    expect(units.map(({ temporalLayer }) => temporalLayer)).toEqual(
      units.map((_, i) => pattern[i % pattern.length]),
    );
    expect(units.map(({ keyFrame }) => keyFrame)).toEqual(units.map((_, i) => i === 0));
    for (let highest = 0; highest < temporal; highest++) {
      const kept = units.filter(({ temporalLayer }) => temporalLayer <= highest);
      expect(await leastPsnrDb(kept)).toBeGreaterThan(28);
    }
    // Up at each layer sync, and down again.
    for (const from of [9, 10, 11, 12]) {
      let highest = 0;
      const kept = units.filter((unit, i) => {
        if (i >= from && unit.layerSync && unit.temporalLayer === highest + 1) highest++;
        if (i === 30) highest = 0;
        return unit.temporalLayer <= highest;
      });
      expect(await leastPsnrDb(kept)).toBeGreaterThan(28);
    }
  });

  it('follows the bitrate with temporal layers, and key frames on request', async () => {
    const encoder = create({ layers: { spatial: 1, temporal: 3 }, targetBps: bps(150_000) });
    const units = await encodeRange(encoder, 0, 180);
    const bits = units.slice(60).reduce((sum, { data }) => sum + data.length * 8, 0);
    expect(bits / 4 / 150_000).toBeGreaterThan(0.85);
    expect(bits / 4 / 150_000).toBeLessThan(1.15);
    const frame = engine.frameFromI420(movingPicture(WIDTH, HEIGHT, 181), WIDTH, HEIGHT, rtp90k(181 * TICKS));
    const key = await encoder.encode(frame, { keyFrame: true });
    frame.close();
    expect(key).toMatchObject({ keyFrame: true, temporalLayer: 0 });
    await encoder.close();
  });

  it('predicts every picture of the highest layer as well as the others', async () => {
    const encoder = create({ layers: { spatial: 1, temporal: 3 }, targetBps: bps(300_000) });
    const units = (await encodeRange(encoder, 0, 120)).slice(60);
    await encoder.close();
    expect(units.length).toBe(60);
    // After one of the base layer, and after one of the middle layer.
    const [afterBase = 0, afterMiddle = 0] = [1, 3].map((place) =>
      units.filter((_, i) => i % 4 === place).reduce((sum, { data }) => sum + data.length, 0),
    );
    expect(afterMiddle / afterBase).toBeLessThan(1.5);
  });

  it('writes temporal units without delimiter, with a sequence header in each key frame', async () => {
    const encoder = create({ layers: { spatial: 1, temporal: 2 } });
    const units = await encodeRange(encoder, 0, 6);
    await encoder.close();
    for (const unit of units) {
      const types = obuTypes(unit.data);
      expect(types).not.toContain(2);
      expect(types.includes(1)).toBe(unit.keyFrame);
    }
  });

  it('changes size and layers with a key frame, and everything else without', async () => {
    const encoder = create();
    const units = await encodeRange(encoder, 0, 12);
    const step = async (
      change: Parameters<VideoEncoder['update']>[0],
      size: readonly [number, number] = [WIDTH, HEIGHT],
    ): Promise<boolean[]> => {
      encoder.update(change);
      const next = (units.at(-1)?.timestampRtp90k ?? 0) / TICKS + 1;
      const more = await encodeRange(encoder, next, next + 10, movingPicture, size);
      units.push(...more);
      return more.map(({ keyFrame }) => keyFrame);
    };
    const never = Array.from({ length: 10 }, () => false);
    const once = [true, ...never.slice(1)];
    expect(await step({ content: 'screen' })).toEqual(never);
    expect(await step({ content: 'camera', targetBps: bps(1_200_000), maxFrameRate: 25 })).toEqual(never);
    expect(await step({ layers: { spatial: 1, temporal: 3 } })).toEqual(once);
    expect(await step({ width: 640, height: 360 }, [640, 360])).toEqual(once);
    expect(await step({ width: 160, height: 90 }, [160, 90])).toEqual(once);
    await encoder.close();
    expect(await leastPsnrDb(units)).toBeGreaterThan(26);
  });

  it('codes a screen better when it is told that it is one', async () => {
    const bytes: number[] = [];
    for (const content of ['camera', 'screen'] as const) {
      const encoder = create({ content, targetBps: bps(2_000_000) });
      const units = await encodeRange(encoder, 0, 10, screenPicture);
      await encoder.close();
      expect(await leastPsnrDb(units, screenPicture)).toBeGreaterThan(25);
      bytes.push(units.reduce((sum, { data }) => sum + data.length, 0));
    }
    expect(bytes[1]).toBeLessThan((bytes[0] ?? 0) * 0.9);
  });

  it.each([{ threads: 4 }, { speed: 5 }, { speed: 10 }, { errorResilient: true }])('%o', async (more) => {
    const encoder = create(more);
    const units = await encodeRange(encoder, 0, 12);
    await encoder.close();
    expect(await leastPsnrDb(units)).toBeGreaterThan(28);
  });

  it.each([{ speed: 4 }, { speed: 11 }, { width: 14 }, { layers: { spatial: 2, temporal: 1 } }])(
    'refuses %o',
    (wrong) => {
      expect(() => create(wrong)).toThrow(CodecParameterError);
    },
  );
});
