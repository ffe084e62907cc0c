/**
 * Hostile and damaged input: whatever comes in, the answer is a picture, a picture marked as corrupt, or a named error, and
 * the decoder works again from the next key frame on. All damage is seeded, so a failure repeats.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CodecEngine, EncodedVideo, VideoCodecName, VideoDecoder } from '../types.ts';
import { CodecBitstreamError, CodecParameterError } from '../errors.ts';
import { nalUnitType, splitNalUnits } from '../media-files.ts';
import { engineForEach } from './engine-for-each.ts';
import { videoFound } from './found.ts';
import { bps, lumaPsnrDb, movingPicture, rtp90k, seededRandom } from './pictures.ts';

const WIDTH = 192;
const HEIGHT = 112;
const PICTURES = 24;

/**
 * How a key frame begins: a sequence parameter set, a VP8 frame tag and start code, a VP9 header and sync code, an AV1 sequence
 * header.
 */
const KEY_FRAME_BEGINNINGS = {
  H264: [0, 0, 0, 1, 0x67, 0x42],
  VP8: [0x10, 0, 0, 0x9d, 1, 0x2a],
  VP9: [0x82, 0x49, 0x83, 0x42],
  AV1: [0x0a, 0x0b, 0, 0, 0, 4],
};

let engine: CodecEngine;

engineForEach((made) => {
  engine = made;
});

async function encodeStream(
  codec: VideoCodecName,
  keyFrames: readonly number[],
  maxNalBytes?: number,
  [width, height]: readonly [number, number] = [WIDTH, HEIGHT],
  pictures = PICTURES,
): Promise<EncodedVideo[]> {
  const encoder = engine.createEncoder({
    codec,
    width,
    height,
    targetBps: bps(600_000),
    maxFrameRate: 30,
    ...(maxNalBytes === undefined ? {} : { maxNalBytes }),
  });
  const stream: EncodedVideo[] = [];
  for (let i = 0; i < pictures; i++) {
    const frame = engine.frameFromI420(movingPicture(width, height, i), width, height, rtp90k(i * 3000));
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

describe.each(videoFound('decode'))('$codec by $implementation', ({ implementation, codec }) => {
  const createDecoder = (): VideoDecoder => engine.createDecoder(codec, { implementation });

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
      if (i % 2 === 0) data.set(KEY_FRAME_BEGINNINGS[codec]);
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

const h264Decoders = videoFound('decode').filter(({ codec }) => codec === 'H264');

describe.each(h264Decoders)('H264 loss, seen by $implementation', ({ implementation }) => {
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

/** A VP9 header (bitstream specification, section 6.2), bit by bit: each value with its width. */
function vp9Header(fields: readonly (readonly [value: number, width: number])[]): Uint8Array {
  const bits = fields.map(([value, width]) => value.toString(2).padStart(width, '0')).join('');
  return Uint8Array.from({ length: 40 }, (_, i) =>
    Number.parseInt(bits.slice(8 * i, 8 * i + 8).padEnd(8, '0'), 2),
  );
}

/** Up to error_resilient_mode: marker, profile, show_existing_frame, frame_type, show_frame. */
const vp9Start = (profile: number, interFrame: number): readonly (readonly [number, number])[] => [
  [2, 2],
  [profile, 2],
  [0, 1],
  [interFrame, 1],
  [1, 1],
  [1, 1],
];
const VP9_SYNC = [0x49_83_42, 24] as const;

/** The process's address space: memory that was asked for counts even where it was never touched. */
function memoryKib(): number {
  return Number(/VmSize:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]);
}

describe('VP9 sizes', () => {
  const keyFrameOf = (width: number, height: number, profile = 0): Uint8Array =>
    vp9Header([...vp9Start(profile, 0), VP9_SYNC, [0, 4], [width - 1, 16], [height - 1, 16], [0xff, 8]]);
  /** None of the references' sizes is taken. */
  const interFrameOf = (width: number, height: number): Uint8Array =>
    vp9Header([...vp9Start(0, 1), [0, 8], [0, 12], [0, 3], [width - 1, 16], [height - 1, 16], [0xff, 8]]);
  const superframe = (frames: readonly Uint8Array[]): Uint8Array => {
    const marker = 0xc0 | (1 << 3) | (frames.length - 1);
    const sizes = frames.flatMap(({ length }) => [length & 255, length >> 8]);
    return Buffer.concat([...frames, Uint8Array.of(marker, ...sizes, marker)]);
  };

  // The library itself takes up to 16384 x 16384, and up to 16 times the size of a reference: all of these but the profile.
  it.each([
    { what: 'a key frame', hostile: () => keyFrameOf(16_384, 16_384) },
    { what: 'a key frame of another profile', hostile: () => keyFrameOf(1024, 576, 1) },
    { what: 'a picture between', hostile: () => interFrameOf(16_384, 9216) },
    {
      what: 'one in a superframe',
      hostile: (good: Uint8Array) => superframe([good, interFrameOf(16_384, 9216)]),
    },
    {
      what: 'one behind another, without an index',
      hostile: (good: Uint8Array) => Buffer.concat([good, keyFrameOf(16_384, 16_384)]),
    },
    {
      what: 'one that ends with its size, behind another',
      hostile: (good: Uint8Array) => Buffer.concat([good, interFrameOf(16_384, 9216).subarray(0, 8)]),
    },
  ])('refuses too large a size before it costs memory: $what', async ({ hostile }) => {
    const [key, second] = await encodeStream('VP9', [0], undefined, [1024, 576], 2);
    if (key === undefined || second === undefined) throw new Error('nothing was encoded');
    const decoder = engine.createDecoder('VP9');
    expect(await outcomeOf(decoder, key.data)).toBe('intact');
    const before = memoryKib();
    expect(await outcomeOf(decoder, hostile(second.data))).toBe('refused');
    expect(memoryKib() - before).toBeLessThan(100 << 10);
    expect(await outcomeOf(decoder, key.data)).toBe('intact');
    await decoder.close();
  });
});
