/** Clips from files of each kind, clear errors for others, and the order in which a short clip is played. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bps, lumaPsnrDb, movingPicture, rtp90k } from '../../../codecs/conformance/pictures.ts';
import { createCodecEngine } from '../../../codecs/engine.ts';
import { writeIvf } from '../../../codecs/media-files.ts';
import type { CodecEngine } from '../../../codecs/types.ts';
import { ClipError } from './clipError.ts';
import { readClip } from './clips.ts';
import { clipPosition } from './clipPosition.ts';
import { loadContent, loadOwnContent } from './content.ts';
import { readY4m } from './y4m.ts';

const [WIDTH, HEIGHT] = [96, 64];

function y4m(header: string, pictures: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([
    Buffer.from(`${header}\n`),
    ...pictures.flatMap((picture) => [Buffer.from('FRAME\n'), picture]),
  ]);
}

async function withEngine(run: (engine: CodecEngine) => Promise<void>): Promise<void> {
  const engine = createCodecEngine({ threads: 1 });
  try {
    await run(engine);
    expect(Object.values(engine.liveObjects())).toEqual([0, 0, 0, 0, 0]);
  } finally {
    await engine.close();
  }
}

async function encoded(engine: CodecEngine, codec: 'VP8' | 'H264'): Promise<Uint8Array[]> {
  const size = { width: WIDTH, height: HEIGHT };
  const encoder = engine.createEncoder({ codec, ...size, targetBps: bps(2e6), maxFrameRate: 30 });
  const units: Uint8Array[] = [];
  for (let number = 0; number < 5; number += 1) {
    const frame = engine.frameFromI420(
      movingPicture(WIDTH, HEIGHT, number),
      WIDTH,
      HEIGHT,
      rtp90k(number * 3000),
    );
    const unit = await encoder.encode(frame);
    frame.close();
    if (unit !== null) units.push(unit.data);
  }
  await encoder.close();
  return units;
}

describe('Y4M', () => {
  const pictures = [0, 1, 2].map((number) => movingPicture(WIDTH, HEIGHT, number));

  it('gives size, frame rate and pictures', () => {
    const clip = readY4m(y4m('YUV4MPEG2 W96 H64 F30000:1001 Ip A1:1 C420jpeg', pictures));
    expect(clip).toMatchObject({ width: 96, height: 64, frameRate: 30_000 / 1001 });
    expect(clip.pictures.map((picture) => Buffer.from(picture))).toEqual(pictures.map((p) => Buffer.from(p)));
  });

  it.each([
    ['RIFF', /not a YUV4MPEG2/],
    ['YUV4MPEG2 W96 H64 F30:1 C444', /4:2:0/],
    ['YUV4MPEG2 W96 H64 F30:1 C420p10', /8-bit/],
    ['YUV4MPEG2 W96 H64 F30:1 It', /interlaced/],
    ['YUV4MPEG2 W95 H64 F30:1', /even/],
    ['YUV4MPEG2 H64 F30:1', /even/],
    ['YUV4MPEG2 W96 H64 F0:0', /frame rate/],
    ['YUV4MPEG2 W98 H64 F30:1', /ends within picture/],
  ])('refuses %s', (header, reason) => {
    expect(() => readY4m(y4m(header, pictures))).toThrow(reason);
    expect(() => readY4m(y4m(header, pictures))).toThrow(ClipError);
  });
});

describe('clips', () => {
  it('are decoded from IVF and Annex B', () =>
    withEngine(async (engine) => {
      const vp8 = writeIvf(WIDTH, HEIGHT, 25, await encoded(engine, 'VP8'));
      const h264 = Buffer.concat(await encoded(engine, 'H264'));
      for (const [name, file, frameRate] of [
        ['a.ivf', vp8, 25],
        ['a.h264', h264, 30],
      ] as const) {
        const clip = await readClip(engine, name, file, 4, 30);
        expect(clip).toMatchObject({ width: WIDTH, height: HEIGHT, frameRate });
        expect(clip.pictures).toHaveLength(4);
        clip.pictures.forEach((picture, number) => {
          expect(lumaPsnrDb(movingPicture(WIDTH, HEIGHT, number), picture, WIDTH, HEIGHT)).toBeGreaterThan(
            27,
          );
        });
      }
    }));

  it('of another kind, cut off or empty are refused with the reason', () =>
    withEngine(async (engine) => {
      const cases = [
        ['a.mp4', new Uint8Array(100), /\.y4m, \.ivf or \.h264/],
        ['a.ivf', new Uint8Array(100), /not an IVF file/],
        ['a.ivf', writeIvf(WIDTH, HEIGHT, 30, [Uint8Array.of(1, 2, 3)]), /a\.ivf: /],
        ['a.h264', new Uint8Array(0), /no picture/],
      ] as const;
      for (const [name, file, reason] of cases) {
        await expect(readClip(engine, name, file, 10, 30)).rejects.toThrow(ClipError);
        await expect(readClip(engine, name, file, 10, 30)).rejects.toThrow(reason);
      }
    }));
});

describe('content', () => {
  it('is played there and back', () => {
    expect(Array.from({ length: 9 }, (_, at) => clipPosition(at, 4))).toEqual([0, 1, 2, 3, 2, 1, 0, 1, 2]);
    expect(clipPosition(7, 1)).toBe(0);
  });

  it('can be one of the names, or a file of the user', () =>
    withEngine(async (engine) => {
      const generated = await loadContent(engine, 'generated', 3);
      expect(generated).toMatchObject({ name: 'generated', width: 640, height: 360 });
      expect('pictures' in generated && generated.targetsBps.length).toBeGreaterThanOrEqual(4);
      expect(await loadContent(engine, 'nothing', 3)).toMatchObject({ reason: expect.any(String) as string });
      const folder = mkdtempSync(path.join(tmpdir(), 'commucat-clip-'));
      try {
        const file = path.join(folder, 'mine.y4m');
        writeFileSync(file, y4m('YUV4MPEG2 W96 H64 F10:1', [movingPicture(WIDTH, HEIGHT, 0)]));
        expect(await loadOwnContent(engine, file, 9)).toMatchObject({ name: 'mine', frameRate: 10 });
      } finally {
        rmSync(folder, { recursive: true });
      }
    }));
});
