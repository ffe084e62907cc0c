/** What belongs to the engine rather than to one codec: frames, scaling, threads, its own life. */
import { describe, expect, it } from 'vitest';
import { createCodecEngine } from './engine.ts';
import {
  CodecClosedError,
  CodecLibraryMissingError,
  CodecParameterError,
  CodecQueueFullError,
  StaleHandleError,
} from './errors.ts';
import { bps, lumaPsnrDb, movingPicture, rtp90k } from './conformance/pictures.ts';
import type { CodecEngine } from './types.ts';

const NOTHING_LIVES = { frames: 0, encoders: 0, decoders: 0, converters: 0, jobs: 0 };

async function withEngine(run: (engine: CodecEngine) => Promise<void> | void, threads = 2): Promise<void> {
  const engine = createCodecEngine({ threads });
  try {
    await run(engine);
    expect(engine.liveObjects()).toEqual(NOTHING_LIVES);
  } finally {
    await engine.close();
  }
}

describe('engine', () => {
  it('says what it can do', () =>
    withEngine((engine) => {
      expect(
        engine.probe().map(({ codec, direction, library }) => `${direction} ${codec} ${library}`),
      ).toEqual(
        expect.arrayContaining([
          ...['encode VP8 libvpx', 'decode VP8 libvpx', 'encode VP9 libvpx', 'decode VP9 libvpx'],
          ...['encode H264 openh264', 'decode H264 openh264', 'encode OPUS libopus', 'decode OPUS libopus'],
          ...['PCMA', 'PCMU', 'G722'].flatMap((codec) => [
            `encode ${codec} spandsp`,
            `decode ${codec} spandsp`,
          ]),
        ]),
      );
      for (const { version, hardware } of engine.probe()) {
        expect(version).toMatch(/\d+\.\d+\.\d+/);
        expect(hardware).toBe(false);
      }
    }));

  it('leaves out what is disabled, and says why', async () => {
    const engine = createCodecEngine({ threads: 1, disabled: { H264: 'switched off for a test' } });
    try {
      expect(engine.probe().map(({ codec }) => codec)).not.toContain('H264');
      const all = engine.implementations().filter(({ codec, hardware }) => codec === 'H264' && !hardware);
      expect(all.map(({ missing }) => missing)).toEqual(all.map(() => 'switched off for a test'));
      expect(() => engine.createDecoder('H264')).toThrow(/openh264: switched off for a test/);
      expect(() => engine.createDecoder('VP8', { implementation: 'none-such' })).toThrow(
        'no library here can decode VP8 by none-such',
      );
    } finally {
      await engine.close();
    }
  });

  it('converts packed pixels of every format there and back', () =>
    withEngine(async (engine) => {
      const i420 = movingPicture(64, 48, 0);
      const source = engine.frameFromI420(i420, 64, 48, rtp90k(9));
      for (const format of ['I420', 'NV12', 'RGB24', 'BGRA'] as const) {
        const raw = await engine.frameToRaw(source, format);
        expect(raw.length).toBe(64 * 48 * { I420: 1.5, NV12: 1.5, RGB24: 3, BGRA: 4 }[format]);
        const back = await engine.frameFromRaw(format, raw, 64, 48, rtp90k(9));
        expect(back).toMatchObject({ width: 64, height: 48, timestampRtp90k: 9 });
        // Planes go through unchanged; red, green and blue cost roundings, and colours that they cannot hold.
        const psnrDb = lumaPsnrDb(back.toI420(), i420, 64, 48);
        if (format === 'I420' || format === 'NV12') expect(Buffer.compare(back.toI420(), i420)).toBe(0);
        else expect(psnrDb).toBeGreaterThan(20);
        back.close();
      }
      source.close();
      await expect(engine.frameFromRaw('BGRA', new Uint8Array(5), 64, 48, rtp90k(0))).rejects.toThrow(
        /12288 bytes, not 5/,
      );
    }));

  it('keeps colours: a red, a green and a blue picture', () =>
    withEngine(async (engine) => {
      // BT.601, limited range: Y, Cb, Cr of pure red, green and blue.
      const expected = { red: [82, 90, 240], green: [145, 54, 34], blue: [41, 240, 110] } as const;
      for (const [name, place] of [
        ['red', 0],
        ['green', 1],
        ['blue', 2],
      ] as const) {
        const rgb = new Uint8Array(3 * 16 * 16).map((_, i) => (i % 3 === place ? 255 : 0));
        const frame = await engine.frameFromRaw('RGB24', rgb, 16, 16, rtp90k(0));
        const i420 = frame.toI420();
        const yuv = [i420[0], i420[256], i420[320]].map(Number);
        for (const [i, value] of expected[name].entries()) {
          expect(Math.abs((yuv[i] ?? 0) - value)).toBeLessThanOrEqual(2);
        }
        const bgra = await engine.frameToRaw(frame, 'BGRA');
        expect(bgra.slice(0, 4).map((value) => (value > 128 ? 255 : 0))).toEqual(
          Uint8Array.of(name === 'blue' ? 255 : 0, name === 'green' ? 255 : 0, name === 'red' ? 255 : 0, 255),
        );
        frame.close();
      }
    }));

  it('crops', () =>
    withEngine(async (engine) => {
      const i420 = movingPicture(64, 48, 3);
      const source = engine.frameFromI420(i420, 64, 48, rtp90k(1));
      const part = await engine.transform(source, { crop: { left: 10, top: 6, width: 20, height: 12 } });
      expect(part).toMatchObject({ width: 20, height: 12, timestampRtp90k: 1 });
      const pixels = part.toI420();
      for (let y = 0; y < 12; y++) {
        const row = i420.subarray((y + 6) * 64 + 10, (y + 6) * 64 + 30);
        expect(Buffer.compare(pixels.subarray(y * 20, y * 20 + 20), row)).toBe(0);
      }
      part.close();
      for (const crop of [
        { left: 50, top: 0, width: 20, height: 12 },
        { left: 1, top: 0, width: 20, height: 12 },
        { left: 0, top: -2, width: 20, height: 12 },
        { left: 0, top: 0, width: 0, height: 12 },
      ]) {
        await expect(engine.transform(source, { crop })).rejects.toBeInstanceOf(CodecParameterError);
      }
      source.close();
    }));

  it('names a library that is missing or foreign', () => {
    expect(() => createCodecEngine({ libraryPath: '/nonexistent/shim.so' })).toThrow(
      CodecLibraryMissingError,
    );
    expect(() => createCodecEngine({ libraryPath: 'libm.so.6' })).toThrow(CodecLibraryMissingError);
  });

  it.each([0, 65, 1.5])('refuses %d threads', (threads) => {
    expect(() => createCodecEngine({ threads })).toThrow(CodecParameterError);
  });

  it('closes once, with codecs still open, and refuses everything then', async () => {
    const engine = createCodecEngine({ threads: 2 });
    const frame = engine.frameFromI420(movingPicture(64, 64, 0), 64, 64, rtp90k(0));
    const encoder = engine.createEncoder({
      codec: 'VP8',
      width: 64,
      height: 64,
      targetBps: bps(1e5),
      maxFrameRate: 30,
    });
    const decoder = engine.createDecoder('H264');
    const jobs = Promise.allSettled([
      encoder.encode(frame),
      encoder.encode(frame),
      engine.transform(frame, { width: 32, height: 32 }),
    ]);
    const closing = engine.close();
    expect(engine.close()).toBe(closing);
    await closing;
    // What ran when the engine was closed may have finished; nothing is left open, and nothing fails in another way.
    for (const outcome of await jobs) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(CodecClosedError);
    }
    expect(engine.liveObjects()).toEqual(NOTHING_LIVES);
    await Promise.all([encoder.close(), decoder.close()]);
    frame.close();
    expect(() => frame.toI420()).toThrow(StaleHandleError);
    expect(() => engine.createDecoder('VP8')).toThrow(CodecClosedError);
    expect(() => engine.frameFromI420(movingPicture(64, 64, 0), 64, 64, rtp90k(0))).toThrow(CodecClosedError);
    await expect(engine.transform(frame, { width: 32, height: 32 })).rejects.toBeInstanceOf(CodecClosedError);
    await expect(decoder.decode(Uint8Array.of(1), rtp90k(0))).rejects.toBeInstanceOf(CodecClosedError);
  });

  it('runs many engines, one after the other and at a time', async () => {
    for (let round = 0; round < 10; round++) {
      const engines = [createCodecEngine({ threads: 1 }), createCodecEngine({ threads: 3 })];
      await Promise.all(engines.map((engine) => engine.close()));
    }
  });

  it('lets two codecs work at a time on two threads, and one on one', async () => {
    const measure = async (threads: number): Promise<number> => {
      let overlapping = 0;
      await withEngine(async (engine) => {
        const size = { width: 640, height: 360 };
        const encoders = [1, 2].map(() =>
          engine.createEncoder({ codec: 'VP8', ...size, targetBps: bps(1e6), maxFrameRate: 30 }),
        );
        const frame = engine.frameFromI420(movingPicture(640, 360, 0), 640, 360, rtp90k(0));
        // Opening is part of the first job.
        await Promise.all(encoders.map((encoder) => encoder.encode(frame)));
        for (let i = 0; i < 10; i++) {
          const started = process.hrtime.bigint();
          const encoded = await Promise.all(
            encoders.map((encoder) => encoder.encode(frame, { keyFrame: true })),
          );
          const wallUs = Number(process.hrtime.bigint() - started) / 1000;
          const workUs = encoded.reduce((sum, unit) => sum + (unit?.encodeUs ?? 0), 0);
          if (workUs > wallUs) overlapping++;
        }
        frame.close();
        await Promise.all(encoders.map((encoder) => encoder.close()));
      }, threads);
      return overlapping;
    };
    // Work that took longer than the clock on the wall has run at the same time as other work.
    expect(await measure(2)).toBeGreaterThan(0);
    expect(await measure(1)).toBe(0);
  });
});

