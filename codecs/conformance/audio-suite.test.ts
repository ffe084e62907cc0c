/** What every codec of sound must do, run for each implementation that is here: a new one is held to the same. */
import { describe, expect, it } from 'vitest';
import type { AudioCodecName, AudioDecoder, AudioEncoder, AudioEncoderConfig } from '../audio-types.ts';
import type { CodecEngine } from '../types.ts';
import { MAX_QUEUED_JOBS } from '../types.ts';
import { createCodecEngine } from '../engine.ts';
import { CodecClosedError, CodecParameterError, CodecQueueFullError } from '../errors.ts';
import { engineForEach } from './engine-for-each.ts';
import { soundFound } from './found.ts';
import { bps } from './pictures.ts';
import {
  HOME_RATES,
  channelOf,
  concat,
  decodeAll,
  encodeAll,
  measureTone,
  snrDb,
  toPcm,
  tone,
  voice,
} from './sound.ts';

let engine: CodecEngine;

engineForEach((made) => {
  engine = made;
});

/** The least that a tone's SNR may be at half of full scale; G.711's eight bits give about 35 dB (ITU-T G.711). */
const LEAST_SNR_DB: Readonly<Record<AudioCodecName, number>> = { OPUS: 32, PCMA: 33, PCMU: 33, G722: 38 };
/** How much later the sound comes out: the 24-tap filters of G.722 (ITU-T G.722 section 3.1), and Opus' look-ahead of 6.5 ms. */
const DELAY_SAMPLES: Readonly<Record<AudioCodecName, number>> = { OPUS: 312, PCMA: 0, PCMU: 0, G722: 22 };

