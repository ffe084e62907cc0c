/**
 * What becomes of a stream whose hardware fails, and of pictures that stay on a device: with stand-ins for hardware
 * (native/codec-plugins-testing), whose failures are ordered. Skipped where libavcodec is not there.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStandIns } from '../testing/stand-ins.ts';
import { createCodecEngine, type CodecEngineOptions } from '../engine.ts';
import {
  CodecClosedError,
  CodecDeviceLostError,
  CodecLibraryError,
  CodecQueueFullError,
  CodecSessionLimitError,
} from '../errors.ts';
import { LOST_DEVICE_MS, REFUSED } from '../native/hardware.ts';
import type { CodecEngine, DecodedVideo, EncodedVideo, VideoDecoder, VideoFrame } from '../types.ts';
import { MAX_QUEUED_JOBS } from '../types.ts';
import { bps, lumaPsnrDb, movingPicture } from './pictures.ts';
import { HEIGHT, TICKS, WIDTH, createEncoder, decodeAll, encodePicture, picture, psnrDb } from './streams.ts';

const standIns = await openStandIns();
const usable = (name: string): boolean =>
  standIns?.codecs.some((one) => one.name === name && one.missing === null) ?? false;
const without = standIns === null || !usable('board-h264');

let engine: CodecEngine;
let nowMs = 0;

function open(options: CodecEngineOptions = {}): CodecEngine {
  const { libraryPath } = standIns ?? {};
  if (libraryPath === undefined) throw new Error('there are no stand-ins');
  return createCodecEngine({ threads: 2, libraryPath, nowMs: () => nowMs, ...options });
}

const faults = standIns ?? {
  reset: () => undefined,
  refuseOpens: () => undefined,
  failAfter: () => undefined,
  downloads: () => 0,
};

const H264 = {
  codec: 'H264',
  width: WIDTH,
  height: HEIGHT,
  targetBps: bps(600_000),
  maxFrameRate: 30,
} as const;

beforeEach(() => {
  if (without) return;
  faults.reset();
  nowMs = 0;
  engine = open();
});
afterEach(async () => {
  if (without) return;
  faults.reset();
  const live = engine.liveObjects();
  await engine.close();
  expect(live).toEqual({ frames: 0, encoders: 0, decoders: 0, converters: 0, jobs: 0 });
});

const keysOf = (units: readonly (EncodedVideo | null)[]): number[] =>
  units.flatMap((unit, i) => (unit?.keyFrame === true ? [i] : []));

/** Every unit decodes, and shows what was put in. */
async function expectSound(units: readonly (EncodedVideo | null)[]): Promise<void> {
  const all = units.filter((unit) => unit !== null);
  expect(all).toHaveLength(units.length);
  for (const shown of await decodeAll(engine, { codec: 'H264', implementation: 'openh264' }, all)) {
    expect(shown.corrupt).toBe(false);
    expect(psnrDb(shown)).toBeGreaterThan(26);
  }
}

describe.skipIf(without)('the choice between hardware and software', () => {
  it('prefers hardware that was tried, and takes software where hardware cannot meet the configuration', async () => {
    const encoders = [
      engine.createEncoder(H264),
      engine.createEncoder({ ...H264, maxNalBytes: 1200 }),
      engine.createEncoder({ ...H264, layers: { spatial: 1, temporal: 2 } }),
      engine.createEncoder({ ...H264, implementation: 'openh264' }),
    ];
    expect(encoders.map(({ info }) => info.name)).toEqual(['board-h264', 'openh264', 'openh264', 'openh264']);
    expect(encoders[0]?.info).toMatchObject({ hardware: true, device: 'board' });
    await Promise.all(encoders.map((encoder) => encoder.close()));
  });

  it.each([
    ['allow', undefined, 'openh264'],
    ['refuse', undefined, 'openh264'],
    ['allow', { H264: 'switched off for a test' }, 'board-h264'],
  ] as const)('%s, with %o switched off', async (hardware, disabled, expected) => {
    const other = open({ hardware, ...(disabled === undefined ? {} : { disabled }) });
    await other.probeHardware();
    expect(other.createEncoder(H264).info.name).toBe(expected);
    expect(other.createDecoder('H264').info.name).toBe(expected);
    const [board] = other.implementations().filter(({ name }) => name === 'board-h264');
    expect(board?.missing).toBe(hardware === 'refuse' ? REFUSED : null);
    await other.close();
  });
});

