/**
 * Hostile and damaged input: whatever comes in, the answer is a picture, a picture marked as corrupt, or a named error, and
 * the decoder works again from the next key frame on. All damage is seeded, so a failure repeats.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CodecEngine, EncodedVideo, VideoCodecName, VideoDecoder } from '../types.ts';
import { createCodecEngine } from '../engine.ts';
import { CodecBitstreamError, CodecParameterError } from '../errors.ts';
import { nalUnitType, splitNalUnits } from '../media-files.ts';
import { bps, lumaPsnrDb, movingPicture, rtp90k, seededRandom } from './pictures.ts';

const WIDTH = 192;
const HEIGHT = 112;
const PICTURES = 24;
const CODECS: readonly VideoCodecName[] = ['VP8', 'H264', 'AV1'];

let engine: CodecEngine;

beforeEach(() => {
  engine = createCodecEngine({ threads: 2 });
});

afterEach(async () => {
  const live = engine.liveObjects();
  await engine.close();
  expect(live).toEqual({ frames: 0, encoders: 0, decoders: 0, converters: 0, jobs: 0 });
});

async function encodeStream(
  codec: VideoCodecName,
  keyFrames: readonly number[],
  maxNalBytes?: number,
): Promise<EncodedVideo[]> {
  const encoder = engine.createEncoder({
    codec,
    width: WIDTH,
    height: HEIGHT,
    targetBps: bps(600_000),
    maxFrameRate: 30,
    ...(maxNalBytes === undefined ? {} : { maxNalBytes }),
  });
  const stream: EncodedVideo[] = [];
  for (let i = 0; i < PICTURES; i++) {
    const frame = engine.frameFromI420(movingPicture(WIDTH, HEIGHT, i), WIDTH, HEIGHT, rtp90k(i * 3000));
    const encoded = await encoder.encode(frame, { keyFrame: keyFrames.includes(i) });
    frame.close();
    if (encoded !== null) stream.push(encoded);
  }
  await encoder.close();
  return stream;
}

type Outcome = 'intact' | 'corrupt' | 'hidden' | 'refused';

/** Decodes and forgets the picture; any other error than the named one fails the test. */
async function outcomeOf(decoder: VideoDecoder, data: Uint8Array): Promise<Outcome> {
  try {
    const { frame, corrupt } = await decoder.decode(data, rtp90k(0));
    frame?.close();
    if (corrupt) return 'corrupt';
    return frame === null ? 'hidden' : 'intact';
  } catch (error) {
    expect(error).toBeInstanceOf(CodecBitstreamError);
    expect(error).toMatchObject({ code: 'CODEC_BITSTREAM' });
    return 'refused';
  }
}

const probing = createCodecEngine({ threads: 1 });
const decoders = probing.probe().flatMap(({ name, codec, direction, hardware }) => {
  const known = CODECS.find((wanted) => wanted === codec);
  return known === undefined || direction !== 'decode' || hardware ? [] : [{ name, codec: known }];
});
await probing.close();

