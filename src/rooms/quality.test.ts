import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Quality } from '../../signaling/messages/requests.ts';
import { FIRST_QUALITY, type NetworkSample, nextQuality } from './quality.ts';

const SOUND: NetworkSample = {
  receiveLoss: 0,
  sendLoss: 0.001,
  rttMs: 30,
  availableBps: 4_000_000,
  sentBps: 1_500_000,
  videos: 2,
};

/** The word after each of these measurements. */
function words(samples: readonly Partial<NetworkSample>[], from: Quality = 'good'): readonly Quality[] {
  let state = { ...FIRST_QUALITY, quality: from };
  return samples.map((sample) => {
    state = nextQuality(state, { ...SOUND, ...sample });
    return state.quality;
  });
}

describe('quality of a network', () => {
  it.each<readonly [string, Partial<NetworkSample>, Quality]>([
    ['nothing is wrong', {}, 'good'],
    ['nothing is measured', { receiveLoss: null, sendLoss: null, rttMs: null, availableBps: null }, 'good'],
    ['some loss to him', { receiveLoss: 0.05 }, 'fair'],
    ['some loss from him', { sendLoss: 0.05 }, 'fair'],
    ['much loss', { sendLoss: 0.2 }, 'poor'],
    ['a long way', { rttMs: 300 }, 'fair'],
    ['a very long way', { rttMs: 800 }, 'poor'],
    ['a narrow way', { availableBps: 250_000, sentBps: 200_000 }, 'fair'],
    ['many small pictures that need little', { availableBps: 900_000, sentBps: 700_000, videos: 12 }, 'good'],
    ['a way for sound only', { availableBps: 100_000, sentBps: 90_000 }, 'poor'],
    ['the same, where sound is all there is', { availableBps: 100_000, videos: 0 }, 'good'],
    ['more is sent than goes through', { availableBps: 2_000_000, sentBps: 4_000_000 }, 'poor'],
  ])('%s', (_what, sample, quality) => {
    expect(words([sample, sample])[1]).toBe(quality);
  });

  it('becomes worse at the second measurement and better at the third', () => {
    const bad = { receiveLoss: 0.2 };
    expect(words([bad, {}, bad, bad, {}, {}, {}])).toEqual([
      'good',
      'good',
      'good',
      'poor',
      'poor',
      'poor',
      'good',
    ]);
  });

  it('goes as far as the milder of them says, and does not flicker around a limit', () => {
    expect(words([{ rttMs: 900 }, { rttMs: 300 }, { rttMs: 900 }])).toEqual(['good', 'fair', 'fair']);
    const around = Array.from({ length: 20 }, (_, index) => ({
      receiveLoss: index % 2 === 0 ? 0.035 : 0.025,
    }));
    expect(new Set(words(around))).toEqual(new Set(['good']));
    expect(new Set(words(around, 'fair'))).toEqual(new Set(['fair']));
  });

  it('decides at once about somebody who was lost', () => {
    expect(words([{}], 'lost')).toEqual(['good']);
    expect(words([{ sendLoss: 0.05 }], 'lost')).toEqual(['fair']);
  });

  it('changes only after enough measurements in a row, whatever they are', () => {
    const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }));
    const sample = fc.record({
      receiveLoss: share,
      sendLoss: share,
      rttMs: fc.option(fc.integer({ min: 0, max: 2000 })),
      availableBps: fc.option(fc.integer({ min: 0, max: 10_000_000 })),
      sentBps: fc.option(fc.integer({ min: 0, max: 10_000_000 })),
      videos: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 40 }), (samples) => {
        const said = ['good' as Quality, ...words(samples)];
        const changes = said.flatMap((word, index) => (index > 0 && word !== said[index - 1] ? [index] : []));
        for (const [place, index] of changes.entries()) {
          expect(index - (changes[place - 1] ?? 0)).toBeGreaterThanOrEqual(2);
        }
        expect(said).not.toContain('lost');
      }),
      { seed: 4 },
    );
  });
});
