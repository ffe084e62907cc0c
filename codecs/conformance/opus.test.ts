/** What Opus alone can do: bitrates, stereo, silence, in-band copies; and what another build of the decoder makes of it. */
import { OpusDecoder } from 'opus-decoder';
import { describe, expect, it } from 'vitest';
import type { AudioEncoder, AudioEncoderConfig, EncodedAudio } from '../audio-types.ts';
import type { CodecEngine } from '../types.ts';
import { CodecParameterError } from '../errors.ts';
import { engineForEach } from './engine-for-each.ts';
import { bps } from './pictures.ts';
import {
  channelOf,
  concat,
  decodeAll,
  encodeAll,
  levelDb,
  measureTone,
  snrDb,
  tone,
  voice,
} from './sound.ts';

const RATE = 48_000;

let engine: CodecEngine;

engineForEach((made) => {
  engine = made;
});

function encoderFor(more: Partial<AudioEncoderConfig> = {}): AudioEncoder {
  return engine.createAudioEncoder({ codec: 'OPUS', sampleRateHz: RATE, channels: 1, ...more });
}

/** Encodes at once and closes. */
async function encode(
  channels: readonly Float64Array[],
  more: Partial<AudioEncoderConfig>,
): Promise<EncodedAudio[]> {
  const encoder = encoderFor(more);
  const packets = await encodeAll(encoder, channels);
  await encoder.close();
  return packets;
}

const bytesOf = (packets: readonly EncodedAudio[]): number =>
  packets.reduce((sum, { data }) => sum + data.length, 0);

