/** That the same packets meet the same fate in virtual time and over sockets. When they arrive is the bench's to measure. */
import { describe, expect, it } from 'vitest';
import { type LinkConfig, msToUs } from '../../../pipelines/link/link.ts';
import { AccessLink } from '../../../pipelines/link/live/accessLink.ts';
import { distanceOf, summaryOf } from './fidelity.ts';
import { runLiveTrain } from './liveTrain.ts';
import { scenarios } from './scenarios.ts';
import { runTrain, scheduleUs } from './train.ts';

const LOSSY: LinkConfig = {
  capacity: { kind: 'constant', bps: 20e6 },
  queue: { discipline: 'drop-tail' },
  delayMs: 5,
  jitter: { maxMs: 3 },
  loss: { kind: 'gilbert-elliott', share: 0.1, meanBurstPackets: 3 },
  duplicate: { share: 0.05 },
};
const TRAIN = { rateBps: 4e6, packetBytes: 500, durationMs: 300 };

describe('a train of packets', () => {
  it('has packets as the schedule says, and delays as the link says', () => {
    const sendUs = scheduleUs({ rateBps: 1e6, packetBytes: 1250, durationMs: 50 });
    expect(sendUs).toEqual([0, 10_000, 20_000, 30_000, 40_000]);
    const plain: LinkConfig = {
      capacity: { kind: 'constant', bps: 2e6 },
      queue: { discipline: 'drop-tail' },
      delayMs: 5,
    };
    const { packets, samples } = runTrain(plain, 1, sendUs, 1250, 10);
    expect(packets.map(({ sentUs, arrivedUs }) => [sentUs, Math.round(arrivedUs ?? 0)])).toEqual(
      sendUs.map((us) => [us, us + 5000 + 5000]),
    );
    expect(samples.map(({ atMs, leftBps }) => [atMs, Math.round(leftBps)])).toEqual(
      [10, 20, 30, 40, 50].map((atMs) => [atMs, 1e6]),
    );
    expect(summaryOf(packets)).toEqual({ arrivedBytes: 6250, p50Ms: 10, p95Ms: 10, lossShare: 0 });
  });

  it('loses the same packets live as in virtual time, and all others arrive, both ways', async () => {
    const seed = 5;
    const { up, down, report } = await runLiveTrain({ up: LOSSY, down: LOSSY }, seed, TRAIN, AccessLink);
    const sendUs = scheduleUs(TRAIN);
    const fates = (records: readonly { readonly arrivedUs: number | null }[]): readonly boolean[] =>
      records.map(({ arrivedUs }) => arrivedUs !== null);
    const virtual = (own: number): readonly boolean[] => fates(runTrain(LOSSY, own, sendUs, 500).packets);
    expect(fates(up)).toEqual(virtual(seed));
    expect(fates(down)).toEqual(virtual(seed + 1));
    expect(fates(up)).not.toEqual(fates(down));
    expect(fates(up)).toContain(false);
    expect(report.up?.counters.lost).toBe(fates(up).filter((arrived) => !arrived).length);
    // In order, and never before it could be.
    up.forEach(({ sentUs, arrivedUs }, index) => {
      if (arrivedUs === null) return;
      expect(arrivedUs - sentUs).toBeGreaterThanOrEqual(5000);
      const before = up.slice(0, index).findLast((record) => record.arrivedUs !== null);
      expect(arrivedUs).toBeGreaterThanOrEqual(before?.arrivedUs ?? 0);
    });
  });
});

describe('scenarios', () => {
  it('are five, less those whose trace is not here, and each uses and fills its link', () => {
    const { scenarios: found, skipped } = scenarios(8000);
    expect(found.length + skipped.length).toBe(5);
    for (const { name, link, train } of found) {
      const { packets, samples } = runTrain(link, 1, scheduleUs(train), train.packetBytes);
      const arrived = packets.filter(({ arrivedUs }) => arrivedUs !== null);
      expect(arrived.length / packets.length, name).toBeGreaterThan(0.6);
      expect(arrived.length / packets.length, name).toBeLessThan(1);
      expect(samples.length, name).toBeGreaterThanOrEqual(79);
    }
  });
});

describe('the distance of two runs', () => {
  it('has no sign, and bytes as a share', () => {
    const a = { arrivedBytes: 1000, p50Ms: 10, p95Ms: 20, lossShare: 0.02 };
    const b = { arrivedBytes: 990, p50Ms: 12, p95Ms: 15, lossShare: 0.03 };
    const { bytes, p50Ms, p95Ms, loss } = distanceOf(a, b);
    expect([p50Ms, p95Ms]).toEqual([2, 5]);
    expect(bytes).toBeCloseTo(0.01, 12);
    expect(loss).toBeCloseTo(0.01, 12);
    expect(() => summaryOf([{ sentUs: msToUs(0), arrivedUs: null, bytes: 1 }])).toThrow(RangeError);
  });
});