describe.skipIf(without)('an encoder whose hardware fails', () => {
  it('goes on in software at the same picture, with a key frame, and says so', async () => {
    const encoder = engine.createEncoder(H264);
    faults.failAfter(3, false);
    const units: (EncodedVideo | null)[] = [];
    for (let i = 0; i < 8; i++) {
      units.push(await encodePicture(engine, encoder, i));
      expect(encoder.info.name).toBe(i < 3 ? 'board-h264' : 'openh264');
    }
    expect(keysOf(units)).toEqual([0, 3]);
    expect(encoder.fallback).toMatchObject({ from: 'board-h264', to: 'openh264' });
    expect(encoder.fallback?.reason).toMatch(/codec library failed/);
    await expectSound(units);
    await encoder.close();
  });

  it('encodes all that were in hardware again, in order, with the settings that each came with', async () => {
    const encoder = engine.createEncoder(H264);
    faults.failAfter(2, false);
    const order: number[] = [];
    const jobs = Array.from({ length: MAX_QUEUED_JOBS }, async (_, i) => {
      const size = i < 5 ? ([WIDTH, HEIGHT] as const) : ([160, 90] as const);
      if (i === 5) encoder.update({ width: size[0], height: size[1] });
      const unit = await encodePicture(engine, encoder, i, {}, size);
      order.push(i);
      return unit;
    });
    const late = picture(engine, 9, 160, 90);
    await expect(encoder.encode(late)).rejects.toBeInstanceOf(CodecQueueFullError);
    late.close();
    const units = await Promise.all(jobs);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(keysOf(units)).toEqual([0, 2, 5]);
    expect(units.map((unit) => unit?.width)).toEqual([320, 320, 320, 320, 320, 160, 160, 160]);
    await expectSound(units);
    expect(encoder.queuedJobs).toBe(0);
    // What is asked later counts for software.
    encoder.update({ targetBps: bps(300_000) });
    expect(await encodePicture(engine, encoder, 10, { keyFrame: true }, [160, 90])).toMatchObject({
      keyFrame: true,
    });
    await encoder.close();
  });

  it('has reached the limit of sessions: this one falls back, the next one tries hardware', async () => {
    faults.refuseOpens(1);
    const first = engine.createEncoder(H264);
    expect(await encodePicture(engine, first, 0)).toMatchObject({ keyFrame: true });
    expect(first.fallback?.reason).toMatch(/no more sessions/);
    const second = engine.createEncoder(H264);
    expect(await encodePicture(engine, second, 0)).toMatchObject({ keyFrame: true });
    expect([first.info.name, second.info.name]).toEqual(['openh264', 'board-h264']);
    expect(second.fallback).toBeNull();
    await Promise.all([first.close(), second.close()]);
  });

  it('was lost with its device: nothing is opened there for a while', async () => {
    const first = engine.createEncoder(H264);
    await encodePicture(engine, first, 0);
    faults.failAfter(0, true);
    expect(await encodePicture(engine, first, 1)).toMatchObject({ keyFrame: true });
    expect(first.fallback?.reason).toMatch(/does not answer/);
    const avoiding = engine.createEncoder(H264);
    // Another device of the same kind is the next choice.
    expect(avoiding.info.device).not.toBe('board');
    faults.reset();
    nowMs = LOST_DEVICE_MS - 1;
    const still = engine.createEncoder(H264);
    expect(still.info.device).not.toBe('board');
    nowMs = LOST_DEVICE_MS;
    const again = engine.createEncoder(H264);
    expect(again.info.name).toBe('board-h264');
    expect(await encodePicture(engine, again, 0)).toMatchObject({ keyFrame: true });
    await Promise.all([first, avoiding, still, again].map((encoder) => encoder.close()));
  });

  it('closes while jobs are in hand, whatever fails then', async () => {
    for (const jobs of [0, 1, 2]) {
      const encoder = engine.createEncoder(H264);
      faults.failAfter(jobs, true);
      const frame = picture(engine, 0);
      const encoding = Array.from({ length: 4 }, () => encoder.encode(frame));
      frame.close();
      const outcomes = Promise.allSettled(encoding);
      await encoder.close();
      for (const outcome of await outcomes) {
        if (outcome.status === 'rejected') {
          const { reason } = outcome as { readonly reason: unknown };
          expect(reason instanceof CodecClosedError || reason instanceof CodecLibraryError).toBe(true);
        }
      }
      faults.reset();
      nowMs += LOST_DEVICE_MS;
    }
  });

  it('rejects with a typed error where no software may take over', async () => {
    const other = open({ disabled: { H264: 'switched off for a test' } });
    const encoder = other.createEncoder(H264);
    const frame = other.frameFromI420(
      movingPicture(WIDTH, HEIGHT, 0),
      WIDTH,
      HEIGHT,
      0 as VideoFrame['timestampRtp90k'],
    );
    faults.refuseOpens(1);
    await expect(encoder.encode(frame)).rejects.toBeInstanceOf(CodecSessionLimitError);
    await expect(encoder.encode(frame)).resolves.toMatchObject({ keyFrame: true });
    faults.failAfter(0, true);
    await expect(encoder.encode(frame)).rejects.toBeInstanceOf(CodecDeviceLostError);
    expect(encoder.fallback).toBeNull();
    frame.close();
    await other.close();
  });
});

