/**
 * VP9 against ffmpeg's own decoder, which shares no code with libvpx: every picture equal to the bit. Streams of a file encoder
 * (hidden pictures in superframes, odd sizes, several tiles) and of ours. Without ffmpeg the tests say that they were skipped.
 */
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CodecEngine } from '../types.ts';
import { createCodecEngine } from '../engine.ts';
import { readIvf, writeIvf } from '../media-files.ts';
import { rtp90k } from './pictures.ts';
import { HEIGHT, WIDTH, createEncoder, encodePictures } from './streams.ts';

const run = promisify(execFile);
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

let engine: CodecEngine;
let folder: string;

beforeEach(() => {
  engine = createCodecEngine({ threads: 1 });
  folder = mkdtempSync(path.join(os.tmpdir(), 'commucat-vp9-'));
});

afterEach(async () => {
  rmSync(folder, { recursive: true });
  const live = engine.liveObjects();
  await engine.close();
  expect(live).toEqual({ frames: 0, encoders: 0, decoders: 0, converters: 0, jobs: 0 });
});

async function expectEqualPictures(file: string, atLeast: number): Promise<void> {
  const { stdout } = await run('ffmpeg', [
    ...['-v', 'error', '-c:v', 'vp9', '-i', file],
    ...['-fps_mode', 'passthrough', '-f', 'framemd5', '-'],
  ]);
  const expected = stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim());
  const decoder = engine.createDecoder('VP9');
  const actual: string[] = [];
  for (const [i, data] of readIvf(readFileSync(file)).frames.entries()) {
    const { frame, corrupt } = await decoder.decode(data, rtp90k(i * 3000));
    expect(corrupt).toBe(false);
    if (frame === null) continue;
    actual.push(createHash('md5').update(frame.toI420()).digest('hex'));
    frame.close();
  }
  await decoder.close();
  expect(actual.length).toBeGreaterThanOrEqual(atLeast);
  expect(actual).toEqual(expected);
}

describe.skipIf(!hasFfmpeg)('VP9 decodes as ffmpeg does (skipped without ffmpeg)', () => {
  /** Encodes a test picture with libvpx as for a file. */
  async function encodeFile(size: string, pictures: number, options: readonly string[]): Promise<string> {
    const file = path.join(folder, 'stream.ivf');
    await run('ffmpeg', [
      ...[
        '-v',
        'error',
        '-y',
        '-f',
        'lavfi',
        '-i',
        `testsrc2=size=${size}:rate=25`,
        '-frames:v',
        `${pictures}`,
      ],
      ...['-pix_fmt', 'yuv420p', '-c:v', 'libvpx-vp9', '-cpu-used', '5', '-b:v', '300k', ...options, file],
    ]);
    return file;
  }

  it.each([
    { what: 'several tiles', size: '1024x256', options: ['-tile-columns', '2', '-tile-rows', '1'] },
    { what: 'lossless', size: '176x144', options: ['-lossless', '1'] },
    {
      what: 'error resilience',
      size: '320x180',
      options: ['-error-resilience', '1', '-deadline', 'realtime'],
    },
  ])('of a file encoder: $what', async ({ size, options }) => {
    await expectEqualPictures(await encodeFile(size, 24, options), 24);
  });

  it('of a file encoder: hidden pictures in superframes, an odd size', async () => {
    const twoPasses = [
      '-auto-alt-ref',
      '1',
      '-lag-in-frames',
      '25',
      '-passlogfile',
      path.join(folder, 'pass'),
    ];
    await encodeFile('355x201', 40, [...twoPasses, '-pass', '1']);
    const file = await encodeFile('355x201', 40, [...twoPasses, '-pass', '2']);
    const { frames } = readIvf(readFileSync(file));
    // The last byte of a superframe (VP9 bitstream specification, annex B).
    expect(frames.filter((data) => ((data.at(-1) ?? 0) & 0xe0) === 0xc0).length).toBeGreaterThan(0);
    await expectEqualPictures(file, 40);
  });

  it.each([{ spatial: 1, temporal: 1 } as const, { spatial: 1, temporal: 3 } as const])(
    'of our own encoder, with $temporal frame rates',
    async (layers) => {
      const encoder = createEncoder(engine, { codec: 'VP9', implementation: 'libvpx-vp9' }, { layers });
      const units = await encodePictures(engine, encoder, 0, 40, (i) => ({ keyFrame: i === 21 }));
      await encoder.close();
      const file = path.join(folder, 'stream.ivf');
      writeFileSync(
        file,
        writeIvf(
          WIDTH,
          HEIGHT,
          30,
          units.map(({ data }) => data),
          'VP90',
        ),
      );
      await expectEqualPictures(file, 36);
    },
  );
});
