/** The C program and the engine write the same bytes: then they did the same work, and their times can be compared. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bps, movingPicture } from '../../../codecs/conformance/pictures.ts';
import { createCodecEngine } from '../../../codecs/engine.ts';
import { runEncode } from '../run/jobs.ts';
import { buildNativeEncoder } from './build.ts';
import { nativeCommand } from './overhead.ts';

const PICTURES = 12;
const SIZE = { width: 322, height: 180 } as const;

describe('the C program', () => {
  it.each([
    ['VP8', 'libvpx-vp8'],
    ['H264', 'openh264'],
  ] as const)('encodes %s as the engine does, to the byte', async (codec, name) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'commucat-native-'));
    const engine = createCodecEngine({ threads: 1 });
    try {
      const input = path.join(folder, 'in.i420');
      const pictures = Array.from({ length: PICTURES }, (_, at) =>
        movingPicture(SIZE.width, SIZE.height, at),
      );
      writeFileSync(input, Buffer.concat(pictures));
      const info = engine.probe().find((entry) => entry.name === name && entry.direction === 'encode');
      if (info === undefined) throw new Error(`no ${name} here`);
      const config = { codec, ...SIZE, targetBps: bps(5e5), maxFrameRate: 29.97 };
      const built = await buildNativeEncoder(name);
      if (!('program' in built)) throw new Error(built.reason);
      const job = { config, input, pictures: PICTURES, output: path.join(folder, 'ours') };
      await runEncode(job);
      const [program = '', ...args] = nativeCommand(built.program, info, {
        ...job,
        output: path.join(folder, 'c'),
      });
      execFileSync(program, args);
      const bytes = readFileSync(job.output);
      expect(bytes.length).toBeGreaterThan(1000);
      expect(readFileSync(path.join(folder, 'c')).equals(bytes)).toBe(true);
    } finally {
      await engine.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('is not made for what no plugin brings', async () => {
    expect(await buildNativeEncoder('no-such-codec')).toEqual({ reason: 'no plugin brings no-such-codec' });
  });
});