async function streamOf(
  codec: 'H264' | 'VP8',
  keyFrames: readonly number[],
  count = 12,
): Promise<EncodedVideo[]> {
  const implementation = codec === 'H264' ? 'openh264' : 'libvpx-vp8';
  const encoder = createEncoder(engine, { codec, implementation });
  const units: EncodedVideo[] = [];
  for (let i = 0; i < count; i++) {
    const unit = await encodePicture(engine, encoder, i, { keyFrame: keyFrames.includes(i) });
    if (unit !== null) units.push(unit);
  }
  await encoder.close();
  expect(units).toHaveLength(count);
  return units;
}

/** What came of an access unit: a sound picture, damage that was said, or an error. */
function outcomeOf(decoded: DecodedVideo): string {
  const { frame, corrupt } = decoded;
  if (frame === null) return corrupt ? 'corrupt' : 'nothing';
  const number = frame.timestampRtp90k / TICKS;
  const psnr = lumaPsnrDb(frame.toI420(), movingPicture(WIDTH, HEIGHT, number), WIDTH, HEIGHT);
  frame.close();
  return corrupt || psnr < 26 ? 'damaged' : 'sound';
}

const decodeUnit = async (decoder: VideoDecoder, unit: EncodedVideo | undefined): Promise<string> =>
  outcomeOf(
    await decoder.decode(
      unit?.data ?? new Uint8Array(0),
      unit?.timestampRtp90k ?? (0 as EncodedVideo['timestampRtp90k']),
    ),
  );

describe.skipIf(without).each([
  { codec: 'H264', software: 'openh264' },
  { codec: 'VP8', software: 'libvpx-vp8' },
] as const)('a $codec decoder whose hardware fails', ({ codec, software }) => {
  it('asks for a key frame, and goes on in software from there', async () => {
    const stream = await streamOf(codec, [0, 8]);
    const decoder = engine.createDecoder(codec);
    faults.failAfter(3, false);
    const outcomes: string[] = [];
    for (const unit of stream) outcomes.push(await decodeUnit(decoder, unit));
    expect(outcomes).toEqual([
      ...Array<string>(3).fill('sound'),
      ...Array<string>(5).fill('corrupt'),
      ...Array<string>(4).fill('sound'),
    ]);
    expect(decoder.info.name).toBe(software);
    expect(decoder.fallback).toMatchObject({ to: software });
    await decoder.close();
  });

  it('shows the picture at once where it fails at a key frame, and keeps the order with jobs in hand', async () => {
    const stream = await streamOf(codec, [0, 3], 8);
    const decoder = engine.createDecoder(codec);
    faults.failAfter(3, false);
    const order: number[] = [];
    const outcomes = await Promise.all(
      stream.map(async (unit, i) => {
        const outcome = await decodeUnit(decoder, unit);
        order.push(i);
        return outcome;
      }),
    );
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(outcomes).toEqual(Array<string>(8).fill('sound'));
    expect(decoder.queuedJobs).toBe(0);
    await decoder.close();
  });

  it('takes a damaged access unit for what it is: hardware stays', async () => {
    const stream = await streamOf(codec, [0, 6]);
    const decoder = engine.createDecoder(codec);
    const { name } = decoder.info;
    await decodeUnit(decoder, stream[0]);
    const noise = Uint8Array.from({ length: 300 }, (_, i) => (i * 97) & 255);
    if (codec === 'H264') noise.set([0, 0, 0, 1, 0x65]);
    const damaged = await decoder
      .decode(noise, 0 as EncodedVideo['timestampRtp90k'])
      .then(outcomeOf, () => 'refused');
    expect(['corrupt', 'damaged', 'refused']).toContain(damaged);
    for (const unit of stream.slice(6)) expect(await decodeUnit(decoder, unit)).toBe('sound');
    expect(decoder.info.name).toBe(name);
    expect(decoder.fallback).toBeNull();
    await decoder.close();
  });

  it('closes with jobs in hand, and is lost with its device', async () => {
    const stream = await streamOf(codec, [0], 4);
    const decoder = engine.createDecoder(codec);
    const { device } = decoder.info;
    faults.failAfter(1, true);
    const outcomes = Promise.allSettled(stream.map((unit) => decodeUnit(decoder, unit)));
    await decoder.close();
    await outcomes;
    faults.reset();
    faults.failAfter(0, true);
    const lost = engine.createDecoder(codec, {});
    expect(await decodeUnit(lost, stream[0])).toBe('sound');
    const next = engine.createDecoder(codec);
    expect(next.info.device).not.toBe(device);
    await Promise.all([lost.close(), next.close()]);
  });
});

