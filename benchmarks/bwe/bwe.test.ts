/** The bench's own parts: what they are yardsticks for is only as good as they are. */
import { describe, expect, it } from 'vitest';
import { QueueModelEstimator } from '../../pipelines/bwe/queue-model-estimator.ts';
import { DEFAULT_LIMITS } from '../../pipelines/bwe/types.ts';
import type { LinkConfig } from '../../pipelines/link/link.ts';
import { BulkFlow } from './bulk-flow.ts';
import { GccEstimator } from './gcc-estimator.ts';
import { MediaFlow } from './media-flow.ts';
import { FlowRecord } from './record.ts';
import { type Contender, settledMs, step } from './scenarios.ts';
import { type Participant, simulate } from './simulation.ts';
import { TRACES, haveTraces, oracleOn } from './traces.ts';
import { VideoSource } from './video-source.ts';

const link = (bps: number, limitMs = 500): LinkConfig => ({
  capacity: { kind: 'constant', bps },
  queue: { discipline: 'drop-tail', limitMs },
  delayMs: 20,
});

function run(config: LinkConfig, durationMs: number, ...participants: Participant[]): FlowRecord[] {
  const records = participants.map(() => new FlowRecord());
  simulate({ link: config, durationMs, seed: 1 }, participants, records);
  return records;
}

const ours = (seed: number): Participant => ({
  create: () => new MediaFlow(new QueueModelEstimator(), new VideoSource({ seed }), seed),
});

describe('the video source', () => {
  it('holds its rate, scatters around it, and makes key frames as asked', () => {
    const source = new VideoSource({ seed: 3, keyFrameEveryMs: 2000 });
    const sizes: number[] = [];
    for (let at = source.nextUs; at < 20e6; at = source.nextUs) {
      sizes.push(source.frame(at, 1e6, 0).reduce((sum, bytes) => sum + bytes, 0));
    }
    expect(sizes.length).toBe(600);
    expect((sizes.reduce((sum, bytes) => sum + bytes, 0) * 8) / 20).toBeCloseTo(1e6, -5);
    expect(Math.max(...sizes)).toBeGreaterThan(3 * (1e6 / 8 / 30));
    expect(new Set(sizes).size).toBeGreaterThan(300);
  });
});

describe('the bulk flow', () => {
  it.each(['reno', 'cubic'] as const)('%s alone fills the link and its queue', (kind) => {
    const [record] = run(link(5e6, 100), 30_000, { create: () => new BulkFlow(kind) });
    expect((record?.deliveredBps(10_000, 30_000) ?? 0) / 5e6).toBeGreaterThan(0.95);
    expect(record?.queueMs(0.95, 10_000, 30_000)).toBeGreaterThan(85);
  });

  it('two of a kind share the link', () => {
    const [a, b] = run(
      link(5e6, 100),
      60_000,
      { create: () => new BulkFlow('reno') },
      { create: () => new BulkFlow('reno') },
    );
    const share = (a?.deliveredBps(20_000, 60_000) ?? 0) / ((b?.deliveredBps(20_000, 60_000) ?? 0) + 1);
    expect(Math.abs(Math.log2(share))).toBeLessThan(1);
  });
});

describe('the baseline', () => {
  it('finds most of a steady link, keeps the queue, and backs off when it overfills', () => {
    const [record] = run(link(1e6), 40_000, {
      create: () => new MediaFlow(new GccEstimator(DEFAULT_LIMITS), new VideoSource({ seed: 4 }), 4),
    });
    expect((record?.deliveredBps(15_000, 40_000) ?? 0) / 1e6).toBeGreaterThan(0.75);
    expect(record?.queueMs(0.5, 15_000, 40_000)).toBeLessThan(100);
  });
});

describe('the simulation', () => {
  it('gives the same figures for the same seed, and others for another', () => {
    const figures = [1, 1, 2].map((seed) => {
      const [record] = run(link(2e6), 5_000, ours(seed));
      return [record?.deliveredBps(0, 5_000), record?.queueMs(0.95, 0, 5_000)];
    });
    expect(figures[0]).toEqual(figures[1]);
    expect(figures[0]).not.toEqual(figures[2]);
  });

  it('counts no more than the link let through', () => {
    const record = new FlowRecord();
    const done = simulate({ link: link(2e6), durationMs: 5_000, seed: 1 }, [ours(1)], [record]);
    expect(record.use(done, 0, 5_000, 20)).toBeLessThanOrEqual(1);
    expect(record.series(done, 5_000).map(({ name }) => name)).toEqual([
      'capacity',
      'estimate',
      'sent',
      'delivered',
      'queue',
    ]);
  });

  it('reads a settling time off the samples', () => {
    const record = new FlowRecord();
    for (let ms = 0; ms < 5_000; ms += 20) {
      const estimateBps = ms < 1_000 ? 2e6 : 1.05e6;
      record.sample(ms * 1000, { estimateBps, targetBps: 3e6 }, 0);
    }
    expect(settledMs(record, 1e6, 0, 5_000, 'estimateBps')).toBe(1_000);
    expect(settledMs(record, 1e6, 0, 5_000, 'targetBps')).toBe(Infinity);
  });

  it('a fall by four is followed within half a second', () => {
    const contender: Contender = {
      name: 'ours',
      fillsTo: 'pacing',
      create: (limits) => new QueueModelEstimator(limits),
    };
    expect(step(contender, { from: 4e6, to: 1e6 }, 100, 5).figures['estimateMs']).toBeLessThan(500);
  });
});

/** Published for the yardstick: p95 of the queue in ms at 85 % use and a round trip of 40 ms. */
const PUBLISHED = { 'ATT.up': 189, 'Verizon.down': 53 } as const;

describe('the oracle', () => {
  it.skipIf(!haveTraces()).each(Object.entries(PUBLISHED))(
    'comes near its published figure on %s (needs ../shared/traces)',
    (name, publishedMs) => {
      const trace = TRACES.find((candidate) => candidate.name === name);
      if (trace === undefined) throw new Error(`no trace ${name}`);
      const { p95Ms, use } = oracleOn(trace, 40);
      expect(use).toBeGreaterThanOrEqual(0.85);
      expect(Math.abs(p95Ms / publishedMs - 1)).toBeLessThan(0.1);
    },
    60_000,
  );
});
