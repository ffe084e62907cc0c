/** What may change between two pictures of one stream: rates, size, content, layers. */
import { describe, expect, it } from 'vitest';
import type { CodecEngine, EncodedVideo, LayerCounts, VideoEncoderChange } from '../types.ts';
import { CodecParameterError } from '../errors.ts';
import { engineForEach } from './engine-for-each.ts';
import { videoFound } from './found.ts';
import { bps } from './pictures.ts';
import {
  HEIGHT,
  WIDTH,
  bitrate,
  createEncoder,
  decodeAll,
  encodePicture,
  encodePictures,
  picture,
  psnrDb,
} from './streams.ts';

let engine: CodecEngine;

engineForEach((made) => {
  engine = made;
});

const keysOf = (units: readonly EncodedVideo[]): number[] =>
  units.filter(({ keyFrame }) => keyFrame).map(({ timestampRtp90k }) => timestampRtp90k / 3000);

describe.each(videoFound('encode'))('$codec by $implementation', ({ info, ...found }) => {
  it('changes its size with a key frame, larger and smaller, and goes on', async () => {
    const encoder = createEncoder(engine, found, { targetBps: bps(900_000) });
    const sizes = [
      [WIDTH, HEIGHT],
      [640, 360],
      [160, 90],
      [180, 320],
    ] as const;
    const units: EncodedVideo[] = [];
    for (const [turn, size] of sizes.entries()) {
      encoder.update({ width: size[0], height: size[1] });
      for (let i = 0; i < 12; i++) {
        const unit = await encodePicture(engine, encoder, turn * 12 + i, {}, size);
        if (i === 0) expect(unit).toMatchObject({ keyFrame: true, width: size[0], height: size[1] });
        if (unit !== null) units.push(unit);
      }
    }
    expect(keysOf(units)).toEqual([0, 12, 24, 36]);
    for (const one of await decodeAll(engine, found, units)) {
      const [width, height] = sizes[Math.floor(one.number / 12)] ?? [0, 0];
      expect(one).toMatchObject({ width, height, corrupt: false });
      expect(psnrDb(one)).toBeGreaterThan(26);
    }
    await encoder.close();
  });

  it('takes pictures of the size that was set when they were submitted', async () => {
    const encoder = createEncoder(engine, found);
    const [small, large] = [picture(engine, 0), picture(engine, 1, 640, 360)];
    const first = encoder.encode(small);
    encoder.update({ width: 640, height: 360 });
    const second = encoder.encode(large);
    await expect(encoder.encode(small)).rejects.toBeInstanceOf(CodecParameterError);
    expect(await first).toMatchObject({ width: WIDTH, height: HEIGHT, keyFrame: true });
    expect(await second).toMatchObject({ width: 640, height: 360, keyFrame: true });
    small.close();
    large.close();
    await encoder.close();
  });

  /** openh264 takes other content with a new encoder only. */
  const reopens = found.implementation === 'openh264';

  it.each<{ what: string; change: VideoEncoderChange }>([
    { what: 'bitrate', change: { targetBps: bps(300_000) } },
    { what: 'frame rate', change: { maxFrameRate: 60 } },
    ...(reopens ? [] : [{ what: 'content', change: { content: 'screen' } } as const]),
  ])('changes its $what without a key frame, and back', async ({ change }) => {
    const encoder = createEncoder(engine, found);
    const units = await encodePictures(engine, encoder, 0, 20);
    encoder.update(change);
    units.push(...(await encodePictures(engine, encoder, 20, 40)));
    encoder.update({ targetBps: bps(600_000), maxFrameRate: 30, content: 'camera' });
    units.push(...(await encodePictures(engine, encoder, 40, 60)));
    expect(units.length).toBeGreaterThanOrEqual(56);
    expect(keysOf(units)).toEqual([0]);
    const shown = await decodeAll(engine, found, units);
    for (const { corrupt } of shown) expect(corrupt).toBe(false);
    expect(Math.min(...shown.slice(10).map(psnrDb))).toBeGreaterThan(30);
    await encoder.close();
  });

  it.runIf(reopens)('changes its content with a key frame, and back', async () => {
    const encoder = createEncoder(engine, found);
    const units = await encodePictures(engine, encoder, 0, 20);
    encoder.update({ content: 'screen' });
    units.push(...(await encodePictures(engine, encoder, 20, 40)));
    encoder.update({ content: 'camera' });
    units.push(...(await encodePictures(engine, encoder, 40, 60)));
    // What moves as a whole is no screen: some pictures may be skipped meanwhile.
    expect(units.length).toBeGreaterThanOrEqual(48);
    const back = units.filter(({ timestampRtp90k }) => timestampRtp90k > 40 * 3000);
    expect(keysOf(back)).toEqual([]);
    const shown = await decodeAll(engine, found, units);
    for (const { corrupt } of shown) expect(corrupt).toBe(false);
    expect(Math.min(...shown.slice(10).map(psnrDb))).toBeGreaterThan(27);
    await encoder.close();
  });

  it('keeps to its rate with screen content', async () => {
    const encoder = createEncoder(engine, found, { content: 'screen', targetBps: bps(250_000) });
    await encodePictures(engine, encoder, 0, 60);
    const units = await encodePictures(engine, encoder, 60, 180);
    expect(bitrate(units, 120) / 250_000).toBeGreaterThan(0.85);
    expect(bitrate(units, 120) / 250_000).toBeLessThan(1.15);
    await encoder.close();
  });

  it('changes its layers, there and back, in a stream that can be decoded', async () => {
    const encoder = createEncoder(engine, found);
    const most: LayerCounts = { spatial: info.spatialLayers, temporal: info.temporalLayers };
    const turns: readonly LayerCounts[] = [
      { spatial: 1, temporal: 1 },
      { spatial: 1, temporal: most.temporal },
      most,
      { spatial: 1, temporal: Math.min(2, most.temporal) },
      { spatial: 1, temporal: 1 },
    ];
    const units: EncodedVideo[] = [];
    for (const [turn, layers] of turns.entries()) {
      encoder.update({ layers });
      const more = await encodePictures(engine, encoder, turn * 16, turn * 16 + 16);
      expect(Math.max(...more.map(({ temporalLayer }) => temporalLayer))).toBe(layers.temporal - 1);
      for (const { layerBytes } of more) expect(layerBytes).toHaveLength(layers.spatial);
      units.push(...more);
    }
    expect(units.length).toBeGreaterThanOrEqual(74);
    const whole = await decodeAll(engine, found, units);
    for (const { corrupt } of whole) expect(corrupt).toBe(false);
    expect(Math.min(...whole.slice(10).map(psnrDb))).toBeGreaterThan(28);
    // Whoever had only the base layer sees the rest as everybody does.
    const base = await decodeAll(
      engine,
      found,
      units.filter(({ temporalLayer }) => temporalLayer === 0),
    );
    for (const { number, i420 } of base) {
      const same = whole.find((one) => one.number === number)?.i420;
      expect(Buffer.compare(i420, same ?? Buffer.alloc(0)), `picture ${number}`).toBe(0);
    }
    await encoder.close();
  });

  it('refuses more layers than it has, and keeps what it had', async () => {
    const encoder = createEncoder(engine, found);
    for (const layers of [
      { spatial: info.spatialLayers + 1, temporal: 1 },
      { spatial: 1, temporal: info.temporalLayers + 1 },
      { spatial: 0, temporal: 1 },
    ]) {
      expect(() => {
        encoder.update({ layers });
      }).toThrow(CodecParameterError);
    }
    expect(await encodePicture(engine, encoder, 0)).toMatchObject({ keyFrame: true, temporalLayer: 0 });
    await encoder.close();
  });
});
