/** Conversion of sampling rates: exact counts, the same tone, nothing folded back. */
import { describe, expect, it } from 'vitest';
import type { Resampler } from '../audio-types.ts';
import type { CodecEngine } from '../types.ts';
import { MAX_QUEUED_JOBS } from '../types.ts';
import { CodecClosedError, CodecParameterError, CodecQueueFullError } from '../errors.ts';
import { engineForEach } from './engine-for-each.ts';
import { seededRandom } from './pictures.ts';
import { channelOf, concat, levelDb, measureTone, toPcm, tone } from './sound.ts';

let engine: CodecEngine;

engineForEach((made) => {
  engine = made;
});

/** Feeds blocks of uneven length; the sum of what came is held against the ratio after each. */
async function resample(
  resampler: Resampler,
  channels: readonly Float64Array[],
  fromHz: number,
  toHz: number,
  format: 's16' | 'f32',
): Promise<Float64Array[]> {
  const random = seededRandom(fromHz + toHz);
  const length = channels[0]?.length ?? 0;
  const parts: Float64Array[][] = channels.map(() => []);
  let [taken, given] = [0, 0];
  while (taken < length) {
    const end = Math.min(length, taken + 1 + Math.floor(random() * (fromHz / 25)));
    const pcm = await resampler.process(
      toPcm(
        channels.map((channel) => channel.subarray(taken, end)),
        format,
      ),
    );
    taken = end;
    given += pcm.length / channels.length;
    expect(given).toBe(Math.ceil((taken * toHz) / fromHz));
    for (const [i, part] of parts.entries()) part.push(channelOf(pcm, i, channels.length));
  }
  return parts.map(concat);
}

describe('resampler', () => {
  it.each([
    [44_100, 48_000],
    [48_000, 44_100],
    [48_000, 16_000],
    [48_000, 8000],
    [8000, 48_000],
    [16_000, 48_000],
    [11_025, 48_000],
    [192_000, 48_000],
    [44_101, 47_999],
    [48_000, 48_000],
  ])(
    'from %i to %i Hz: the same tone, and exactly as many samples as the ratio says',
    async (fromHz, toHz) => {
      for (const [format, leastSnrDb] of [
        ['s16', 85],
        ['f32', 100],
      ] as const) {
        const resampler = engine.createResampler({ fromHz, toHz, channels: 1 });
        const [out = new Float64Array(0)] = await resample(
          resampler,
          [tone(1000, fromHz, fromHz)],
          fromHz,
          toHz,
          format,
        );
        const measure = measureTone(out, 1000, toHz);
        expect(measure.levelDb).toBeCloseTo(-6.02, 1);
        expect(measure.snrDb).toBeGreaterThan(leastSnrDb);
        await resampler.close();
      }
    },
  );

  it('lets nothing through that the lower rate cannot hold', async () => {
    for (const [fromHz, toHz, hz] of [
      [48_000, 8000, 5000],
      [48_000, 16_000, 9000],
      [48_000, 44_100, 23_500],
    ] as const) {
      const resampler = engine.createResampler({ fromHz, toHz, channels: 1 });
      const [out = new Float64Array(0)] = await resample(
        resampler,
        [tone(hz, fromHz, fromHz)],
        fromHz,
        toHz,
        'f32',
      );
      expect(levelDb(out.subarray(toHz / 10))).toBeLessThan(-80);
      await resampler.close();
    }
  });

  it('keeps channels apart, and takes 16-bit and float blocks in turn', async () => {
    const resampler = engine.createResampler({ fromHz: 44_100, toHz: 48_000, channels: 2 });
    const sides = [tone(1000, 44_100, 44_100), tone(2000, 44_100, 44_100)];
    const parts: Float64Array[][] = [[], []];
    for (let at = 0; at < 44_100; at += 441) {
      const block = sides.map((side) => side.subarray(at, at + 441));
      const isFloat = (at / 441) % 2 === 0;
      const pcm = await resampler.process(toPcm(block, isFloat ? 'f32' : 's16'));
      expect(pcm).toBeInstanceOf(isFloat ? Float32Array : Int16Array);
      for (const [i, part] of parts.entries()) part.push(channelOf(pcm, i, 2));
    }
    const [left, right] = parts.map(concat);
    for (const [side, own, other] of [
      [left, 1000, 2000],
      [right, 2000, 1000],
    ] as const) {
      if (side === undefined) throw new Error('no sound');
      expect(side).toHaveLength(48_000);
      expect(measureTone(side, own, 48_000).snrDb).toBeGreaterThan(80);
      expect(measureTone(side, other, 48_000).levelDb).toBeLessThan(-90);
    }
    await resampler.close();
  });

  it('names absurd arguments', async () => {
    for (const wrong of [0, 7999, 192_001, 1e12, Number.NaN, 44_100.5]) {
      expect(() => engine.createResampler({ fromHz: wrong, toHz: 48_000, channels: 1 })).toThrow(
        CodecParameterError,
      );
      expect(() => engine.createResampler({ fromHz: 48_000, toHz: wrong, channels: 1 })).toThrow(
        CodecParameterError,
      );
    }
    for (const channels of [0, 3, Number.NaN]) {
      const config = { fromHz: 48_000, toHz: 16_000, channels: channels as 1 };
      expect(() => engine.createResampler(config)).toThrow(CodecParameterError);
    }
    const resampler = engine.createResampler({ fromHz: 48_000, toHz: 16_000, channels: 2 });
    for (const length of [0, 3, 96_002]) {
      await expect(resampler.process(new Int16Array(length))).rejects.toBeInstanceOf(CodecParameterError);
    }
    await expect(resampler.process(new Uint8Array(4) as never)).rejects.toBeInstanceOf(CodecParameterError);
    await resampler.close();
  });

  it('has a queue that fills up, and closes with jobs in hand', async () => {
    for (let round = 0; round < 20; round++) {
      const resampler = engine.createResampler({ fromHz: 192_000, toHz: 8000, channels: 1 });
      const block = new Float32Array(192_000);
      const jobs = Array.from({ length: MAX_QUEUED_JOBS }, () => resampler.process(block));
      await expect(resampler.process(block)).rejects.toBeInstanceOf(CodecQueueFullError);
      const outcomes = Promise.allSettled(jobs);
      await resampler.close();
      for (const outcome of await outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(CodecClosedError);
      }
      await expect(resampler.process(block)).rejects.toBeInstanceOf(CodecClosedError);
    }
  });
});
