/** G.711 and G.722 as their standards have them, to the bit. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CodecEngine } from '../types.ts';
import { createCodecEngine } from '../engine.ts';
import { encodeAll, levelDb, voice } from './sound.ts';

let engine: CodecEngine;

beforeEach(() => {
  engine = createCodecEngine({ threads: 1 });
});

afterEach(async () => {
  const live = engine.liveObjects();
  await engine.close();
  expect(live).toEqual({ frames: 0, encoders: 0, decoders: 0, converters: 0, jobs: 0 });
});

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, i) => i);

describe.each([
  // The ends and the middle of ITU-T G.711 tables 1a and 2a, as 16 bits.
  { codec: 'PCMA', values: { 0xd5: 8, 0x55: -8, 0xaa: 32_256, 0x2a: -32_256 } },
  { codec: 'PCMU', values: { 0xff: 0, 0x7f: 0, 0x80: 32_124, 0x00: -32_124 } },
] as const)('$codec', ({ codec, values }) => {
  it('decodes every byte as the standard has it, and encodes it to the same byte', async () => {
    const decoder = engine.createAudioDecoder({ codec, sampleRateHz: 8000, channels: 1 });
    const { pcm } = await decoder.decode(ALL_BYTES);
    expect(pcm).toHaveLength(256);
    for (const [byte, value] of Object.entries(values)) expect(pcm[Number(byte)]).toBe(value);
    // 160 samples a packet: the 256 values and silence behind them.
    const encoder = engine.createAudioEncoder({ codec, sampleRateHz: 8000, channels: 1 });
    const whole = new Int16Array(320);
    whole.set(pcm);
    const first = await encoder.encode(whole.subarray(0, 160));
    const second = await encoder.encode(whole.subarray(160));
    const bytes = Buffer.concat([first.data, second.data]).subarray(0, 256);
    // Minus zero of the µ-law is zero.
    const expected = ALL_BYTES.map((byte) => (codec === 'PCMU' && byte === 0x7f ? 0xff : byte));
    expect([...bytes]).toEqual([...expected]);
    await Promise.all([encoder.close(), decoder.close()]);
  });

  it('fades a loss out over 60 ms', async () => {
    const encoder = engine.createAudioEncoder({ codec, sampleRateHz: 8000, channels: 1 });
    const decoder = engine.createAudioDecoder({ codec, sampleRateHz: 8000, channels: 1 });
    const [packet] = await encodeAll(encoder, [voice(8000, 160)]);
    const { pcm: heard } = await decoder.decode(packet?.data ?? new Uint8Array(1));
    // The packet's own in-band copy, which these have not, is the same concealment.
    const { pcm: made } = await decoder.decodeFec(new Uint8Array(160), 480);
    for (const [i, value] of made.entries()) {
      expect(value).toBe(Math.trunc(((heard[i % 160] ?? 0) * (480 - i)) / 480) + 0);
    }
    expect((await decoder.conceal(80)).pcm).toEqual(new Int16Array(80));
    await Promise.all([encoder.close(), decoder.close()]);
  });
});

describe('G722', () => {
  it('makes 64 kbit/s of 16 kHz, and survives its decoder joining late', async () => {
    const encoder = engine.createAudioEncoder({ codec: 'G722', sampleRateHz: 16_000, channels: 1 });
    const packets = await encodeAll(encoder, [voice(16_000, 32_000)]);
    expect(new Set(packets.map(({ data }) => data.length))).toEqual(new Set([160]));
    const [early, late] = [0, 1].map(() =>
      engine.createAudioDecoder({ codec: 'G722', sampleRateHz: 16_000, channels: 1 }),
    );
    if (early === undefined || late === undefined) throw new Error('no decoder');
    const difference = new Float64Array(320);
    for (const [i, { data }] of packets.entries()) {
      const { pcm } = await early.decode(data);
      if (i < 20) continue;
      const { pcm: other } = await late.decode(data);
      difference.forEach((_, at) => (difference[at] = ((pcm[at] ?? 0) - (other[at] ?? 0)) / 32_768));
    }
    expect(levelDb(difference)).toBeLessThan(-60);
    await Promise.all([encoder.close(), early.close(), late.close()]);
  });
});
