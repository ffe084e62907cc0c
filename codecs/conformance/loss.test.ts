/** Lost pictures: what error resilience promises, and reference pictures that the caller chooses (VP8). */
import { describe, expect, it } from 'vitest';
import type { CodecEngine, ReferenceFlags } from '../types.ts';
import { CodecParameterError } from '../errors.ts';
import { engineForEach } from './engine-for-each.ts';
import { videoFound } from './found.ts';
import { bps } from './pictures.ts';
import { createEncoder, decodeAll, encodePicture, encodePictures, numberOf, psnrDb } from './streams.ts';

let engine: CodecEngine;

engineForEach((made) => {
  engine = made;
});

const encoders = videoFound('encode');
const resilient = encoders.filter(({ codec }) => codec === 'VP8' || codec === 'VP9');

describe.each(resilient)('$codec by $implementation, error resilient', (found) => {
  it('reads every picture after a lost one, and drifts only little', async () => {
    const encoder = createEncoder(engine, found, { errorResilient: true });
    const units = await encodePictures(engine, encoder, 0, 40);
    const whole = await decodeAll(engine, found, units);
    expect(Math.min(...whole.slice(10).map(psnrDb))).toBeGreaterThan(30);
    const lost = units.filter((_, i) => i !== 20);
    const shown = await decodeAll(engine, found, lost);
    for (const { corrupt } of shown) expect(corrupt).toBe(false);
    // The next picture's differences are applied to one picture earlier: the scene has moved by two samples.
    expect(Math.min(...shown.slice(20).map(psnrDb))).toBeGreaterThan(20);
    await encoder.close();
  });
});

const USE_LAST: ReferenceFlags = { useGolden: false, useAltRef: false };
const KEEP: ReferenceFlags = { updateLast: false, updateGolden: false, updateAltRef: false };

describe.each(encoders.filter(({ codec }) => codec === 'VP8'))(
  'references of $codec by $implementation',
  (found) => {
    it('leaves out pictures that replace nothing', async () => {
      const encoder = createEncoder(engine, found, { errorResilient: true });
      const units = await encodePictures(engine, encoder, 0, 30, (i) =>
        i % 2 === 1 ? { references: KEEP } : {},
      );
      const whole = await decodeAll(engine, found, units);
      const even = await decodeAll(
        engine,
        found,
        units.filter((unit) => numberOf(unit) % 2 === 0),
      );
      for (const { number, i420 } of even) {
        const same = whole.find((one) => one.number === number)?.i420;
        expect(Buffer.compare(i420, same ?? Buffer.alloc(0))).toBe(0);
      }
      await encoder.close();
    });

    it('repairs a loss from the golden picture, without a key frame', async () => {
      const encoder = createEncoder(engine, found, { errorResilient: true, targetBps: bps(900_000) });
      // Golden stays what the key frame made it until picture 12, which is predicted from it alone.
      const units = await encodePictures(engine, encoder, 0, 24, (i) =>
        i === 12
          ? { references: { useLast: false, useAltRef: false } }
          : { references: { ...USE_LAST, updateGolden: false, updateAltRef: false } },
      );
      expect(units.filter(({ keyFrame }) => keyFrame)).toHaveLength(1);
      const whole = await decodeAll(engine, found, units);
      const afterLoss = await decodeAll(
        engine,
        found,
        units.filter((unit) => numberOf(unit) === 0 || numberOf(unit) >= 12),
      );
      expect(afterLoss.map(({ number }) => number)).toContain(12);
      for (const { number, i420 } of afterLoss) {
        const same = whole.find((one) => one.number === number)?.i420;
        expect(Buffer.compare(i420, same ?? Buffer.alloc(0)), `picture ${number}`).toBe(0);
      }
      await encoder.close();
    });

    it('gives a key frame all that one has, whatever the references say', async () => {
      const encoder = createEncoder(engine, found);
      await encodePictures(engine, encoder, 0, 3);
      const key = await encodePicture(engine, encoder, 3, { keyFrame: true, references: KEEP });
      const next = await encodePicture(engine, encoder, 4);
      if (key === null || next === null) throw new Error('a picture was skipped');
      expect(key.keyFrame).toBe(true);
      for (const one of await decodeAll(engine, found, [key, next])) expect(psnrDb(one)).toBeGreaterThan(28);
      await encoder.close();
    });

    it('refuses references together with temporal layers', async () => {
      const encoder = createEncoder(engine, found, { layers: { spatial: 1, temporal: 2 } });
      await expect(encodePicture(engine, encoder, 0, { references: KEEP })).rejects.toBeInstanceOf(
        CodecParameterError,
      );
      await encoder.close();
    });
  },
);