describe('Opus', () => {
  // At 2.5 ms, 12 kbit/s would not hold a packet's overhead; each bound is some dB below what was measured.
  it.each([
    { sampleRateHz: 8000, frameMs: 20, kbps: 12, leastSnrDb: 26 },
    { sampleRateHz: 12_000, frameMs: 20, kbps: 32, leastSnrDb: 35 },
    { sampleRateHz: 16_000, frameMs: 20, kbps: 32, leastSnrDb: 37 },
    { sampleRateHz: 24_000, frameMs: 60, kbps: 96, leastSnrDb: 46 },
    { sampleRateHz: 48_000, frameMs: 2.5, kbps: 96, leastSnrDb: 34 },
    { sampleRateHz: 48_000, frameMs: 5, kbps: 96, leastSnrDb: 46 },
    { sampleRateHz: 48_000, frameMs: 10, kbps: 32, leastSnrDb: 23 },
    { sampleRateHz: 48_000, frameMs: 20, kbps: 12, leastSnrDb: 22 },
    { sampleRateHz: 48_000, frameMs: 20, kbps: 510, leastSnrDb: 50 },
    { sampleRateHz: 48_000, frameMs: 40, kbps: 96, leastSnrDb: 46 },
    { sampleRateHz: 48_000, frameMs: 60, kbps: 510, leastSnrDb: 50 },
  ])(
    'at $sampleRateHz Hz, $frameMs ms, $kbps kbit/s',
    async ({ sampleRateHz, frameMs, kbps, leastSnrDb }) => {
      const config = { sampleRateHz, frameMs, targetBps: bps(kbps * 1000), application: 'audio' } as const;
      const packets = await encode([tone(1000, sampleRateHz, 2 * sampleRateHz)], config);
      const decoder = engine.createAudioDecoder({ codec: 'OPUS', sampleRateHz, channels: 1 });
      const [decoded = new Float64Array(0)] = await decodeAll(decoder, packets, 1);
      const measure = measureTone(decoded, 1000, sampleRateHz);
      expect(measure.levelDb).toBeCloseTo(-6.02, 0);
      expect(measure.snrDb).toBeGreaterThan(leastSnrDb);
      await decoder.close();
    },
  );

  it('at a constant bitrate makes every packet as long as it says', async () => {
    const packets = await encode([voice(RATE, RATE)], { variableBitrate: false, targetBps: bps(32_000) });
    expect(new Set(packets.map(({ data }) => data.length))).toEqual(new Set([80]));
  });

  it('follows bitrate, complexity and expected loss from one frame to the next, in one stream', async () => {
    const encoder = encoderFor({ targetBps: bps(16_000), application: 'audio' });
    const decoder = engine.createAudioDecoder({ codec: 'OPUS', sampleRateHz: RATE, channels: 1 });
    const source = voice(RATE, RATE);
    for (const kbps of [16, 64, 128, 12]) {
      encoder.update({ targetBps: bps(kbps * 1000), complexity: kbps % 11, expectedLossPercent: kbps % 5 });
      const packets = await encodeAll(encoder, [source]);
      expect((bytesOf(packets.slice(5)) * 8) / 0.9 / 1000 / kbps).toBeGreaterThan(0.8);
      expect((bytesOf(packets.slice(5)) * 8) / 0.9 / 1000 / kbps).toBeLessThan(1.25);
      await decodeAll(decoder, packets, 1);
    }
    expect(() => encoder.update({ complexity: 12 })).toThrow(CodecParameterError);
    await Promise.all([encoder.close(), decoder.close()]);
  });

  it('keeps the channels of stereo apart, and mixes them for a decoder that wants one', async () => {
    const sides = [tone(1000, RATE, 2 * RATE), tone(3100, RATE, 2 * RATE)];
    const packets = await encode(sides, { channels: 2, application: 'audio', targetBps: bps(96_000) });
    const decoder = engine.createAudioDecoder({ codec: 'OPUS', sampleRateHz: RATE, channels: 2 });
    const [left = new Float64Array(0), right = new Float64Array(0)] = await decodeAll(decoder, packets, 2);
    for (const [side, own, other] of [
      [left, 1000, 3100],
      [right, 3100, 1000],
    ] as const) {
      expect(measureTone(side, own, RATE).levelDb).toBeCloseTo(-6.02, 0);
      expect(measureTone(side, own, RATE).snrDb).toBeGreaterThan(28);
      expect(measureTone(side, other, RATE).levelDb).toBeLessThan(-60);
    }
    const mono = engine.createAudioDecoder({ codec: 'OPUS', sampleRateHz: 16_000, channels: 1 });
    const [mixed = new Float64Array(0)] = await decodeAll(mono, packets, 1);
    expect(mixed).toHaveLength(2 * 16_000);
    for (const hz of [1000, 3100]) expect(measureTone(mixed, hz, 16_000).levelDb).toBeCloseTo(-12.04, 0);
    await Promise.all([decoder.close(), mono.close()]);
  });

  it('with DTX hardly sends silence, and the decoder stays silent without it', async () => {
    const spoken = voice(RATE, RATE);
    const source = concat([spoken, new Float64Array(3 * RATE), spoken]);
    const packets = await encode([source], { dtx: true });
    const silent = packets.slice(65, 200).filter((packet) => packet.silent);
    expect(silent.length).toBeGreaterThan(120);
    for (const { data } of silent) expect(data.length).toBeLessThanOrEqual(2);
    expect(packets.slice(0, 50).some((packet) => packet.silent)).toBe(false);
    expect(packets.slice(202).some((packet) => packet.silent)).toBe(false);
    expect((await encode([source], {})).some((packet) => packet.silent)).toBe(false);
    const decoder = engine.createAudioDecoder({ codec: 'OPUS', sampleRateHz: RATE, channels: 1 });
    const pieces: Float64Array[] = [];
    for (const packet of packets) {
      const { pcm } = packet.silent ? await decoder.conceal(RATE / 50) : await decoder.decode(packet.data);
      pieces.push(channelOf(pcm, 0, 1));
    }
    expect(levelDb(concat(pieces.slice(100, 195)))).toBeLessThan(-70);
    expect(levelDb(concat(pieces.slice(205)))).toBeGreaterThan(-25);
    await decoder.close();
  });

  it.each([16_000, 48_000])(
    'at %i Hz takes what was lost from the next packet: far closer than concealment',
    async (sampleRateHz) => {
      const source = [voice(sampleRateHz, 4 * sampleRateHz)];
      const config = { sampleRateHz, targetBps: bps(32_000), expectedLossPercent: 20 };
      const size = sampleRateHz / 50;
      /** Mean SNR of every fifth frame, lost, against what would have been decoded. */
      const meanSnrDb = async (inBandFec: boolean, useFec: boolean): Promise<number> => {
        const packets = await encode(source, { ...config, inBandFec });
        const format = { codec: 'OPUS', sampleRateHz, channels: 1 } as const;
        const [clean, lossy] = [engine.createAudioDecoder(format), engine.createAudioDecoder(format)];
        const [reference = new Float64Array(0)] = await decodeAll(clean, packets, 1);
        const snrs: number[] = [];
        for (const [i, { data }] of packets.entries()) {
          const next = packets[i + 1];
          if (i < 10 || i % 5 !== 4 || next === undefined) {
            await lossy.decode(data);
            continue;
          }
          const { pcm, samples } = await (useFec ? lossy.decodeFec(next.data, size) : lossy.conceal(size));
          expect(samples).toBe(size);
          snrs.push(snrDb(channelOf(pcm, 0, 1), reference.subarray(i * size, (i + 1) * size)));
        }
        await Promise.all([clean.close(), lossy.close()]);
        return snrs.reduce((sum, value) => sum + value, 0) / snrs.length;
      };
      const [recovered, concealed] = [await meanSnrDb(true, true), await meanSnrDb(true, false)];
      expect(recovered).toBeGreaterThan(11);
      expect(recovered - concealed).toBeGreaterThan(8);
      // Packets without a copy: what comes is concealment.
      expect(await meanSnrDb(false, true)).toBeLessThan(concealed + 3);
    },
  );

  it('names lengths that it cannot make up', async () => {
    const decoder = engine.createAudioDecoder({ codec: 'OPUS', sampleRateHz: RATE, channels: 1 });
    for (const samples of [119, 121, 5880]) {
      await expect(decoder.conceal(samples)).rejects.toBeInstanceOf(CodecParameterError);
    }
    for (const samples of [120, 240, 5760]) {
      expect((await decoder.conceal(samples)).samples).toBe(samples);
    }
    await decoder.close();
  });

  // A decoder built apart from the system's, from newer sources: the same bits must mean the same sound (RFC 6716 section 6.2).
  it.each([
    { name: 'voice', application: 'voip', kbps: 24, channels: 1, frameMs: 20 },
    { name: 'voice in long packets', application: 'voip', kbps: 32, channels: 1, frameMs: 60 },
    { name: 'music', application: 'audio', kbps: 96, channels: 2, frameMs: 20 },
    { name: 'music at once', application: 'low-delay', kbps: 128, channels: 2, frameMs: 2.5 },
  ] as const)('is read alike by an independent decoder: $name', async (stream) => {
    const { channels, frameMs, application, kbps } = stream;
    const sides = [voice(RATE, 2 * RATE, 1), voice(RATE, 2 * RATE, 2)].slice(0, channels);
    const packets = await encode(sides, { channels, frameMs, application, targetBps: bps(kbps * 1000) });
    const ours = engine.createAudioDecoder({ codec: 'OPUS', sampleRateHz: RATE, channels, format: 'f32' });
    const decoded = await decodeAll(ours, packets, channels);
    const theirs = new OpusDecoder({
      channels,
      streamCount: 1,
      coupledStreamCount: channels - 1,
      channelMappingTable: channels === 1 ? [0] : [0, 1],
      preSkip: 0,
    });
    await theirs.ready;
    const parts = packets.map(({ data }) => theirs.decodeFrame(data));
    expect(parts.flatMap(({ errors }) => errors)).toEqual([]);
    for (const [channel, own] of decoded.entries()) {
      const other = concat(parts.map((part) => Float64Array.from(part.channelData[channel] ?? [])));
      expect(other).toHaveLength(own.length);
      expect(snrDb(own, other)).toBeGreaterThan(80);
    }
    theirs.free();
    await ours.close();
  });
});
