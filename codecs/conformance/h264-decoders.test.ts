/** H.264 streams that one library decodes and another does not: each comes out to the bit, by whichever can. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CodecEngine, VideoDecoder } from '../types.ts';
import { CodecClosedError } from '../errors.ts';
import { splitAccessUnits } from '../media-files.ts';
import { engineForEach } from './engine-for-each.ts';
import { videoFound } from './found.ts';
import { H264_VECTORS } from './h264-vectors.ts';
import { bps, lumaPsnrDb, movingPicture, rtp90k } from './pictures.ts';

const TICKS = 3000;

let engine: CodecEngine;

engineForEach((made) => {
  engine = made;
});

const SECOND = 'avcodec-h264';
const withoutSecond = !videoFound('decode').some(({ implementation }) => implementation === SECOND);

function unitsOf(name: string): Uint8Array[] {
  return splitAccessUnits(Buffer.from(H264_VECTORS[name]?.data.join('') ?? '', 'base64'));
}

interface Picture {
  readonly i420: Uint8Array;
  readonly timestamp: number;
}

async function decodeAll(decoder: VideoDecoder, units: readonly Uint8Array[]): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const [i, unit] of units.entries()) {
    const { frame, corrupt } = await decoder.decode(unit, rtp90k(i * TICKS));
    expect(corrupt).toBe(false);
    if (frame === null) continue;
    expect(frame).toMatchObject({ width: 98, height: 76 });
    pictures.push({ i420: frame.toI420(), timestamp: frame.timestampRtp90k });
    frame.close();
  }
  return pictures;
}

const md5 = ({ i420 }: Picture): string => createHash('md5').update(i420).digest('hex');

describe.skipIf(withoutSecond)('H.264 of every kind (skipped without libavcodec)', () => {
  const exact = Object.entries(H264_VECTORS).flatMap(([name, vector]) =>
    vector.md5 === null ? [] : [{ name, expected: vector.md5 }],
  );
  it.each(exact)('$name decodes to the bit', async ({ name, expected }) => {
    const decoder = engine.createDecoder('H264');
    const pictures = await decodeAll(decoder, unitsOf(name));
    // At most two wait for the pictures behind them.
    expect(pictures.length).toBeGreaterThanOrEqual(10);
    expect(pictures.map(md5)).toEqual(expected.slice(0, pictures.length));
    expect(new Set(pictures.map(({ timestamp }) => timestamp)).size).toBe(pictures.length);
    await decoder.close();
  });

  it.each(['tenbit', 'chroma422', 'chroma444'])('%s is converted to 8 bits of 4:2:0', async (name) => {
    const decoder = engine.createDecoder('H264');
    const pictures = await decodeAll(decoder, unitsOf(name));
    expect(pictures).toHaveLength(12);
    // The same scene, coded as coarsely another way.
    const reference = engine.createDecoder('H264');
    const expected = await decodeAll(reference, unitsOf('baseline'));
    for (const [i, { i420 }] of pictures.entries()) {
      expect(lumaPsnrDb(i420, expected[i]?.i420 ?? new Uint8Array(0), 98, 76)).toBeGreaterThan(22);
      const [u, v] = [98 * 76, 98 * 76 + 49 * 38];
      for (const plane of [u, v]) {
        const part = (picture: Uint8Array | undefined): Uint8Array =>
          (picture ?? new Uint8Array(0)).subarray(plane, plane + 49 * 38);
        expect(lumaPsnrDb(part(i420), part(expected[i]?.i420), 49, 38)).toBeGreaterThan(19);
      }
    }
    await Promise.all([decoder.close(), reference.close()]);
  });

  it('both libraries decode baseline to the same bits', async () => {
    for (const implementation of ['openh264', SECOND]) {
      const decoder = engine.createDecoder('H264', { implementation });
      const pictures = await decodeAll(decoder, unitsOf('baseline'));
      expect(pictures.map(md5)).toEqual(H264_VECTORS['baseline']?.md5);
      await decoder.close();
    }
  });
});

describe.skipIf(withoutSecond)('going over to the second decoder (skipped without libavcodec)', () => {
  it('keeps every picture, and their order, with jobs in hand', async () => {
    const decoder = engine.createDecoder('H264');
    expect(decoder.info.name).toBe('openh264');
    const first = unitsOf('baseline').slice(0, 4);
    const second = unitsOf('high8x8').slice(0, 4);
    const order: number[] = [];
    const hashes = await Promise.all(
      [...first, ...second].map(async (unit, i) => {
        const { frame, corrupt } = await decoder.decode(unit, rtp90k(i * TICKS));
        order.push(i);
        expect(corrupt).toBe(false);
        expect(frame?.timestampRtp90k).toBe(i * TICKS);
        const hash = createHash('md5')
          .update(frame?.toI420() ?? '')
          .digest('hex');
        frame?.close();
        return hash;
      }),
    );
    expect(decoder.info.name).toBe(SECOND);
    expect(decoder.queuedJobs).toBe(0);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(hashes).toEqual([
      ...(H264_VECTORS['baseline']?.md5?.slice(0, 4) ?? []),
      ...(H264_VECTORS['high8x8']?.md5?.slice(0, 4) ?? []),
    ]);
    // Back again by the same library.
    expect((await decodeAll(decoder, unitsOf('baseline'))).map(md5)).toEqual(H264_VECTORS['baseline']?.md5);
    await decoder.close();
    await expect(decoder.decode(first[0] ?? new Uint8Array(1), rtp90k(0))).rejects.toBeInstanceOf(
      CodecClosedError,
    );
  });

  it('does not go over where a library was named', async () => {
    const decoder = engine.createDecoder('H264', { implementation: 'openh264' });
    const [unit] = unitsOf('pyramid');
    const { frame } = await decoder.decode(unit ?? new Uint8Array(1), rtp90k(0));
    frame?.close();
    expect(decoder.info.name).toBe('openh264');
    await decoder.close();
  });

  it('closes with jobs in both', async () => {
    const decoder = engine.createDecoder('H264');
    const jobs = [...unitsOf('baseline').slice(0, 3), ...unitsOf('high8x8').slice(0, 3)].map((unit) =>
      decoder.decode(unit, rtp90k(0)),
    );
    const outcomes = Promise.allSettled(jobs);
    await decoder.close();
    for (const outcome of await outcomes) {
      if (outcome.status === 'fulfilled') outcome.value.frame?.close();
      else expect(outcome.reason).toBeInstanceOf(CodecClosedError);
    }
  });

  it('takes main profile of our own encoder at once', async () => {
    const encoder = engine.createEncoder({
      codec: 'H264',
      profile: 'main',
      width: 320,
      height: 180,
      targetBps: bps(900_000),
      maxFrameRate: 30,
    });
    const decoder = engine.createDecoder('H264');
    for (let i = 0; i < 10; i++) {
      const source = movingPicture(320, 180, i);
      const frame = engine.frameFromI420(source, 320, 180, rtp90k(i * TICKS));
      const encoded = await encoder.encode(frame);
      frame.close();
      if (encoded === null) continue;
      const decoded = await decoder.decode(encoded.data, encoded.timestampRtp90k);
      expect(decoded.frame?.timestampRtp90k).toBe(i * TICKS);
      expect(lumaPsnrDb(decoded.frame?.toI420() ?? source, source, 320, 180)).toBeGreaterThan(26);
      decoded.frame?.close();
    }
    await Promise.all([encoder.close(), decoder.close()]);
  });
});