describe.each(soundFound('encode'))('$codec by $implementation', ({ codec, implementation }) => {
  const sampleRateHz = HOME_RATES[codec];
  // 'voip' would filter what is low, and so move phases.
  const rate = codec === 'OPUS' ? ({ targetBps: bps(64_000), application: 'audio' } as const) : {};
  const encoderFor = (more: Partial<AudioEncoderConfig> = {}): AudioEncoder =>
    engine.createAudioEncoder({ codec, sampleRateHz, channels: 1, implementation, ...rate, ...more });
  const decoderFor = (format: 's16' | 'f32' = 's16'): AudioDecoder =>
    engine.createAudioDecoder({ codec, sampleRateHz, channels: 1, implementation, format });

  it.each([440, 1000, 3000])('gives a tone of %i Hz back, at its level', async (frequencyHz) => {
    const [encoder, decoder] = [encoderFor(), decoderFor()];
    const packets = await encodeAll(encoder, [tone(frequencyHz, sampleRateHz, 2 * sampleRateHz)]);
    expect(packets).toHaveLength(100);
    expect(new Set(packets.map(({ samples }) => samples))).toEqual(new Set([sampleRateHz / 50]));
    expect(packets.every(({ silent, encodeUs }) => !silent && encodeUs >= 0)).toBe(true);
    const [decoded = new Float64Array(0)] = await decodeAll(decoder, packets, 1);
    expect(decoded).toHaveLength(2 * sampleRateHz);
    const measure = measureTone(decoded, frequencyHz, sampleRateHz);
    expect(measure.levelDb).toBeCloseTo(-6.02, 0);
    expect(measure.snrDb).toBeGreaterThan(LEAST_SNR_DB[codec]);
    // What comes out is this tone and not one beside it.
    expect(measureTone(decoded, frequencyHz + 10, sampleRateHz).snrDb).toBeLessThan(0);
    await Promise.all([encoder.close(), decoder.close()]);
  });

  it('takes and gives 16-bit and float samples alike, one kind after the other', async () => {
    const [encoder, mixed] = [encoderFor(), encoderFor()];
    const source = voice(sampleRateHz, sampleRateHz);
    const packets = await encodeAll(encoder, [source], 'f32');
    const [half, size] = [sampleRateHz / 2, encoder.frameSamples];
    const both = [
      ...(await encodeAll(mixed, [source.subarray(0, half)], 's16')),
      ...(await encodeAll(mixed, [source.subarray(half)], 'f32')),
    ];
    const decoders = [decoderFor('s16'), decoderFor('f32'), decoderFor('s16')] as const;
    const [[narrow], [wide], [other]] = await Promise.all([
      decodeAll(decoders[0], packets, 1),
      decodeAll(decoders[1], packets, 1),
      decodeAll(decoders[2], both, 1),
    ]);
    if (narrow === undefined || wide === undefined || other === undefined) throw new Error('no sound');
    expect(snrDb(narrow, wide)).toBeGreaterThan(60);
    expect(snrDb(other, wide)).toBeGreaterThan(25);
    expect(await decoders[1].decode(packets[0]?.data ?? new Uint8Array(1))).toMatchObject({
      pcm: expect.any(Float32Array) as Float32Array,
      samples: size,
    });
    await Promise.all([encoder, mixed, ...decoders].map((one) => one.close()));
  });

  it('gives a voice back, later by as much as its standard says', async () => {
    const [encoder, decoder] = [encoderFor(), decoderFor()];
    const source = voice(sampleRateHz, 2 * sampleRateHz);
    const [decoded = new Float64Array(0)] = await decodeAll(decoder, await encodeAll(encoder, [source]), 1);
    const at = (delay: number): number =>
      snrDb(decoded.subarray(delay), source.subarray(0, -delay || undefined));
    const delay = DELAY_SAMPLES[codec];
    expect(at(delay)).toBeGreaterThan(codec === 'OPUS' ? 20 : 30);
    for (const other of [delay - 4, delay + 4]) if (other >= 0) expect(at(other)).toBeLessThan(at(delay));
    await Promise.all([encoder.close(), decoder.close()]);
  });

  it.each(codec === 'OPUS' ? [2.5, 5, 10, 20, 40, 60] : [10, 20, 25, 30, 60])(
    'makes packets of %d ms',
    async (frameMs) => {
      const [encoder, decoder] = [encoderFor({ frameMs }), decoderFor()];
      expect(encoder.frameSamples).toBe((sampleRateHz * frameMs) / 1000);
      const packets = await encodeAll(encoder, [tone(1000, sampleRateHz, sampleRateHz)]);
      for (const { data } of packets) {
        const { samples, pcm } = await decoder.decode(data);
        expect([samples, pcm.length]).toEqual([encoder.frameSamples, encoder.frameSamples]);
      }
      await Promise.all([encoder.close(), decoder.close()]);
    },
  );

  it('makes up for what is lost from what came before, and goes on', async () => {
    const [encoder, decoder] = [encoderFor(), decoderFor()];
    // 400 Hz: whole periods in the piece that is repeated.
    const packets = await encodeAll(encoder, [tone(400, sampleRateHz, sampleRateHz)]);
    const size = encoder.frameSamples;
    const pieces: Float64Array[] = [];
    for (const [i, { data }] of packets.entries()) {
      const lost = i === 25 || i === 26;
      const { pcm, samples } = lost ? await decoder.conceal(size) : await decoder.decode(data);
      expect(samples).toBe(size);
      pieces.push(channelOf(pcm, 0, 1));
    }
    const [first, second] = [pieces[25], pieces[26]].map((piece = new Float64Array(size)) =>
      measureTone(piece, 400, sampleRateHz),
    );
    expect(first?.snrDb).toBeGreaterThan(6);
    expect(first?.levelDb).toBeGreaterThan(-14);
    expect(second?.levelDb).toBeLessThan((first?.levelDb ?? 0) + 0.1);
    expect(measureTone(concat(pieces.slice(30)), 400, sampleRateHz).snrDb).toBeGreaterThan(30);
    // Of a long loss nothing is left to hear.
    let last: Float64Array = new Float64Array(0);
    for (let i = 0; i < 50; i++) last = channelOf((await decoder.conceal(size)).pcm, 0, 1);
    expect(measureTone(last, 400, sampleRateHz).levelDb).toBeLessThan(-40);
    await Promise.all([encoder.close(), decoder.close()]);
  });

  it('conceals before anything came: silence', async () => {
    const decoder = decoderFor();
    const { pcm } = await decoder.conceal(sampleRateHz / 50);
    expect(pcm.every((value) => value === 0)).toBe(true);
    await decoder.close();
  });

  it('encodes what is no number or too loud as something, and goes on', async () => {
    const [encoder, decoder] = [encoderFor(), decoderFor()];
    for (const value of [Number.NaN, Infinity, -Infinity, 1e30, -9]) {
      const { data } = await encoder.encode(new Float32Array(encoder.frameSamples).fill(value));
      await decoder.decode(data);
    }
    const packets = await encodeAll(encoder, [tone(1000, sampleRateHz, 2 * sampleRateHz)]);
    const [decoded = new Float64Array(0)] = await decodeAll(decoder, packets, 1);
    expect(measureTone(decoded, 1000, sampleRateHz).snrDb).toBeGreaterThan(LEAST_SNR_DB[codec]);
    await Promise.all([encoder.close(), decoder.close()]);
  });

  it('refuses more jobs than its queue holds, and finishes the others in order', async () => {
    const encoder = encoderFor();
    const pcm = toPcm([voice(sampleRateHz, encoder.frameSamples)], 's16');
    const order: number[] = [];
    const accepted = Array.from({ length: MAX_QUEUED_JOBS }, async (_, i) => {
      await encoder.encode(pcm);
      order.push(i);
    });
    expect(encoder.queuedJobs).toBe(MAX_QUEUED_JOBS);
    await expect(encoder.encode(pcm)).rejects.toBeInstanceOf(CodecQueueFullError);
    await Promise.all(accepted);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await expect(encoder.encode(pcm)).resolves.toBeDefined();
    await encoder.close();
  });

  it('closes while jobs are in hand: each is done or rejects as closed', async () => {
    for (let round = 0; round < 20; round++) {
      const [encoder, decoder] = [encoderFor({ frameMs: 60 }), decoderFor('f32')];
      const pcm = toPcm([voice(sampleRateHz, encoder.frameSamples)], 'f32');
      const { data } = await encoder.encode(pcm);
      const jobs = Array.from({ length: MAX_QUEUED_JOBS }, (_, i) => [
        encoder.encode(pcm),
        i % 2 === 0 ? decoder.decode(data) : decoder.conceal(encoder.frameSamples),
      ]).flat();
      const outcomes = Promise.allSettled(jobs);
      await Promise.all([encoder.close(), decoder.close()]);
      for (const outcome of await outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(CodecClosedError);
      }
      await expect(encoder.encode(pcm)).rejects.toBeInstanceOf(CodecClosedError);
      await expect(decoder.decode(data)).rejects.toBeInstanceOf(CodecClosedError);
      expect(() => encoder.update({})).toThrow(CodecClosedError);
    }
  });

  it('is of no use once its engine was closed', async () => {
    const other = createCodecEngine({ threads: 1 });
    const encoder = other.createAudioEncoder({ codec, sampleRateHz, channels: 1, implementation });
    const decoder = other.createAudioDecoder({ codec, sampleRateHz, channels: 1, implementation });
    await other.close();
    const pcm = new Int16Array(encoder.frameSamples);
    await expect(encoder.encode(pcm)).rejects.toBeInstanceOf(CodecClosedError);
    await expect(decoder.conceal(encoder.frameSamples)).rejects.toBeInstanceOf(CodecClosedError);
    expect(() => other.createAudioEncoder({ codec, sampleRateHz, channels: 1 })).toThrow(CodecClosedError);
    expect(() => other.createAudioDecoder({ codec, sampleRateHz, channels: 1 })).toThrow(CodecClosedError);
    expect(other.liveObjects()).toEqual({ frames: 0, encoders: 0, decoders: 0, converters: 0, jobs: 0 });
  });

  it('names absurd arguments', async () => {
    const common = [
      { channels: 0 },
      { channels: 3 },
      { channels: Number.NaN },
      { sampleRateHz: 0 },
      { sampleRateHz: Number.NaN },
      { sampleRateHz: 44_100 },
      { sampleRateHz: 1e12 },
    ];
    const encoding = [
      { frameMs: 0 },
      { frameMs: 7 },
      { frameMs: -20 },
      { frameMs: 1e12 },
      { frameMs: Number.NaN },
      { targetBps: 0 },
      { targetBps: 1e12 },
      { targetBps: Number.NaN },
      { targetBps: -Infinity },
      { complexity: 11 },
      { complexity: 1.5 },
      { expectedLossPercent: 101 },
      { expectedLossPercent: Number.NaN },
      { application: 'music' },
      { implementation: 'none' },
    ];
    for (const wrong of [...common, ...encoding]) {
      const config = { codec, sampleRateHz, channels: 1, ...wrong } as unknown as AudioEncoderConfig;
      expect(() => engine.createAudioEncoder(config), JSON.stringify(wrong)).toThrow(CodecParameterError);
    }
    for (const wrong of [...common, { format: 'u8' }, { codec: 'VP8' }]) {
      const config = { codec, sampleRateHz, channels: 1, ...wrong } as never;
      expect(() => engine.createAudioDecoder(config), JSON.stringify(wrong)).toThrow(CodecParameterError);
    }
    const [encoder, decoder] = [encoderFor(), decoderFor()];
    const size = encoder.frameSamples;
    for (const length of [0, size - 1, size + 1, 2 * size]) {
      await expect(encoder.encode(new Int16Array(length))).rejects.toBeInstanceOf(CodecParameterError);
    }
    await expect(encoder.encode(new Uint8Array(size) as never)).rejects.toBeInstanceOf(CodecParameterError);
    for (const length of [0, 65_536]) {
      await expect(decoder.decode(new Uint8Array(length))).rejects.toBeInstanceOf(CodecParameterError);
    }
    for (const samples of [0, -160, 0.5, Number.NaN, 1e12, sampleRateHz]) {
      await expect(decoder.conceal(samples)).rejects.toBeInstanceOf(CodecParameterError);
      await expect(decoder.decodeFec(new Uint8Array(8), samples)).rejects.toBeInstanceOf(CodecParameterError);
    }
    expect(() => encoder.update({ targetBps: bps(0) })).toThrow(CodecParameterError);
    await expect(encoder.encode(new Int16Array(size))).resolves.toBeDefined();
    await Promise.all([encoder.close(), decoder.close()]);
  });
});
