/**
 * Streams with several frame rates and sizes: whoever gets only the lower layers can decode them, and sees what everybody sees of
 * those pictures, to the bit.
 */
import { describe, expect, it } from 'vitest';
import type { CodecEngine, EncodedVideo, LayerCounts } from '../types.ts';
import { engineForEach } from './engine-for-each.ts';
import { type FoundVideo, videoFound } from './found.ts';
import { bps, lumaPsnrDb } from './pictures.ts';
import {
  HEIGHT,
  WIDTH,
  bitrate,
  createEncoder,
  decodeAll,
  encodePictures,
  numberOf,
  picture,
  psnrDb,
} from './streams.ts';

let engine: CodecEngine;

engineForEach((made) => {
  engine = made;
});

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

const name = ({ spatial, temporal }: LayerCounts): string => `L${spatial}T${temporal}`;

/** Every encoder here with every number of layers that it can and that is more than one. */
const layered = videoFound('encode').flatMap((found) =>
  range(1, found.info.spatialLayers).flatMap((spatial) =>
    range(1, found.info.temporalLayers)
      .filter((temporal) => spatial * temporal > 1)
      .map((temporal) => ({ ...found, layers: { spatial, temporal }, what: name({ spatial, temporal }) })),
  ),
);

const PICTURES = 48;
/** For the scene; every encoder is at its coarsest, and most skip pictures. */
const STARVED_BPS = 40_000;

async function encodeLayers(found: FoundVideo, layers: LayerCounts): Promise<EncodedVideo[]> {
  const encoder = createEncoder(engine, found, { layers, targetBps: bps(900_000) });
  const units = await encodePictures(engine, encoder, 0, PICTURES, (i) => ({ keyFrame: i === 25 }));
  await encoder.close();
  return units;
}

/** Layers up to this one only. */
function lowerSizes(units: readonly EncodedVideo[], spatial: number): EncodedVideo[] {
  return units.map((unit) => {
    const bytes = unit.layerBytes.slice(0, spatial + 1).reduce((sum, size) => sum + size, 0);
    return { ...unit, data: unit.data.subarray(0, bytes) };
  });
}

