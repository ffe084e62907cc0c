import { describe, expect, it } from 'vitest';
import {
  bitrateWords,
  codecWords,
  deliveryWords,
  frameRateWords,
  initialOf,
  lossWords,
  millisecondsWords,
  sizeWords,
} from './words.ts';

describe('words', () => {
  it('names codecs and deliveries', () => {
    expect(['VP8', 'H264', 'opus', 'AV1'].map(codecWords)).toEqual(['VP8', 'H.264', 'Opus', 'AV1']);
    expect(deliveryWords({ via: 'forward', from: 'VP8', to: 'VP8' })).toBe('forwarded');
    expect(deliveryWords({ via: 'transcode', from: 'VP8', to: 'H264' })).toBe('transcoded VP8 → H.264');
  });

  it('writes figures with units, and a dash for none', () => {
    expect([null, 999, 512_400, 1_234_567].map(bitrateWords)).toEqual([
      '–',
      '1 kbit/s',
      '512 kbit/s',
      '1.23 Mbit/s',
    ]);
    expect([sizeWords(640, 360), sizeWords(null, 360)]).toEqual(['640 × 360', '–']);
    expect([null, 0.42, 23.6].map(millisecondsWords)).toEqual(['–', '0.4 ms', '24 ms']);
    expect([null, 14.8].map(frameRateWords)).toEqual(['–', '15 per second']);
    expect(lossWords(0.0123, 7)).toBe('1.2 % (7 in all)');
  });

  it('finds the first sign of a name, whatever it is made of', () => {
    expect(['ada', ' Борис', '👩‍🔬 lab', ''].map(initialOf)).toEqual(['A', 'Б', '👩‍🔬', '?']);
  });
});
