/** Quality measures on cases that can be computed by hand. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../pipelines/seeded-random.ts';
import { asUs, msToUs } from '../../../pipelines/link/link.ts';
import { agePieces, ageQuantileUs, ageQuantilesMs } from './age.ts';
import { concealment } from './audio.ts';
import type { FrameRecord, Span } from './frames.ts';
import { freezes } from './freezes.ts';
import { type PacketRecord, linkUse } from './packets.ts';
import { inTimeShare, videoQuality } from './video.ts';

function frame(captureMs: number, displayMs: number | null, rest: Partial<FrameRecord> = {}): FrameRecord {
  return {
    captureUs: msToUs(captureMs),
    displayUs: displayMs === null ? null : msToUs(displayMs),
    bytes: 1000,
    ...rest,
  };
}

function span(fromMs: number, toMs: number): Span {
  return { fromUs: msToUs(fromMs), toUs: msToUs(toMs) };
}

/** Every 40 ms, shown after `delayMs`, but for those that are captured in `missing`. */
function steady(count: number, delayMs: number, missing?: Span): FrameRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const captureUs = msToUs(index * 40);
    const isMissing = missing !== undefined && captureUs >= missing.fromUs && captureUs < missing.toUs;
    return frame(index * 40, isMissing ? null : index * 40 + delayMs);
  });
}

describe('age of the picture on screen', () => {
  it('goes from the delay to the delay and one interval, evenly', () => {
    const ages = ageQuantilesMs(steady(251, 100), span(1000, 10_000));
    expect(ages.p50).toBeCloseTo(120, 9);
    expect(ages.p95).toBeCloseTo(138, 9);
    expect(ages.p99).toBeCloseTo(139.6, 9);
  });

  it('grows through an outage that the delay of shown pictures does not see', () => {
    // 10 s, of which pictures captured from 4 s to 6 s never come: on screen from 4.06 s to 6.1 s is the one captured at 3.96 s.
    const frames = steady(250, 100, span(4000, 6000));
    const quality = videoQuality(frames, span(1000, 9000));
    expect(quality.shownDelayMs).toEqual({ p50: 100, p95: 100, p99: 100 });
    // 8000 ms; above 140 ms the age is for 6100 - 4100 = 2000 ms, up to 2140: 5 % of the time is 400 ms, 1 % 80 ms.
    expect(quality.ageMs.p95).toBeCloseTo(2140 - 400, 9);
    expect(quality.ageMs.p99).toBeCloseTo(2140 - 80, 9);
    expect(quality.freezes).toMatchObject({ count: 1, totalMs: 2040, longestMs: 2040, perMinute: 7.5 });
    expect(quality.freezes.share).toBeCloseTo(2040 / 8000, 12);
  });

  it('before anything is shown is that of the first picture captured', () => {
    expect(agePieces([frame(100, 300), frame(140, 310)], span(0, 400))).toEqual([
      { fromUs: 100_000, toUs: 300_000, ageUs: 0 },
      { fromUs: 300_000, toUs: 310_000, ageUs: 200_000 },
      { fromUs: 310_000, toUs: 400_000, ageUs: 170_000 },
    ]);
    expect(agePieces([frame(100, null)], span(50, 200))).toEqual([
      { fromUs: 100_000, toUs: 200_000, ageUs: 0 },
    ]);
    expect(() => ageQuantilesMs([frame(500, null)], span(0, 400))).toThrow(RangeError);
  });

  it('takes what was on screen when the span began, and no picture that is older than the one shown', () => {
    const frames = [frame(0, 50), frame(40, 220), frame(80, 120), frame(120, 210)];
    expect(agePieces(frames, span(200, 260))).toEqual([
      { fromUs: 200_000, toUs: 210_000, ageUs: 120_000 },
      { fromUs: 210_000, toUs: 260_000, ageUs: 90_000 },
    ]);
  });

  it('is what sampling every 10 us gives, pictures coming as they like', () => {
    const seed = 11;
    const random = seededRandom(seed);
    const frames = Array.from({ length: 60 }, (_, index) =>
      frame(index * 33, random.next() < 0.2 ? null : index * 33 + 20 + random.integer(300)),
    );
    const pieces = agePieces(frames, span(200, 1900));
    const sampled: number[] = [];
    for (const { fromUs, toUs, ageUs } of pieces) {
      for (let us = fromUs + 5; us < toUs; us += 10) sampled.push(ageUs + us - fromUs);
    }
    sampled.sort((a, b) => a - b);
    for (const share of [0.01, 0.25, 0.5, 0.9, 0.95, 0.99]) {
      const bySample = sampled[Math.floor(share * sampled.length)] ?? NaN;
      expect(Math.abs(ageQuantileUs(pieces, share) - bySample), `seed ${seed}, ${share}`).toBeLessThan(20);
    }
  });

  it('refuses clocks that do not agree', () => {
    expect(() => videoQuality([frame(100, 99)], span(0, 1000))).toThrow(/on screen at 99000/);
  });
});