describe('frames', () => {
  it.each([
    [16, 16],
    [175, 143],
    [1, 1],
    [66, 3],
  ])('keep a %dx%d picture to the bit', (width, height) =>
    withEngine((engine) => {
      const picture = movingPicture(width, height, 3);
      const frame = engine.frameFromI420(picture, width, height, rtp90k(77));
      expect(frame).toMatchObject({ width, height, timestampRtp90k: 77 });
      expect(Buffer.compare(frame.toI420(), picture)).toBe(0);
      frame.close();
    }),
  );

  it('refuse sizes and lengths that do not fit', () =>
    withEngine((engine) => {
      const make =
        (bytes: number, width: number, height: number, timestamp = 0) =>
        () =>
          engine.frameFromI420(new Uint8Array(bytes), width, height, rtp90k(timestamp));
      expect(make(100, 16, 16)).toThrow(CodecParameterError);
      expect(make(0, 0, 0)).toThrow(CodecParameterError);
      expect(make(384, -16, -16)).toThrow(CodecParameterError);
      expect(make(384, 16.5, 16)).toThrow(CodecParameterError);
      expect(make(384, 16, 16, 0.5)).toThrow(CodecParameterError);
    }));

  it('stay valid while a job uses them, whatever the caller does', () =>
    withEngine(async (engine) => {
      const picture = movingPicture(320, 180, 0);
      const frame = engine.frameFromI420(picture, 320, 180, rtp90k(5));
      const job = engine.transform(frame, { width: 320, height: 180 });
      frame.close();
      const scaled = await job;
      expect(scaled.timestampRtp90k).toBe(5);
      expect(lumaPsnrDb(scaled.toI420(), picture, 320, 180)).toBe(Infinity);
      scaled.close();
    }));

  it('scale down with the box filter: every sample is the mean of those it covers', () =>
    withEngine(async (engine) => {
      const picture = movingPicture(320, 192, 0);
      const frame = engine.frameFromI420(picture, 320, 192, rtp90k(0));
      const scaled = await engine.transform(frame, { width: 160, height: 96 });
      frame.close();
      const means = new Uint8Array(160 * 96);
      for (let y = 0; y < 96; y++) {
        for (let x = 0; x < 160; x++) {
          let sum = 2;
          for (const at of [0, 1, 320, 321]) sum += picture[y * 640 + x * 2 + at] ?? 0;
          means[y * 160 + x] = sum >> 2;
        }
      }
      expect(scaled).toMatchObject({ width: 160, height: 96 });
      expect(lumaPsnrDb(scaled.toI420(), means, 160, 96)).toBeGreaterThan(50);
      scaled.close();
    }));

  it('are not scaled without bounds', () =>
    withEngine(async (engine) => {
      const frame = engine.frameFromI420(movingPicture(640, 360, 0), 640, 360, rtp90k(0));
      await expect(engine.transform(frame, { width: 0, height: 10 })).rejects.toBeInstanceOf(
        CodecParameterError,
      );
      await expect(engine.transform(frame, { width: 10, height: 100_000 })).rejects.toBeInstanceOf(
        CodecParameterError,
      );
      const jobs = await Promise.allSettled(
        Array.from({ length: 80 }, () => engine.transform(frame, { width: 320, height: 180 })),
      );
      frame.close();
      await expect(engine.transform(frame, { width: 320, height: 180 })).rejects.toBeInstanceOf(
        StaleHandleError,
      );
      let refused = 0;
      for (const job of jobs) {
        if (job.status === 'fulfilled') job.value.close();
        else {
          expect(job.reason).toBeInstanceOf(CodecQueueFullError);
          refused++;
        }
      }
      // 64 are taken; how many of the rest are depends on how fast the first ones end.
      expect(refused).toBeLessThanOrEqual(16);
    }));
});
