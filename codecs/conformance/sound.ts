/** Synthetic sound, the same on every machine, and how far a decoded one is from its source. */
import type { AudioCodecName, AudioDecoder, AudioEncoder, EncodedAudio, Pcm } from '../audio-types.ts';
import { seededRandom } from './pictures.ts';

/** One of the channels, as numbers from -1 to 1. */
export function channelOf(pcm: Pcm, channel: number, channels: number): Float64Array {
  const scale = pcm instanceof Int16Array ? 32_768 : 1;
  return Float64Array.from(
    { length: pcm.length / channels },
    (_, i) => (pcm[i * channels + channel] ?? 0) / scale,
  );
}

/** Interleaves channels into 16-bit or float PCM. */
export function toPcm(channels: readonly Float64Array[], format: 's16' | 'f32'): Pcm {
  const length = (channels[0]?.length ?? 0) * channels.length;
  const at = (i: number): number => channels[i % channels.length]?.[Math.floor(i / channels.length)] ?? 0;
  return format === 'f32'
    ? Float32Array.from({ length }, (_, i) => at(i))
    : Int16Array.from({ length }, (_, i) => Math.max(-32_768, Math.min(32_767, Math.round(at(i) * 32_768))));
}

/** A sine. @param amplitude of full scale */
export function tone(
  frequencyHz: number,
  sampleRateHz: number,
  samples: number,
  amplitude = 0.5,
): Float64Array {
  const step = (2 * Math.PI * frequencyHz) / sampleRateHz;
  return Float64Array.from({ length: samples }, (_, i) => amplitude * Math.sin(step * i));
}

/**
 * Something that codecs take for a voice: a pitch that glides between 100 and 160 Hz, twenty harmonics under two formants that move,
 * in syllables a quarter of a second long, over a little noise.
 */
export function voice(sampleRateHz: number, samples: number, seed = 1): Float64Array {
  const random = seededRandom(seed);
  let phase = 0;
  return Float64Array.from({ length: samples }, (_, i) => {
    const seconds = i / sampleRateHz;
    const pitchHz = 130 + 30 * Math.sin(2 * Math.PI * 0.7 * seconds);
    phase += (2 * Math.PI * pitchHz) / sampleRateHz;
    const loudness = 0.15 + 0.85 * Math.sin(Math.PI * 4 * seconds) ** 2;
    const formants = [500 + 200 * Math.sin(5 * seconds), 1500 + 500 * Math.sin(3 * seconds + 1)];
    let sum = 0;
    for (let harmonic = 1; harmonic <= 20; harmonic++) {
      const hz = harmonic * pitchHz;
      const gain = formants.reduce((most, formant) => most + Math.exp(-(((hz - formant) / 250) ** 2)), 0.05);
      sum += gain * Math.sin(harmonic * phase);
    }
    return loudness * (0.12 * sum + 0.004 * (random() - 0.5));
  });
}

export interface ToneMeasure {
  /** Of the sine that fits best, against full scale. */
  readonly levelDb: number;
  /** That sine's power against all else. */
  readonly snrDb: number;
}

/**
 * Fits a sine of exactly this frequency by least squares, whatever its delay; one that is a few hertz off leaves a low SNR.
 * Leaves out the first quarter, in which filters and rate control settle.
 */
export function measureTone(signal: Float64Array, frequencyHz: number, sampleRateHz: number): ToneMeasure {
  const step = (2 * Math.PI * frequencyHz) / sampleRateHz;
  const from = signal.length >> 2;
  let [s, c, ss, cc, sc, power] = [0, 0, 0, 0, 0, 0];
  for (let i = from; i < signal.length; i++) {
    const x = signal[i] ?? 0;
    const [sine, cosine] = [Math.sin(step * i), Math.cos(step * i)];
    s += x * sine;
    c += x * cosine;
    ss += sine * sine;
    cc += cosine * cosine;
    sc += sine * cosine;
    power += x * x;
  }
  const determinant = ss * cc - sc * sc;
  const a = (s * cc - c * sc) / determinant;
  const b = (c * ss - s * sc) / determinant;
  const fitted = a * s + b * c;
  return {
    levelDb: 10 * Math.log10(a * a + b * b),
    snrDb: 10 * Math.log10(fitted / Math.max(power - fitted, 1e-20)),
  };
}

/** How close the first is to the second, sample by sample. */
export function snrDb(signal: Float64Array, reference: Float64Array): number {
  let [wanted, wrong] = [0, 0];
  for (const [i, value] of reference.entries()) {
    wanted += value * value;
    wrong += (value - (signal[i] ?? 0)) ** 2;
  }
  return 10 * Math.log10(wanted / Math.max(wrong, 1e-20));
}

/** Root mean square against full scale; -Infinity for silence. */
export function levelDb(signal: Float64Array): number {
  return 10 * Math.log10(signal.reduce((sum, value) => sum + value * value, 0) / signal.length);
}

export function concat(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Encodes all whole frames of the channels, one after the other. */
export async function encodeAll(
  encoder: AudioEncoder,
  channels: readonly Float64Array[],
  format: 's16' | 'f32' = 's16',
): Promise<EncodedAudio[]> {
  const packets: EncodedAudio[] = [];
  const size = encoder.frameSamples;
  for (let at = 0; at + size <= (channels[0]?.length ?? 0); at += size) {
    const frame = channels.map((channel) => channel.subarray(at, at + size));
    packets.push(await encoder.encode(toPcm(frame, format)));
  }
  return packets;
}

/** Decodes packets one after the other; one array a channel. */
export async function decodeAll(
  decoder: AudioDecoder,
  packets: readonly { readonly data: Uint8Array }[],
  channels: number,
): Promise<Float64Array[]> {
  const decoded: Pcm[] = [];
  for (const { data } of packets) decoded.push((await decoder.decode(data)).pcm);
  return Array.from({ length: channels }, (_, channel) =>
    concat(decoded.map((pcm) => channelOf(pcm, channel, channels))),
  );
}

/** The rate that each is at home at. */
export const HOME_RATES: Readonly<Record<AudioCodecName, number>> = {
  OPUS: 48_000,
  PCMA: 8000,
  PCMU: 8000,
  G722: 16_000,
};
