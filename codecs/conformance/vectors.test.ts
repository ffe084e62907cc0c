/**
 * Real streams: the VP8 conformance vectors (decoded pictures must match to the bit), and H.264 from other encoders, intact
 * and damaged. The files are not part of the repository; where they are missing the tests say that they were skipped.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CodecEngine } from '../types.ts';
import { createCodecEngine } from '../engine.ts';
import { CodecBitstreamError } from '../errors.ts';
import { readIvf, splitAccessUnits } from '../media-files.ts';
import { rtp90k } from './pictures.ts';
import { videoFound } from './found.ts';

const media = fileURLToPath(new URL('../../../shared/media/', import.meta.url));
const vectorDir = path.join(media, 'vp8-vectors');
const vectors = existsSync(vectorDir) ? readdirSync(vectorDir).filter((name) => name.endsWith('.ivf')) : [];

let engine: CodecEngine;

beforeEach(() => {
  engine = createCodecEngine({ threads: 1 });
});

afterEach(async () => {
  const live = engine.liveObjects();
  await engine.close();
  expect(live).toEqual({ frames: 0, encoders: 0, decoders: 0, converters: 0, jobs: 0 });
});

describe('VP8 conformance vectors', () => {
  it.runIf(vectors.length === 0)('have their files here', (context) => {
    context.skip(`there is no ${vectorDir}`);
  });

  it.each(vectors)('%s decodes to the bit', async (name) => {
    // One line a picture: the MD5 of its packed I420, then a name.
    const lines = readFileSync(path.join(vectorDir, `${name}.md5`), 'utf8')
      .trim()
      .split('\n');
    const expected = lines.map((line) => line.slice(0, 32));
    const decoder = engine.createDecoder('VP8');
    const actual: string[] = [];
    for (const [i, data] of readIvf(readFileSync(path.join(vectorDir, name))).frames.entries()) {
      const { frame, corrupt } = await decoder.decode(data, rtp90k(i * 3000));
      expect(corrupt).toBe(false);
      if (frame === null) continue;
      actual.push(createHash('md5').update(frame.toI420()).digest('hex'));
      frame.close();
    }
    expect(expected.length).toBeGreaterThan(0);
    expect(actual).toEqual(expected);
    await decoder.close();
  });
});

interface Tally {
  pictures: number;
  corrupt: number;
  refused: number;
  /** Of all pictures, one behind the other. */
  md5: string;
}

async function decodeH264(name: string): Promise<Tally> {
  const decoder = engine.createDecoder('H264');
  const tally = { pictures: 0, corrupt: 0, refused: 0 };
  const hash = createHash('md5');
  for (const [i, unit] of splitAccessUnits(readFileSync(path.join(media, name))).entries()) {
    try {
      const { frame, corrupt } = await decoder.decode(unit, rtp90k(i * 3000));
      if (frame !== null) {
        tally.pictures++;
        hash.update(frame.toI420());
      }
      if (corrupt) tally.corrupt++;
      frame?.close();
    } catch (error) {
      expect(error).toBeInstanceOf(CodecBitstreamError);
      tally.refused++;
    }
  }
  await decoder.close();
  return { ...tally, md5: hash.digest('hex') };
}

const hasSecondDecoder = videoFound('decode').some(({ implementation }) => implementation === 'avcodec-h264');

const has = (name: string): boolean => existsSync(path.join(media, name));

describe.skipIf(!has('flower-1280x720-30fps-300frames.h264'))(
  `H.264 streams (skipped without ${media})`,
  () => {
    // Of the two that may reorder, the last two pictures stay in the decoder. The MD5 is of all pictures, one behind the other, as
    // ffmpeg 5.1 decodes them: -vsync 0 -frames:v PICTURES -f rawvideo.
    it.each([
      { name: 'webcam-1280x720-19frames.h264', md5: 'cce94ac8111d405a14cc143e5fe9f7f2', pictures: 19 },
      { name: 'document-1024x768-50frames.h264', md5: 'ffd763646b5ef75d554e22fa389e13fd', pictures: 50 },
      {
        name: 'flower-1280x720-30fps-300frames.h264',
        md5: '31d8248b5ec06918c97fab91f0854f4c',
        pictures: 298,
      },
      { name: 'street-1920x1080-25fps-54frames.h264', md5: 'd1fc83488e96cb4a8dec04414d11816c', pictures: 52 },
    ])('$name decodes whole, to the bit', async ({ name, pictures, md5 }) => {
      const { md5: actual, ...tally } = await decodeH264(name);
      expect(tally).toEqual({ pictures, corrupt: 0, refused: 0 });
      // openh264 alone gets pictures in another order than they were sent wrong.
      if (hasSecondDecoder) expect(actual).toBe(md5);
    });

    it.each(['broken-i-p-error.h264', 'broken-p-frame-lost.h264'])(
      '%s: the damage is noticed',
      async (name) => {
        const { corrupt, refused } = await decodeH264(name);
        expect(corrupt + refused).toBeGreaterThan(0);
      },
    );
  },
);
