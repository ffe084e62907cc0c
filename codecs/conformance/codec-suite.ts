/** What every codec must do: one suite, so that a new codec is held to the same, hardware too. */
import { describe, expect, it } from 'vitest';
import type {
  CodecEngine,
  DecodedVideo,
  EncodedVideo,
  ImplementationName,
  VideoCodecName,
  VideoDecoder,
  VideoEncoder,
  VideoFrame,
} from '../types.ts';
import { MAX_QUEUED_JOBS } from '../types.ts';
import { createCodecEngine } from '../engine.ts';
import { CodecClosedError, CodecParameterError, CodecQueueFullError, StaleHandleError } from '../errors.ts';
import { engineForEach } from './engine-for-each.ts';
import { bps, lumaPsnrDb, movingPicture, rtp90k } from './pictures.ts';

const WIDTH = 320;
const HEIGHT = 180;
const FRAME_RATE = 30;
const TICKS = 90_000 / FRAME_RATE;

let engine: CodecEngine;

/** An encoder, and a decoder of its codec. */
export interface CodecPair {
  readonly codec: VideoCodecName;
  readonly encodeBy: ImplementationName;
  readonly decodeBy: ImplementationName;
  /** Hardware that takes another rate only with a key frame. */
  readonly reopensForRate?: boolean;
  /** The least part of its rate that it keeps to, where the codec behind it is slow to rise. @default 0.85 */
  readonly leastOfRate?: number;
  /** Hardware that tells no quantiser. */
  readonly tellsNoQuantiser?: boolean;
}

function picture(number: number, width = WIDTH, height = HEIGHT): VideoFrame {
  return engine.frameFromI420(movingPicture(width, height, number), width, height, rtp90k(number * TICKS));
}

async function encodeNext(
  encoder: VideoEncoder,
  number: number,
  options?: { keyFrame?: boolean },
): Promise<EncodedVideo | null> {
  const frame = picture(number);
  const encoded = encoder.encode(frame, options);
  frame.close();
  return encoded;
}

/** The picture's packed bytes, its reference given back. */
function takePicture(decoded: DecodedVideo): Uint8Array {
  if (decoded.frame === null) throw new Error('no picture was decoded');
  const i420 = decoded.frame.toI420();
  decoded.frame.close();
  return i420;
}

function assertEncoded(encoded: EncodedVideo | null): asserts encoded is EncodedVideo {
  expect(encoded).not.toBeNull();
}

/** What is asked of every implementation of a codec. */
const ASKED: Readonly<
  Record<VideoCodecName, { leastPsnrDb: number; quantisers: readonly [number, number] }>
> = {
  VP8: { leastPsnrDb: 34, quantisers: [0, 127] },
  VP9: { leastPsnrDb: 34, quantisers: [0, 255] },
  H264: { leastPsnrDb: 34, quantisers: [1, 51] },
  AV1: { leastPsnrDb: 34, quantisers: [0, 255] },
};

/**
 * To be called once at the top of a test file.
 * @param libraryPath of the engine; absent: the usual one
 */
export function codecSuite(pairs: readonly CodecPair[], libraryPath?: string): void {
  engineForEach((made) => {
    engine = made;
  }, libraryPath);
  describe.each(pairs)('$codec by $encodeBy, read by $decodeBy', (pair) => suiteOf(pair));
}

