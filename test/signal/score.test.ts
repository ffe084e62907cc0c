import { describe, expect, it } from 'vitest';
import {
  judgeFrames,
  judgeTone,
  percentile,
  scoreFrames,
  sliceLog,
  type FrameLog,
  type FrameSample,
} from './score.ts';

/** 10 s at 15 pictures/s, 80 ms late, 35 dB. */
function goodLog(): FrameLog {
  const samples: FrameSample[] = Array.from({ length: 150 }, (_, index) => ({
    frame: 1000 + index,
    timeMs: 50_000 + Math.round((index * 1000) / 15),
    stream: 7,
    receivedAtMs: 50_080 + Math.round((index * 1000) / 15),
    psnrDb: 35,
  }));
  return {
    samples,
    unreadable: 0,
    unseen: 0,
    startedAtMs: 50_050,
    stoppedAtMs: 60_050,
    width: 640,
    height: 360,
  };
}

function changed(change: (sample: FrameSample, index: number) => FrameSample | null): FrameLog {
  const log = goodLog();
  return { ...log, samples: log.samples.flatMap((sample, index) => change(sample, index) ?? []) };
}

const bounds = { stream: 7 };

describe('frame score', () => {
  it('passes a good direction and reports its figures', () => {
    const report = scoreFrames(goodLog());
    expect(report).toMatchObject({
      count: 150,
      streams: [7],
      risesStrictly: true,
      gaps: { places: 0, missing: 0, longest: 0 },
      latencyMs: { p50: 80, p95: 80 },
      psnrDb: { mean: 35, min: 35, count: 150 },
    });
    expect(report.rateFps).toBeCloseTo(15, 5);
    expect(report.sentFps).toBeCloseTo(15, 1);
    expect(report.longestFreezeMs).toBeLessThan(70);
    expect(judgeFrames(report, bounds)).toEqual([]);
  });

  it('counts gaps, and fails under 90 % of the sent rate', () => {
    const few = scoreFrames(changed((sample, index) => (index % 20 === 5 ? null : sample)));
    expect(few.gaps).toEqual({ places: 8, missing: 8, longest: 1 });
    expect(judgeFrames(few, bounds)).toEqual([]);
    const many = scoreFrames(changed((sample, index) => (index % 5 < 2 ? null : sample)));
    expect(many.gaps).toMatchObject({ missing: 58, longest: 2 });
    expect(judgeFrames(many, bounds)).toEqual([expect.stringContaining('fewer than 90 %')]);
  });

  it('does not hold against the call what the receiver showed without the log taking it', () => {
    const log = changed((sample, index) => (index % 5 < 2 ? null : sample));
    const seen = scoreFrames({ ...log, unseen: 58 });
    expect(seen).toMatchObject({ unseen: 58, gaps: { missing: 58 } });
    expect(judgeFrames(seen, bounds)).toEqual([]);
  });

  it('fails repeats and pictures out of order', () => {
    const repeatedFrame = scoreFrames(
      changed((sample, index) => (index === 70 ? { ...sample, frame: 1069 } : sample)),
    );
    expect(repeatedFrame.notRising).toBe(1);
    expect(judgeFrames(repeatedFrame, bounds)).toEqual([expect.stringContaining('not newer')]);
    const swapped = scoreFrames(
      changed((sample, index) => (index === 70 ? { ...sample, frame: 1020 } : sample)),
    );
    expect(swapped.risesStrictly).toBe(false);
    expect(swapped.gaps).toEqual({ places: 1, missing: 1, longest: 1 });
  });

  it('fails a stream that freezes, at its end as in its middle', () => {
    const tail = scoreFrames(changed((sample, index) => (index < 100 ? sample : null)));
    expect(tail.longestFreezeMs).toBeGreaterThan(3000);
    expect(judgeFrames(tail, bounds)).toHaveLength(2);
    const middle = scoreFrames(changed((sample, index) => (index < 50 || index > 70 ? sample : null)));
    expect(judgeFrames(middle, bounds)).toContainEqual(expect.stringContaining('stood still'));
    const stuck = scoreFrames(
      changed((sample, index) => (index < 100 ? sample : { ...sample, frame: 1099 })),
    );
    expect(stuck.longestFreezeMs).toBeGreaterThan(3000);
    expect(judgeFrames(stuck, bounds)).toContainEqual(expect.stringContaining('not newer'));
  });

  it('fails another stream, bad pictures, too few compared and unreadable ones', () => {
    expect(judgeFrames(scoreFrames(goodLog()), { stream: 8 })).toEqual([expect.stringContaining('stream 7')]);
    expect(judgeFrames(scoreFrames(changed((sample) => ({ ...sample, psnrDb: 29.9 }))), bounds)).toEqual([
      expect.stringContaining('PSNR 29.9 dB'),
    ]);
    const uncompared = scoreFrames(
      changed((sample, index) => (index < 49 ? sample : { ...sample, psnrDb: null })),
    );
    expect(judgeFrames(uncompared, bounds)).toEqual([expect.stringContaining('49 pictures were compared')]);
    expect(judgeFrames(scoreFrames({ ...goodLog(), unreadable: 20 }), bounds)).toEqual([
      expect.stringContaining('no readable barcode'),
    ]);
  });

  it('fails an empty log without dividing by nothing', () => {
    const report = scoreFrames({ ...goodLog(), samples: [] });
    expect(report).toMatchObject({ count: 0, sentFps: null, shareOfSent: 0, latencyMs: null, psnrDb: null });
    expect(report.longestFreezeMs).toBe(10_000);
    expect(judgeFrames(report, bounds)).toContainEqual(expect.stringContaining('no picture'));
  });

  it('scores a part of a log by itself', () => {
    const log = changed((sample, index) => (index < 30 && index % 3 > 0 ? null : sample));
    expect(judgeFrames(scoreFrames(log), bounds)).not.toEqual([]);
    const settled = scoreFrames(sliceLog(log, 52_080));
    expect(settled.count).toBe(120);
    expect(judgeFrames(settled, bounds)).toEqual([]);
  });

  it('takes percentiles by nearest rank', () => {
    const values = Array.from({ length: 20 }, (_, index) => 20 - index);
    expect(percentile(values, 0.5)).toBe(10);
    expect(percentile(values, 0.95)).toBe(19);
    expect(percentile(values, 0)).toBe(1);
  });
});

describe('tone verdict', () => {
  const good = { frequencyHz: 781.4, snrDb: 32, levelDbfs: -15, blocks: 25, brokenBlocks: 1 };

  it('passes a good tone and names each thing wrong with a bad one', () => {
    const expected = { frequencyHz: 781 };
    expect(judgeTone(good, expected)).toEqual([]);
    expect(judgeTone({ ...good, frequencyHz: 1262 }, expected)).toEqual([
      expect.stringContaining('1262.0 Hz'),
    ]);
    expect(judgeTone({ ...good, snrDb: 19.9 }, expected)).toEqual([
      expect.stringContaining('SNR of 19.9 dB'),
    ]);
    expect(judgeTone({ ...good, levelDbfs: -50 }, expected)).toEqual([expect.stringContaining('-50.0 dBFS')]);
    expect(judgeTone({ ...good, brokenBlocks: 5 }, expected)).toEqual([expect.stringContaining('5 of 25')]);
    expect(judgeTone({ ...good, frequencyHz: null, snrDb: null }, expected)).toEqual(['no sound arrived']);
  });
});
