import { describe, expect, it } from 'vitest';
import { seededNoise } from './testing.ts';
import {
  analyzeTone,
  floatFromPcm16,
  pcm16FromFloat,
  ToneParameterError,
  toneHzOf,
  toneSamples,
} from './tone.ts';

const RATE = 48_000;

function tone(frequencyHz: number, seconds = 2, amplitude = 0.25): Float32Array {
  return toneSamples({ frequencyHz, sampleRateHz: RATE, firstSample: 0, count: seconds * RATE, amplitude });
}

/** White noise whose power lies `snrDb` under a tone of amplitude 0.25. */
function withNoise(samples: Float32Array, snrDb: number, seed = 1): Float32Array {
  const noise = seededNoise(seed);
  const swing = 0.25 * Math.sqrt(1.5) * 10 ** (-snrDb / 20);
  return samples.map((sample) => sample + swing * noise());
}

describe('tone', () => {
  it('finds the frequency of every stream to a tenth of a hertz', () => {
    for (let stream = 0; stream < 256; stream += 5) {
      const report = analyzeTone(tone(toneHzOf(stream), 1), RATE);
      expect(Math.abs((report.frequencyHz ?? 0) - toneHzOf(stream))).toBeLessThan(0.1);
      expect(report.snrDb).toBeGreaterThan(60);
      expect(report.brokenBlocks).toBe(0);
    }
  });

  it('gives every stream a tone of its own', () => {
    const tones = Array.from({ length: 256 }, (_, stream) => toneHzOf(stream));
    expect(new Set(tones).size).toBe(256);
    expect(() => toneHzOf(256)).toThrow(ToneParameterError);
  });

  it.each([5, 15, 20, 30, 45])('measures an SNR of %d dB within 1 dB', (snrDb) => {
    const report = analyzeTone(withNoise(tone(781), snrDb), RATE);
    expect(Math.abs((report.snrDb ?? 0) - snrDb)).toBeLessThan(1);
    expect(Math.abs((report.frequencyHz ?? 0) - 781)).toBeLessThan(1);
  });

  it('measures the level', () => {
    expect(analyzeTone(tone(500, 1, 1), RATE).levelDbfs).toBeCloseTo(-3.01, 1);
    expect(analyzeTone(tone(500, 1, 0.1), RATE).levelDbfs).toBeCloseTo(-23.01, 1);
  });

  it('finds nothing in silence, and no tone in noise', () => {
    const silent = analyzeTone(new Float32Array(RATE), RATE);
    expect(silent).toMatchObject({ frequencyHz: null, snrDb: null, levelDbfs: -120 });
    expect(silent.brokenBlocks).toBe(silent.blocks);
    const noise = seededNoise(3);
    const hiss = analyzeTone(
      new Float32Array(RATE).map(() => 0.2 * noise()),
      RATE,
    );
    expect(hiss.snrDb).toBeLessThan(0);
    expect(hiss.brokenBlocks).toBe(hiss.blocks);
  });

  it('calls two tones at once a bad tone', () => {
    const other = tone(1262, 1, 0.2);
    const both = tone(781, 1).map((sample, index) => sample + (other[index] ?? 0));
    expect(analyzeTone(both, RATE).snrDb).toBeLessThan(5);
  });

  it('counts a drop-out as broken blocks and still reads the rest', () => {
    const holed = tone(781, 2);
    holed.fill(0, RATE / 2, RATE);
    const report = analyzeTone(holed, RATE);
    expect(report.frequencyHz).toBeCloseTo(781, 0);
    expect(report.brokenBlocks / report.blocks).toBeGreaterThan(0.2);
    expect(report.brokenBlocks / report.blocks).toBeLessThan(0.35);
  });

  it('survives a jump of phase, as a jitter buffer makes', () => {
    const joined = tone(781, 2);
    joined.set(joined.subarray(0, RATE), RATE - 37);
    const report = analyzeTone(joined, RATE);
    expect(report.frequencyHz).toBeCloseTo(781, 0);
    expect(report.snrDb).toBeGreaterThan(40);
    expect(report.brokenBlocks).toBeLessThanOrEqual(2);
  });

  it('joins consecutive runs without a click', () => {
    const options = { frequencyHz: 781, sampleRateHz: RATE, amplitude: 0.25, count: 480 };
    const joined = new Float32Array(RATE);
    for (let from = 0; from < RATE; from += 480) {
      joined.set(toneSamples({ ...options, firstSample: from }), from);
    }
    expect(analyzeTone(joined, RATE).snrDb).toBeGreaterThan(60);
  });

  it('goes through 16-bit PCM in stereo and back', () => {
    const pcm = pcm16FromFloat(tone(781, 1), 2);
    expect(pcm.length).toBe(2 * RATE);
    expect(analyzeTone(floatFromPcm16(pcm, 2), RATE).snrDb).toBeGreaterThan(60);
    expect([...pcm16FromFloat(Float32Array.of(2, -2), 1)]).toEqual([32_767, -32_768]);
  });

  it('refuses recordings that are too short', () => {
    expect(() => analyzeTone(tone(500, 0.1), RATE)).toThrow(ToneParameterError);
    expect(() => analyzeTone(tone(500, 1), 0)).toThrow(ToneParameterError);
  });
});