describe.skipIf(without)('a picture that stays on its device', () => {
  const decoded = async (implementation: string): Promise<VideoFrame> => {
    const [unit] = await streamOf('H264', [0], 1);
    const decoder = engine.createDecoder('H264', { implementation });
    const { frame } = await decoder.decode(
      unit?.data ?? new Uint8Array(0),
      0 as EncodedVideo['timestampRtp90k'],
    );
    // It outlives its decoder.
    await decoder.close();
    if (frame === null) throw new Error('no picture came');
    return frame;
  };
  const encodeBy = (implementation: string, codec: 'H264' | 'VP8' = 'H264'): Promise<EncodedVideo | null> => {
    const encoder = createEncoder(engine, { codec, implementation });
    const encoding = encoder.encode(shared);
    return encoding.finally(() => encoder.close());
  };
  let shared: VideoFrame;

  it('is copied to memory once, however many need it there, and not at all by that device', async () => {
    shared = await decoded('card-h264');
    await Promise.all([encodeBy('card-h264'), encodeBy('card-h264')]);
    const same = await engine.transform(shared, {});
    same.close();
    expect(faults.downloads()).toBe(0);
    const [one, two] = await Promise.all([
      encodeBy('libvpx-vp8', 'VP8'),
      encodeBy('openh264'),
      encodeBy('board-h264'),
      engine.frameToRaw(shared, 'NV12'),
    ]);
    expect([one?.keyFrame, two?.keyFrame]).toEqual([true, true]);
    const i420 = shared.toI420();
    expect(lumaPsnrDb(i420, movingPicture(WIDTH, HEIGHT, 0), WIDTH, HEIGHT)).toBeGreaterThan(28);
    expect(faults.downloads()).toBe(1);
    shared.close();
  });

  it('is scaled in memory where the device cannot', async () => {
    const frame = await decoded('card-h264');
    const scaled = await engine.transform(frame, { width: 160, height: 90 });
    const part = await engine.transform(frame, { crop: { left: 0, top: 0, width: 64, height: 64 } });
    expect(faults.downloads()).toBe(1);
    const copy = engine.frameFromI420(frame.toI420(), WIDTH, HEIGHT, frame.timestampRtp90k);
    const reference = await engine.transform(copy, { width: 160, height: 90 });
    expect(Buffer.compare(scaled.toI420(), reference.toI420())).toBe(0);
    for (const one of [frame, scaled, part, copy, reference]) one.close();
  });

  it.skipIf(!usable('vulkan-h264'))(
    'is decoded, scaled to several sizes and encoded there (skipped without a Vulkan driver, as Debian’s mesa-vulkan-drivers)',
    async () => {
      const frame = await decoded('vulkan-h264');
      const sizes = [
        [160, 90],
        [240, 136],
        [160, 90],
      ] as const;
      const scaled = await Promise.all(
        sizes.map(([width, height]) => engine.transform(frame, { width, height })),
      );
      for (const [i, [width, height]] of sizes.entries()) {
        const encoder = engine.createEncoder({ ...H264, implementation: 'vulkan-h264', width, height });
        const unit = await encoder.encode(scaled[i] ?? frame);
        expect(unit).toMatchObject({ keyFrame: true, width, height });
        await encoder.close();
      }
      expect(faults.downloads()).toBe(0);
      const reference = await engine.transform(frame, {
        crop: { left: 0, top: 0, width: WIDTH, height: HEIGHT - 2 },
        width: 160,
        height: 90,
      });
      const [first] = scaled;
      expect(lumaPsnrDb(first?.toI420() ?? new Uint8Array(0), reference.toI420(), 160, 90)).toBeGreaterThan(
        20,
      );
      for (const one of [frame, reference, ...scaled]) one.close();
    },
  );
});

describe('hardware as it is shipped', () => {
  it('is not used before it was tried, and says in words what is missing', async () => {
    const shipped = createCodecEngine({ threads: 1 });
    const hardware = (): readonly { readonly name: string; readonly missing: string | null }[] =>
      shipped.implementations().filter((one) => one.hardware);
    for (const { missing } of hardware()) expect(missing).not.toBeNull();
    await shipped.probeHardware();
    await shipped.probeHardware();
    for (const { name, missing } of hardware()) {
      expect(name).toMatch(/^(cuda|vaapi|qsv|v4l2)-(h264|vp8|vp9|av1)$/);
      if (missing !== null) expect(missing).toMatch(/\w+ \w+/);
      expect(missing).not.toMatch(/not tried/);
    }
    await shipped.close();
  });
});
