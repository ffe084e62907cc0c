/**
 * Hostile and damaged packets of sound: whatever comes in, the answer is sound of a sane length or a named error, and the next intact
 * packets decode as if nothing had been. All damage is seeded, so a failure repeats.
 */
import { describe, expect, it } from 'vitest';
import type { AudioCodecName, AudioDecoder } from '../audio-types.ts';
import type { CodecEngine } from '../types.ts';
import { MAX_QUEUED_JOBS } from '../types.ts';
import { CodecBitstreamError } from '../errors.ts';
import { engineForEach } from './engine-for-each.ts';
import { soundFound } from './found.ts';
import { bps, seededRandom } from './pictures.ts';
import { HOME_RATES, decodeAll, encodeAll, measureTone, tone, voice } from './sound.ts';

/** For each decoder. */
const MUTATIONS = 6000;

let engine: CodecEngine;

engineForEach((made) => {
  engine = made;
});

/** Packets of several kinds, as the codec has them. */
async function packetsOf(codec: AudioCodecName): Promise<Uint8Array[]> {
  const sampleRateHz = HOME_RATES[codec];
  const kinds =
    codec === 'OPUS'
      ? [
          { targetBps: bps(24_000), inBandFec: true, expectedLossPercent: 20 },
          { targetBps: bps(64_000), application: 'audio', frameMs: 60 },
          { targetBps: bps(64_000), application: 'low-delay', frameMs: 2.5 },
          { targetBps: bps(12_000), frameMs: 40, dtx: true },
        ]
      : [{}, { frameMs: 60 }];
  const packets: Uint8Array[] = [];
  for (const kind of kinds) {
    const encoder = engine.createAudioEncoder({ codec, sampleRateHz, channels: 1, ...kind } as never);
    const encoded = await encodeAll(encoder, [voice(sampleRateHz, sampleRateHz)]);
    packets.push(...encoded.slice(0, 40).map(({ data }) => data));
    await encoder.close();
  }
  return packets;
}

function damaged(packets: readonly Uint8Array[], random: () => number): Uint8Array {
  const pick = (): Uint8Array => packets[Math.floor(random() * packets.length)] ?? new Uint8Array(1);
  const copy = pick().slice();
  switch (Math.floor(random() * 5)) {
    case 0: {
      for (let flips = 1 + Math.floor(random() * 8); flips > 0; flips--) {
        const at = Math.floor(random() * copy.length);
        copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      }
      return copy;
    }
    case 1:
      return copy.slice(0, 1 + Math.floor(random() * copy.length));
    case 2:
      // The first byte says how the rest is to be read (RFC 6716 section 3.1); the second, how many frames there are.
      copy[0] = Math.floor(random() * 256);
      if (copy.length > 1) copy[1] = Math.floor(random() * 256);
      return copy;
    case 3: {
      const other = pick();
      const cut = Math.floor(random() * copy.length);
      return Buffer.concat([
        copy.subarray(0, cut),
        other.subarray(Math.floor(random() * other.length)),
        copy,
      ]);
    }
    default:
      return Uint8Array.from({ length: 1 + Math.floor(random() * 1500) }, () => random() * 256);
  }
}

describe.each(soundFound('decode'))('$codec by $implementation', ({ codec, implementation }) => {
  const sampleRateHz = HOME_RATES[codec];

  /** What came of one packet; any other error than the named one fails the test. */
  async function outcomeOf(
    decoder: AudioDecoder,
    data: Uint8Array,
    fec: boolean,
  ): Promise<'sound' | 'refused'> {
    const piece = sampleRateHz / 50;
    try {
      const { pcm, samples } = await (fec ? decoder.decodeFec(data, piece) : decoder.decode(data));
      // 120 ms is the most of Opus; the others have two samples a byte at most.
      const most = codec === 'OPUS' ? sampleRateHz * 0.12 : 2 * data.length;
      if (!fec && samples > most) throw new Error(`${samples} samples of ${data.length} bytes`);
      if (pcm.length !== 2 * samples && pcm.length !== samples) throw new Error('a wrong length');
      return 'sound';
    } catch (error) {
      expect(error).toBeInstanceOf(CodecBitstreamError);
      return 'refused';
    }
  }

  it(`survives ${MUTATIONS} damaged packets, and decodes intact ones after them`, async () => {
    const random = seededRandom(4);
    const packets = await packetsOf(codec);
    const channels = codec === 'OPUS' ? 2 : 1;
    const decoders = (['s16', 'f32'] as const).map((format, i) =>
      engine.createAudioDecoder({
        codec,
        sampleRateHz,
        channels: i === 0 ? 1 : channels,
        format,
        implementation,
      } as never),
    );
    const tally = { sound: 0, refused: 0 };
    for (let done = 0; done < MUTATIONS; done += decoders.length * MAX_QUEUED_JOBS) {
      const batch = decoders.flatMap((decoder) =>
        Array.from({ length: MAX_QUEUED_JOBS }, (_, i) =>
          outcomeOf(decoder, damaged(packets, random), i % 4 === 3),
        ),
      );
      for (const outcome of await Promise.all(batch)) tally[outcome]++;
    }
    expect(tally.sound + tally.refused).toBeGreaterThanOrEqual(MUTATIONS);
    expect(tally.sound).toBeGreaterThan(MUTATIONS / 4);
    // Only Opus has packets that cannot be read.
    if (codec === 'OPUS') expect(tally.refused).toBeGreaterThan(MUTATIONS / 100);
    else expect(tally.refused).toBe(0);
    const encoder = engine.createAudioEncoder({ codec, sampleRateHz, channels: 1 });
    const intact = await encodeAll(encoder, [tone(1000, sampleRateHz, 2 * sampleRateHz)]);
    for (const [i, decoder] of decoders.entries()) {
      const [out = new Float64Array(0)] = await decodeAll(decoder, intact, i === 0 ? 1 : channels);
      expect(measureTone(out, 1000, sampleRateHz).snrDb).toBeGreaterThan(30);
      await decoder.close();
    }
    await encoder.close();
  });
});