describe.each(layered)('$codec $what by $implementation', ({ layers, what, ...found }) => {
  it('decodes whole, in the size and quality that was put in', async () => {
    const units = await encodeLayers(found, layers);
    expect(units.length).toBeGreaterThanOrEqual(PICTURES - 4);
    const shown = await decodeAll(engine, found, units);
    for (const one of shown) expect(one).toMatchObject({ width: WIDTH, height: HEIGHT, corrupt: false });
    expect(Math.min(...shown.slice(10).map(psnrDb))).toBeGreaterThan(30);
    for (const { keyFrame, timestampRtp90k, temporalLayer, layerBytes, data } of units) {
      expect(keyFrame).toBe(timestampRtp90k === 0 || timestampRtp90k === 25 * 3000);
      if (keyFrame) expect(temporalLayer).toBe(0);
      expect(layerBytes).toHaveLength(layers.spatial);
      expect(layerBytes.reduce((sum, size) => sum + size, 0)).toBe(data.length);
    }
  });

  it.runIf(layers.temporal > 1)('has every layer, the base layer evenly', async () => {
    const units = await encodeLayers(found, layers);
    const period = 2 ** (layers.temporal - 1);
    for (const layer of range(0, layers.temporal - 1)) {
      const share = units.filter(({ temporalLayer }) => temporalLayer === layer).length / units.length;
      const expected = layer === 0 ? 1 / period : 2 ** (layer - 1) / period;
      expect(Math.abs(share - expected)).toBeLessThan(0.06);
    }
  });

  it.runIf(layers.temporal > 1)('shows the same to whoever leaves out upper frame rates', async () => {
    const units = await encodeLayers(found, layers);
    const whole = new Map((await decodeAll(engine, found, units)).map((one) => [one.number, one.i420]));
    for (const highest of range(0, layers.temporal - 2)) {
      const part = units.filter(({ temporalLayer }) => temporalLayer <= highest);
      for (const { number, i420, corrupt } of await decodeAll(engine, found, part)) {
        expect(corrupt).toBe(false);
        expect(Buffer.compare(i420, whole.get(number) ?? Buffer.alloc(0)), `picture ${number}`).toBe(0);
      }
    }
  });

  it.runIf(layers.temporal > 1)('lets a receiver of the layers below go up where it says so', async () => {
    const units = await encodeLayers(found, layers);
    const whole = new Map((await decodeAll(engine, found, units)).map((one) => [one.number, one.i420]));
    const upwards = units.filter(({ temporalLayer, layerSync }) => layerSync && temporalLayer > 0);
    expect(new Set(upwards.map(({ temporalLayer }) => temporalLayer)).size).toBe(layers.temporal - 1);
    for (const sync of upwards.slice(0, 8)) {
      const part = units.filter((unit) =>
        numberOf(unit) < numberOf(sync) ? unit.temporalLayer < sync.temporalLayer : unit === sync,
      );
      const last = (await decodeAll(engine, found, part)).at(-1);
      expect(last?.number).toBe(numberOf(sync));
      expect(
        Buffer.compare(last?.i420 ?? Buffer.alloc(0), whole.get(numberOf(sync)) ?? Buffer.alloc(1)),
      ).toBe(0);
    }
  });

  it.runIf(layers.spatial > 1)('shows smaller pictures to whoever leaves out upper sizes', async () => {
    const units = await encodeLayers(found, layers);
    for (const spatial of range(0, layers.spatial - 2)) {
      const divisor = 2 ** (layers.spatial - 1 - spatial);
      const shown = await decodeAll(engine, found, lowerSizes(units, spatial));
      const least: number[] = [];
      for (const { number, width, height, corrupt, i420 } of shown) {
        // An odd size is rounded up.
        expect([width, height]).toEqual([WIDTH / divisor, 2 * Math.ceil(HEIGHT / divisor / 2)]);
        expect(corrupt).toBe(false);
        const source = picture(engine, number);
        const scaled = await engine.transform(source, { width, height });
        least.push(lumaPsnrDb(i420, scaled.toI420(), width, height));
        source.close();
        scaled.close();
      }
      expect(Math.min(...least.slice(10)), `${what}, size ${spatial}`).toBeGreaterThan(26);
    }
  });

  it('shows whole pictures where the rate is too low for all of them', async () => {
    const encoder = createEncoder(engine, found, { layers, targetBps: bps(STARVED_BPS) });
    const units = await encodePictures(engine, encoder, 0, 3 * PICTURES);
    await encoder.close();
    const shown = await decodeAll(engine, found, units);
    for (const one of shown) expect(one.corrupt).toBe(false);
    expect(Math.min(...shown.map(psnrDb)), what).toBeGreaterThan(22);
    if (found.codec === 'VP8') expect(units.length).toBeLessThan(3 * PICTURES);
  });

  it('keeps to its rate, and each layer below it to less', async () => {
    const encoder = createEncoder(engine, found, { layers, targetBps: bps(300_000) });
    for (const [segment, target] of [300_000, 500_000, 250_000].entries()) {
      encoder.update({ targetBps: bps(target) });
      // Two seconds to get there, three that count.
      await encodePictures(engine, encoder, segment * 150, segment * 150 + 60);
      const units = await encodePictures(engine, encoder, segment * 150 + 60, segment * 150 + 150);
      expect(bitrate(units, 90) / target, `${what} at ${target} bit/s`).toBeGreaterThan(0.85);
      expect(bitrate(units, 90) / target, `${what} at ${target} bit/s`).toBeLessThan(1.15);
      // Also after a rate that falls by half at once.
      expect(units.length, `${what} at ${target} bit/s`).toBeGreaterThanOrEqual(81);
      if (layers.temporal > 1) {
        const base = units.filter(({ temporalLayer }) => temporalLayer === 0);
        expect(bitrate(base, 90) / target).toBeLessThan(0.75);
      }
    }
    await encoder.close();
  });
});