describe('freezes', () => {
  /** Shown every 40 ms for 40 pictures, then once after `gapMs`, then again every 40. */
  function withGap(gapMs: number): FrameRecord[] {
    const startMs = 39 * 40 + gapMs;
    const before = Array.from({ length: 40 }, (_, index) => frame(index * 40, index * 40));
    const after = Array.from({ length: 40 }, (_, index) => frame(startMs + index * 40, startMs + index * 40));
    return [...before, ...after];
  }

  it('begin at the mean of the last 30 intervals, this one too, and 150 ms', () => {
    // (29 × 40 + g) / 30 + 150 <= g: g >= 195.172...
    expect(freezes(withGap(195), span(0, 3000)).count).toBe(0);
    expect(freezes(withGap(196), span(0, 3000))).toMatchObject({ count: 1, totalMs: 196, longestMs: 196 });
  });

  it('need three times the mean where pictures are slow', () => {
    // Every 200 ms: 3 (29 × 200 + g) / 30 <= g: g >= 644.4...
    const slow = (gapMs: number): FrameRecord[] =>
      Array.from({ length: 50 }, (_, index) => {
        const atMs = index * 200 + (index >= 40 ? gapMs - 200 : 0);
        return frame(atMs, atMs);
      });
    expect(freezes(slow(644), span(0, 10_000)).count).toBe(0);
    expect(freezes(slow(645), span(0, 10_000)).count).toBe(1);
  });

  it('are none among the first five intervals', () => {
    const starting = [0, 40, 80, 1080, 1120].map((ms) => frame(ms, ms));
    expect(freezes(starting, span(0, 1130)).count).toBe(0);
  });

  it('count where the picture is still frozen at the end', () => {
    const frames = steady(50, 100); // the last is on screen at 2060 ms
    expect(freezes(frames, span(0, 2100)).count).toBe(0);
    expect(freezes(frames, span(0, 3060))).toMatchObject({ count: 1, totalMs: 1000, longestMs: 1000 });
  });

  it('belong to the span in which they end', () => {
    const frames = withGap(1000); // from 1560 ms to 2560 ms
    expect(freezes(frames, span(2000, 3000))).toMatchObject({ count: 1, totalMs: 1000, share: 1 });
    expect(freezes(frames, span(2600, 3000)).count).toBe(0);
  });

  it('are none where nothing was ever shown: that is no freeze, but a call that never began', () => {
    expect(freezes([frame(0, null)], span(0, 1000))).toMatchObject({ count: 0, longestMs: 0 });
  });
});

describe('pictures in time', () => {
  it('are those within the deadline, of those whose deadline has come', () => {
    const frames = [
      frame(0, 150),
      frame(100, 251),
      frame(200, null),
      frame(300, 310),
      frame(860, null), // due at 1010
    ];
    expect(inTimeShare(frames, span(0, 1000), 150)).toBe(0.5);
    expect(() => inTimeShare(frames, span(860, 1000), 150)).toThrow(RangeError);
  });
});

describe('one record of a video', () => {
  it('has rate and PSNR of what was captured in the span', () => {
    const frames = [
      frame(0, 10, { bytes: 1_000_000, psnrDb: 0 }),
      frame(100, 110, { bytes: 3000, psnrDb: 30 }),
      frame(200, 210, { bytes: 2000, psnrDb: 40 }),
    ];
    const { bitrateBps, psnr, captured, shown } = videoQuality(frames, span(50, 450));
    expect({ captured, shown, bitrateBps }).toEqual({ captured: 2, shown: 2, bitrateBps: 100_000 });
    // Errors of 10^-3 and 10^-4: their mean is 5.5 × 10^-4.
    expect(psnr?.meanDb).toBeCloseTo(-10 * Math.log10(5.5e-4), 9);
    expect(psnr?.p5Db).toBeCloseTo(30.5, 9);
    expect(psnr?.leastDb).toBe(30);
    expect(videoQuality([frame(0, 10)], span(0, 400)).psnr).toBeNull();
  });
});

describe('use of a link', () => {
  it('counts what was sent and what arrived, each in the span, against capacity as much earlier', () => {
    const packet = (sentMs: number, arrivedMs: number | null): PacketRecord => ({
      sentUs: msToUs(sentMs),
      arrivedUs: arrivedMs === null ? null : msToUs(arrivedMs),
      bytes: 1250,
    });
    // 1 Mbit/s from 80 ms on: of the span less 20 ms, 80 to 180 ms.
    const link = {
      capacityBits: (from: number, to: number): number => Math.max(to, 80_000) - Math.max(from, 80_000),
    };
    const use = linkUse(
      [packet(90, 120), packet(100, 130), packet(110, 140), packet(150, null), packet(190, 230)],
      link,
      span(100, 200),
      msToUs(20),
    );
    expect(use.sentBps).toBe(400_000); // four
    expect(use.arrivedBps).toBe(300_000); // three
    expect(use.utilisation).toBeCloseTo(0.3, 12);
    expect(use.lossShare).toBe(0.25);
    expect(use.selfInflictedMs).toEqual({ p50: 10, p95: 10, p99: 10 });
  });

  it('is none where nothing could leave', () => {
    const none = { capacityBits: (): number => 0 };
    expect(linkUse([], none, span(0, 1), asUs(0))).toEqual({
      sentBps: 0,
      arrivedBps: 0,
      utilisation: 0,
      lossShare: 0,
      selfInflictedMs: null,
    });
  });
});

describe('concealed audio', () => {
  const before = { totalSamplesReceived: 48_000, concealedSamples: 960, silentConcealedSamples: 480 };

  it('is the share of what was played between two looks', () => {
    const after = { totalSamplesReceived: 96_000, concealedSamples: 5760, silentConcealedSamples: 2880 };
    expect(concealment(before, after)).toEqual({ share: 0.1, audibleShare: 0.05 });
  });

  it('refuses counters that go back, and silence of a player that plays nothing', () => {
    expect(() => concealment(before, { ...before, totalSamplesReceived: 1 })).toThrow(/went from 48000 to 1/);
    expect(() => concealment(before, before)).toThrow(/no audio/);
  });
});