function suiteOf({
  codec,
  encodeBy,
  decodeBy,
  reopensForRate,
  leastOfRate = 0.85,
  tellsNoQuantiser,
}: CodecPair): void {
  const { leastPsnrDb, quantisers: usual } = ASKED[codec];
  const quantisers = tellsNoQuantiser === true ? ([-1, -1] as const) : usual;
  const decoderOf = (): VideoDecoder => engine.createDecoder(codec, { implementation: decodeBy });
  const create = (targetBps = 800_000): VideoEncoder =>
    engine.createEncoder({
      codec,
      implementation: encodeBy,
      width: WIDTH,
      height: HEIGHT,
      targetBps: bps(targetBps),
      maxFrameRate: FRAME_RATE,
    });

  it('gives back the pictures that were put in, with their time stamps', async () => {
    const encoder = create();
    const decoder = decoderOf();
    const psnrs: number[] = [];
    for (let i = 0; i < 40; i++) {
      const encoded = await encodeNext(encoder, i);
      if (encoded === null) continue;
      expect(encoded.keyFrame).toBe(i === 0);
      expect(encoded.timestampRtp90k).toBe(i * TICKS);
      expect(encoded.quantiser).toBeGreaterThanOrEqual(quantisers[0]);
      expect(encoded.quantiser).toBeLessThanOrEqual(quantisers[1]);
      const decoded = await decoder.decode(encoded.data, encoded.timestampRtp90k);
      expect(decoded.corrupt).toBe(false);
      expect(decoded.frame).toMatchObject({ width: WIDTH, height: HEIGHT, timestampRtp90k: i * TICKS });
      psnrs.push(lumaPsnrDb(takePicture(decoded), movingPicture(WIDTH, HEIGHT, i), WIDTH, HEIGHT));
    }
    expect(psnrs.length).toBeGreaterThanOrEqual(36);
    // The first ones pay for the key frame.
    expect(Math.min(...psnrs.slice(10))).toBeGreaterThanOrEqual(leastPsnrDb);
    await Promise.all([encoder.close(), decoder.close()]);
  });

  it('encodes a key frame when asked, and none otherwise', async () => {
    const encoder = create();
    const keys: number[] = [];
    for (let i = 0; i < 90; i++) {
      const encoded = await encodeNext(encoder, i, { keyFrame: i === 30 || i === 61 });
      if (encoded?.keyFrame === true) keys.push(i);
    }
    expect(keys).toEqual([0, 30, 61]);
    await encoder.close();
  });

  it('lets a decoder join at a key frame', async () => {
    const encoder = create();
    const decoder = decoderOf();
    for (let i = 0; i < 5; i++) await encodeNext(encoder, i);
    const key = await encodeNext(encoder, 5, { keyFrame: true });
    assertEncoded(key);
    const decoded = await decoder.decode(key.data, key.timestampRtp90k);
    expect(decoded.corrupt).toBe(false);
    expect(lumaPsnrDb(takePicture(decoded), movingPicture(WIDTH, HEIGHT, 5), WIDTH, HEIGHT)).toBeGreaterThan(
      30,
    );
    await Promise.all([encoder.close(), decoder.close()]);
  });

  it.each([
    { rate: 30, everyPicture: 1 },
    { rate: 15, everyPicture: 2 },
  ])(
    `follows the bitrate at $rate pictures a second, up and down, ${reopensForRate === true ? 'with' : 'without'} a key frame`,
    async ({ everyPicture }) => {
      const encoder = create(100_000);
      const measure = async (targetBps: number, from: number): Promise<number> => {
        encoder.update({ targetBps: bps(targetBps) });
        let bits = 0;
        // Two seconds to get there, four that count.
        for (let i = 0; i < 180; i += everyPicture) {
          const encoded = await encodeNext(encoder, from + i);
          expect(encoded?.keyFrame ?? false).toBe(reopensForRate === true ? i === 0 : from + i === 0);
          if (i >= 60) bits += (encoded?.data.length ?? 0) * 8;
        }
        return bits / 4;
      };
      // All within what the quantisers can reach on this content.
      for (const [segment, target] of [100_000, 250_000, 70_000].entries()) {
        const actual = await measure(target, segment * 180);
        expect(actual / target).toBeGreaterThan(leastOfRate);
        expect(actual / target).toBeLessThan(1.15);
      }
      await encoder.close();
    },
  );

  it('encodes at least nine of ten pictures at a sane rate', async () => {
    const encoder = create(250_000);
    let encoded = 0;
    for (let i = 0; i < 150; i++) if ((await encodeNext(encoder, i)) !== null) encoded++;
    expect(encoded).toBeGreaterThanOrEqual(135);
    await encoder.close();
  });

  it('decodes a change of size in mid-stream', async () => {
    const decoder = decoderOf();
    for (const [width, height] of [
      [320, 180],
      [640, 360],
      [160, 90],
    ] as const) {
      const encoder = engine.createEncoder({
        codec,
        implementation: encodeBy,
        width,
        height,
        targetBps: bps(900_000),
        maxFrameRate: 30,
      });
      for (let i = 0; i < 3; i++) {
        const frame = picture(i, width, height);
        const encoded = await encoder.encode(frame);
        frame.close();
        if (encoded === null) continue;
        const decoded = await decoder.decode(encoded.data, encoded.timestampRtp90k);
        expect(decoded.frame).toMatchObject({ width, height });
        expect(
          lumaPsnrDb(takePicture(decoded), movingPicture(width, height, i), width, height),
        ).toBeGreaterThan(28);
      }
      await encoder.close();
    }
    await decoder.close();
  });

  it('leaves a decoded picture as it is while the decoder goes on, and after its end', async () => {
    const encoder = create();
    const units: EncodedVideo[] = [];
    for (let i = 0; i < 12; i++) {
      const encoded = await encodeNext(encoder, i);
      if (encoded !== null) units.push(encoded);
    }
    const reference = decoderOf();
    const expected: Uint8Array[] = [];
    for (const unit of units) {
      expected.push(takePicture(await reference.decode(unit.data, unit.timestampRtp90k)));
    }
    const decoder = decoderOf();
    const decoded = (
      await Promise.all(
        units.slice(0, MAX_QUEUED_JOBS).map((unit) => decoder.decode(unit.data, unit.timestampRtp90k)),
      )
    ).map(({ frame }) => frame);
    // The encoder reads some of them while the decoder wants its memory back.
    for (const [i, unit] of units.slice(MAX_QUEUED_JOBS).entries()) {
      const { frame } = await decoder.decode(unit.data, unit.timestampRtp90k);
      decoded.push(frame);
      if (i % 2 === 0 && frame !== null) {
        const copies = engine.transform(frame, { width: WIDTH, height: HEIGHT });
        const encoding = encoder.encode(frame);
        const next = decoder.decode(unit.data, unit.timestampRtp90k);
        const copy = await copies;
        expect(Buffer.compare(copy.toI420(), expected[MAX_QUEUED_JOBS + i] ?? new Uint8Array(0))).toBe(0);
        copy.close();
        await encoding;
        await next.then(
          (again) => again.frame?.close(),
          () => undefined,
        );
        break;
      }
    }
    await Promise.all([decoder.close(), reference.close(), encoder.close()]);
    for (const [i, frame] of decoded.entries()) {
      expect(Buffer.compare(frame?.toI420() ?? new Uint8Array(0), expected[i] ?? new Uint8Array(0))).toBe(0);
      frame?.close();
    }
  });

  it('takes time stamps that stand still, step back or leap', async () => {
    const encoder = create();
    const decoder = decoderOf();
    for (const [i, timestamp] of [0, 3000, 3000, 1000, 9_000_000_000, 9_000_003_000].entries()) {
      const frame = engine.frameFromI420(movingPicture(WIDTH, HEIGHT, i), WIDTH, HEIGHT, rtp90k(timestamp));
      const encoded = await encoder.encode(frame, { keyFrame: true });
      frame.close();
      assertEncoded(encoded);
      expect(encoded.timestampRtp90k).toBe(timestamp);
      const decoded = await decoder.decode(encoded.data, encoded.timestampRtp90k);
      expect(decoded.frame?.timestampRtp90k).toBe(timestamp);
      decoded.frame?.close();
    }
    await Promise.all([encoder.close(), decoder.close()]);
  });

  it('refuses more jobs than its queue holds, and finishes the others in order', async () => {
    const encoder = create();
    const frame = picture(0);
    const order: number[] = [];
    const accepted = Array.from({ length: MAX_QUEUED_JOBS }, async (_, i) => {
      await encoder.encode(frame);
      order.push(i);
    });
    expect(encoder.queuedJobs).toBe(MAX_QUEUED_JOBS);
    await expect(encoder.encode(frame)).rejects.toBeInstanceOf(CodecQueueFullError);
    await Promise.all(accepted);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(encoder.queuedJobs).toBe(0);
    await expect(encoder.encode(frame)).resolves.toBeDefined();
    frame.close();
    await encoder.close();
  });

  it('closes while jobs are in hand: the running one may finish, queued ones reject', async () => {
    // Large enough that the first job, which also opens the encoder, is still running when the others are submitted.
    const size = { width: 1280, height: 720 };
    const encoder = engine.createEncoder({
      codec,
      implementation: encodeBy,
      ...size,
      targetBps: bps(2_000_000),
      maxFrameRate: FRAME_RATE,
    });
    const frame = picture(0, size.width, size.height);
    const jobs = Array.from({ length: MAX_QUEUED_JOBS }, () => encoder.encode(frame, { keyFrame: true }));
    frame.close();
    const outcomes = Promise.allSettled(jobs);
    const closing = encoder.close();
    expect(encoder.close()).toBe(closing);
    await closing;
    const rejected = (await outcomes).flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    expect(rejected.length).toBeGreaterThanOrEqual(1);
    for (const error of rejected) expect(error).toBeInstanceOf(CodecClosedError);
    const late = picture(1);
    await expect(encoder.encode(late)).rejects.toBeInstanceOf(CodecClosedError);
    expect(() => encoder.update({ targetBps: bps(100_000) })).toThrow(CodecClosedError);
    late.close();
  });

  it('names misuse: a closed frame, a frame of another size, another engine', async () => {
    const encoder = create();
    const closed = picture(0);
    closed.close();
    closed.close();
    expect(() => closed.toI420()).toThrow(StaleHandleError);
    await expect(encoder.encode(closed)).rejects.toBeInstanceOf(StaleHandleError);
    const large = picture(0, 640, 360);
    await expect(encoder.encode(large)).rejects.toThrow(/640x360/);
    await expect(encoder.encode(large)).rejects.toBeInstanceOf(CodecParameterError);
    large.close();
    const other = createCodecEngine({ threads: 1 });
    const foreign = other.frameFromI420(movingPicture(WIDTH, HEIGHT, 0), WIDTH, HEIGHT, rtp90k(0));
    await expect(encoder.encode(foreign)).rejects.toBeInstanceOf(StaleHandleError);
    await other.close();
    foreign.close();
    await encoder.close();
  });

  it.each([
    { width: 321 },
    { height: 0 },
    { width: 8192 },
    { targetBps: bps(0) },
    { targetBps: bps(Number.NaN) },
    { maxFrameRate: 0 },
    { maxFrameRate: Infinity },
    { threads: 0 },
    { maxNalBytes: 10 },
  ])('refuses the configuration %o', (wrong) => {
    const config = {
      codec,
      implementation: encodeBy,
      width: WIDTH,
      height: HEIGHT,
      targetBps: bps(500_000),
      maxFrameRate: 30,
      ...wrong,
    };
    expect(() => engine.createEncoder(config)).toThrow(CodecParameterError);
  });

  it('encodes one picture at two sizes and rates at a time', async () => {
    const encoders = [create(600_000), create(200_000)];
    const frame = picture(0);
    const results = await Promise.all(encoders.map((encoder) => encoder.encode(frame)));
    frame.close();
    for (const encoded of results) assertEncoded(encoded);
    await Promise.all(encoders.map((encoder) => encoder.close()));
  });
}