describe.each(decoders)('$codec by $name', ({ name, codec }) => {
  const createDecoder = (): VideoDecoder => engine.createDecoder(codec, { implementation: name });

  it('refuses a stream that does not begin with a key frame', async () => {
    const [, second] = await encodeStream(codec, []);
    const decoder = createDecoder();
    expect(await outcomeOf(decoder, second?.data ?? new Uint8Array(1))).toBe('refused');
    await decoder.close();
  });

  it('refuses nothing at all, and too much, before it reaches the library', async () => {
    const decoder = createDecoder();
    await expect(decoder.decode(new Uint8Array(0), rtp90k(0))).rejects.toBeInstanceOf(CodecParameterError);
    await expect(decoder.decode(new Uint8Array(9 << 20), rtp90k(0))).rejects.toBeInstanceOf(
      CodecParameterError,
    );
    await expect(decoder.decode(new Uint8Array(4), rtp90k(0.5))).rejects.toBeInstanceOf(CodecParameterError);
    await decoder.close();
  });

  it('survives random bytes', async () => {
    const random = seededRandom(1);
    const decoder = createDecoder();
    for (let i = 0; i < 400; i++) {
      const data = Uint8Array.from({ length: 8 + Math.floor(random() * 600) }, () => random() * 256);
      // Half of them look like something to this decoder at first.
      if (i % 2 === 0) data.set(codec === 'H264' ? [0, 0, 0, 1, 0x67, 0x42] : [0x10, 0, 0, 0x9d, 1, 0x2a]);
      await outcomeOf(decoder, data);
    }
    await decoder.close();
  });

  it.each([
    {
      damage: 'truncated',
      apply: (data: Uint8Array, random: () => number) =>
        data.slice(0, 1 + Math.floor(random() * (data.length - 1))),
    },
    {
      damage: 'bit-flipped',
      apply: (data: Uint8Array, random: () => number) => {
        const copy = data.slice();
        for (let flips = 1 + Math.floor(random() * 8); flips > 0; flips--) {
          const at = Math.floor(random() * copy.length);
          copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
        }
        return copy;
      },
    },
    {
      damage: 'spliced',
      apply: (data: Uint8Array, random: () => number) => {
        const cut = Math.floor(random() * data.length);
        return Buffer.concat([data.subarray(cut), data.subarray(0, cut)]);
      },
    },
  ])('survives $damage pictures, and recovers at the next key frame', async ({ apply }) => {
    const keyFrames = [0, 12];
    const stream = await encodeStream(codec, keyFrames);
    const recovery = stream.findIndex((unit) => unit.timestampRtp90k >= 12 * 3000 && unit.keyFrame);
    expect(recovery).toBeGreaterThan(0);
    for (let seed = 0; seed < 25; seed++) {
      const random = seededRandom(seed);
      const decoder = createDecoder();
      for (const [i, unit] of stream.entries()) {
        if (i < recovery) {
          await outcomeOf(decoder, random() < 0.4 ? apply(unit.data, random) : unit.data);
          continue;
        }
        const { frame, corrupt } = await decoder.decode(unit.data, unit.timestampRtp90k);
        expect(corrupt).toBe(false);
        const number = unit.timestampRtp90k / 3000;
        const picture = frame?.toI420() ?? new Uint8Array(0);
        frame?.close();
        expect(lumaPsnrDb(picture, movingPicture(WIDTH, HEIGHT, number), WIDTH, HEIGHT)).toBeGreaterThan(28);
      }
      await decoder.close();
    }
  });
});

const h264Decoders = decoders.filter(({ codec }) => codec === 'H264');

describe.each(h264Decoders)('H264 loss, seen by $name', ({ name: implementation }) => {
  it('marks every picture from a missing one to the next key frame', async () => {
    const stream = await encodeStream('H264', [0, 16]);
    const decoder = engine.createDecoder('H264', { implementation });
    const outcomes: Outcome[] = [];
    const lost = 5;
    for (const [i, unit] of stream.entries()) {
      if (i !== lost) outcomes.push(await outcomeOf(decoder, unit.data));
    }
    const next = stream.findIndex((unit, i) => i > lost && unit.keyFrame) - 1;
    expect(outcomes.slice(0, lost)).not.toContain('corrupt');
    for (const outcome of outcomes.slice(lost, next)) expect(['corrupt', 'refused']).toContain(outcome);
    expect(new Set(outcomes.slice(next))).toEqual(new Set(['intact']));
    await decoder.close();
  });

  it('notices a missing slice', async () => {
    const stream = await encodeStream('H264', [0, 10], 500);
    const decoder = engine.createDecoder('H264', { implementation });
    const victim = stream.findIndex((unit) => unit.timestampRtp90k === 10 * 3000);
    for (const unit of stream.slice(0, victim)) expect(await outcomeOf(decoder, unit.data)).toBe('intact');
    const nals = splitNalUnits(stream[victim]?.data ?? new Uint8Array(0));
    const slices = nals.filter((nal) => nalUnitType(nal) === 5);
    expect(slices.length).toBeGreaterThan(2);
    const withoutOne = Buffer.concat(nals.filter((nal) => nal !== slices[1]));
    expect(['corrupt', 'refused']).toContain(await outcomeOf(decoder, withoutOne));
    await decoder.close();
  });
});

describe('H264 streams', () => {
  it('keeps every NAL unit within the configured size', async () => {
    for (const maxNalBytes of [500, 1200]) {
      for (const unit of await encodeStream('H264', [0, 7], maxNalBytes)) {
        for (const nal of splitNalUnits(unit.data)) expect(nal.length).toBeLessThanOrEqual(maxNalBytes);
      }
    }
  });

  it('puts SPS and PPS before every IDR, and says constrained baseline', async () => {
    for (const unit of await encodeStream('H264', [0, 7])) {
      const nals = splitNalUnits(unit.data);
      expect(nals.map(nalUnitType)).toEqual(unit.keyFrame ? [7, 8, 5] : [1]);
      // profile_idc 66 with constraint_set0 and constraint_set1.
      if (unit.keyFrame) expect([nals[0]?.[5], (nals[0]?.[6] ?? 0) & 0xc0]).toEqual([66, 0xc0]);
    }
  });
});
