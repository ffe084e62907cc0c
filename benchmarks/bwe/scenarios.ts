/**
 * What the claims are measured on, all but the LTE traces (`traces.ts`). Each function runs one contender through one kind of link and
 * reads its figures.
 *
 * Sources: where nothing else is said a video encoder that follows the target (`video-source.ts`), without any padding but probes. Feedback comes
 * every 25 to 50 ms over the same delay. Queues are drop-tail of 500 ms where nothing else is said.
 */
import type { BandwidthEstimator, EstimatorLimits } from '../../pipelines/bwe/types.ts';
import { DEFAULT_LIMITS } from '../../pipelines/bwe/types.ts';
import type { LinkConfig } from '../../pipelines/link/link.ts';
import { BulkFlow } from './bulk-flow.ts';
import { MediaFlow } from './media-flow.ts';
import type { TimeSeries } from '../report/page/timeChart.ts';
import { FlowRecord } from './record.ts';
import { type Participant, simulate } from './simulation.ts';
import { VideoSource, type VideoSourceOptions } from './video-source.ts';

export interface Contender {
  readonly name: string;
  /** What it sends where there is always something to send (`MediaFlow`). */
  readonly fillsTo: 'pacing' | 'target';
  create(limits: EstimatorLimits): BandwidthEstimator;
}

/** One run: figures by name, and what a page can draw. */
export interface Outcome {
  readonly scenario: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly series: readonly TimeSeries[];
}

type Link = ReturnType<typeof simulate>;

function media(
  contender: Contender,
  seed: number,
  video: Omit<VideoSourceOptions, 'seed'> | null = {},
  startMs = 0,
): Participant {
  return {
    startMs,
    create: () =>
      new MediaFlow(
        contender.create(DEFAULT_LIMITS),
        video === null ? null : new VideoSource({ ...video, seed: seed * 7 + 1 }),
        seed,
        contender.fillsTo,
      ),
  };
}

interface Run {
  readonly link: Link;
  readonly records: readonly FlowRecord[];
  readonly record: (index?: number) => FlowRecord;
}

function run(
  link: LinkConfig,
  participants: readonly Participant[],
  durationMs: number,
  seed: number,
  back?: LinkConfig,
): Run {
  const records = participants.map(() => new FlowRecord());
  const done = simulate(
    back === undefined ? { link, durationMs, seed } : { link, back, durationMs, seed },
    participants,
    records,
  );
  return {
    link: done,
    records,
    record: (index = 0) => records[index] ?? new FlowRecord(),
  };
}

const queue = (limitMs = 500): LinkConfig['queue'] => ({ discipline: 'drop-tail', limitMs });

export const STEADY_RATES = [100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 20_000_000] as const;

/** A constant capacity; use from the 10th second on. */
export function steady(contender: Contender, bps: number, seed: number): Outcome {
  const durationMs = 60_000;
  const one = (video: boolean): { use: number; p95Ms: number; series: readonly TimeSeries[] } => {
    const { link, record } = run(
      { capacity: { kind: 'constant', bps }, queue: queue(), delayMs: 25 },
      [media(contender, seed, video ? {} : null)],
      durationMs,
      seed,
    );
    return {
      use: record().use(link, 10_000, durationMs, 25),
      p95Ms: record().queueMs(0.95, 10_000, durationMs),
      series: record().series(link, durationMs),
    };
  };
  const [video, filled] = [one(true), one(false)];
  return {
    scenario: `steady ${bps / 1000} kbit/s`,
    figures: { use: video.use, p95Ms: video.p95Ms, filledUse: filled.use, filledP95Ms: filled.p95Ms },
    series: video.series,
  };
}

/**
 * From when on the estimate, averaged over 200 ms, stays within 10 % of the capacity for a second.
 * @returns ms after `fromMs`; Infinity where it never does
 */
export function settledMs(
  record: FlowRecord,
  bps: number,
  fromMs: number,
  untilMs: number,
  pick: 'estimateBps' | 'targetBps',
): number {
  const samples = record.samples.filter(({ atUs }) => atUs >= fromMs * 1000 && atUs < untilMs * 1000);
  const averaged = samples.map((_, i) => {
    const few = samples.slice(i, i + 10);
    return few.reduce((sum, sample) => sum + sample[pick], 0) / few.length;
  });
  let sinceUs: number | null = null;
  for (const [i, sample] of samples.entries()) {
    if (Math.abs((averaged[i] ?? 0) / bps - 1) > 0.1) sinceUs = null;
    else {
      sinceUs ??= sample.atUs;
      if (sample.atUs - sinceUs >= 1_000_000) return sinceUs / 1000 - fromMs;
    }
  }
  return Infinity;
}

export const STEPS = [
  { from: 1e6, to: 2e6 },
  { from: 1e6, to: 4e6 },
  { from: 0.5e6, to: 5e6 },
  { from: 2e6, to: 1e6 },
  { from: 4e6, to: 1e6 },
  { from: 2e6, to: 0.5e6 },
] as const;

/** The capacity changes after 20 s. */
export function step(
  contender: Contender,
  { from, to }: { from: number; to: number },
  roundTripMs: number,
  seed: number,
): Outcome {
  const [atMs, durationMs] = [20_000, 30_000];
  const { link, record } = run(
    {
      capacity: {
        kind: 'steps',
        steps: [
          { atMs: 0, bps: from },
          { atMs, bps: to },
        ],
      },
      queue: queue(1000),
      delayMs: roundTripMs / 2,
    },
    [media(contender, seed)],
    durationMs,
    seed,
  );
  const own = record();
  return {
    scenario: `step ${from / 1e6} to ${to / 1e6} Mbit/s, RTT ${roundTripMs}`,
    figures: {
      estimateMs: settledMs(own, to, atMs, durationMs, 'estimateBps'),
      targetMs: settledMs(own, to, atMs, durationMs, 'targetBps'),
      worstQueueMs: own.queueMs(0.999, atMs, durationMs),
    },
    series: own.series(link, durationMs),
  };
}

export const DROPS = [
  { name: 'to a tenth for 5 s', kind: 'tenth', forMs: 5_000 },
  { name: 'link holds packets for 3 s', kind: 'held', forMs: 3_000 },
  { name: 'link dead for 2 s', kind: 'lost', forMs: 2_000 },
  { name: 'link dead for 20 s', kind: 'lost', forMs: 20_000 },
] as const;

/** Back at 90 % of 3 Mbit/s: when the delivered rate over the next half second first is. */
export function recovery(
  contender: Contender,
  drop: (typeof DROPS)[number],
  roundTripMs: number,
  seed: number,
): Outcome {
  const bps = 3e6;
  const fromMs = 20_000;
  const toMs = fromMs + drop.forMs;
  const durationMs = toMs + 15_000;
  const { link, record } = run(
    {
      capacity:
        drop.kind === 'tenth'
          ? {
              kind: 'steps',
              steps: [
                { atMs: 0, bps },
                { atMs: fromMs, bps: bps / 10 },
                { atMs: toMs, bps },
              ],
            }
          : { kind: 'constant', bps },
      queue: queue(1000),
      delayMs: roundTripMs / 2,
      ...(drop.kind === 'tenth' ? {} : { outages: [{ fromMs, toMs, packets: drop.kind }] }),
    },
    [media(contender, seed)],
    durationMs,
    seed,
  );
  const own = record();
  let backMs = Infinity;
  for (let ms = 0; ms < 14_000 && backMs === Infinity; ms += 20) {
    if (own.deliveredBps(toMs + ms, toMs + ms + 500) >= 0.9 * bps) backMs = ms;
  }
  return {
    scenario: `recovery: ${drop.name}, RTT ${roundTripMs}`,
    figures: { deliveredMs: backMs, estimateMs: reachedMs(own, 0.9 * bps, toMs) },
    series: own.series(link, durationMs),
  };
}

/** When the estimate is first at least this for a second. */
function reachedMs(record: FlowRecord, bps: number, fromMs: number): number {
  let sinceUs: number | null = null;
  for (const { atUs, estimateBps } of record.samples) {
    if (atUs < fromMs * 1000) continue;
    if (estimateBps < bps) sinceUs = null;
    else {
      sinceUs ??= atUs;
      if (atUs - sinceUs >= 1_000_000) return sinceUs / 1000 - fromMs;
    }
  }
  return Infinity;
}

/** Four equal flows over 8 Mbit/s; Jain's index (Jain, Chiu, Hawe, 1984) of what each got in the last minute of two. */
export function fairness(
  contender: Contender,
  staggeredMs: number,
  roundTripMs: number,
  seed: number,
): Outcome {
  const [bps, durationMs] = [8e6, 120_000];
  const participants = [0, 1, 2, 3].map((i) => media(contender, seed * 10 + i + 1, {}, i * staggeredMs));
  const { link, records, record } = run(
    { capacity: { kind: 'constant', bps }, queue: queue(), delayMs: roundTripMs / 2 },
    participants,
    durationMs,
    seed,
  );
  const rates = records.map((own) => own.deliveredBps(60_000, durationMs));
  const sum = rates.reduce((total, rate) => total + rate, 0);
  const jain = (sum * sum) / (rates.length * rates.reduce((total, rate) => total + rate * rate, 0));
  return {
    scenario: `four flows, ${staggeredMs === 0 ? 'all at once' : `one each ${staggeredMs / 1000} s`}, RTT ${roundTripMs}`,
    figures: {
      jain,
      least: Math.min(...rates) / (bps / 4),
      use: sum / bps,
      p95Ms: record().queueMs(0.95, 60_000, durationMs),
    },
    series: records.flatMap((own, i) =>
      own
        .series(link, durationMs)
        .filter(({ name }) => name === 'delivered')
        .map((series) => ({ ...series, name: `delivered, flow ${i + 1}` })),
    ),
  };
}

/** With a bulk transfer over one queue; shares of 6 Mbit/s in the last minute of two. */
export function competition(
  contender: Contender,
  kind: 'reno' | 'cubic',
  bufferMs: number,
  seed: number,
  discipline: 'drop-tail' | 'codel' = 'drop-tail',
): Outcome {
  const [bps, durationMs] = [6e6, 120_000];
  const { link, records, record } = run(
    {
      capacity: { kind: 'constant', bps },
      queue: discipline === 'codel' ? { discipline } : queue(bufferMs),
      delayMs: 25,
    },
    [media(contender, seed, {}), { startMs: 10_000, create: () => new BulkFlow(kind) }],
    durationMs,
    seed,
  );
  return {
    scenario: `with ${kind}, ${discipline === 'codel' ? 'CoDel' : `queue of ${bufferMs} ms`}`,
    figures: {
      ours: record().deliveredBps(60_000, durationMs) / bps,
      theirs: record(1).deliveredBps(60_000, durationMs) / bps,
      p95Ms: record().queueMs(0.95, 60_000, durationMs),
    },
    series: records.flatMap((own, i) =>
      own
        .series(link, durationMs)
        .filter(({ name }) => name === 'delivered')
        .map((series) => ({ ...series, name: i === 0 ? 'ours' : kind })),
    ),
  };
}

/** Loss that has nothing to do with how much is sent; the rate against the same run without it. */
export function loss(contender: Contender, share: number, meanBurstPackets: number, seed: number): Outcome {
  const [bps, durationMs] = [3e6, 60_000];
  const one = (lossShare: number): { bps: number; series: readonly TimeSeries[] } => {
    const { link, record } = run(
      {
        capacity: { kind: 'constant', bps },
        queue: queue(),
        delayMs: 25,
        ...(lossShare === 0
          ? {}
          : {
              loss:
                meanBurstPackets <= 1
                  ? { kind: 'random', share: lossShare }
                  : { kind: 'gilbert-elliott', share: lossShare, meanBurstPackets },
            }),
      },
      [media(contender, seed)],
      durationMs,
      seed,
    );
    return { bps: record().deliveredBps(10_000, durationMs), series: record().series(link, durationMs) };
  };
  const [clean, lossy] = [one(0), one(share)];
  return {
    scenario: `${share * 100} % lost${meanBurstPackets > 1 ? ` in bursts of ${meanBurstPackets}` : ''}`,
    figures: { cost: 1 - lossy.bps / clean.bps, deliveredBps: lossy.bps },
    series: lossy.series,
  };
}

/** A queue too short for any delay to be seen: loss alone says that the link is full. */
export function shortQueue(contender: Contender, bufferMs: number, seed: number): Outcome {
  const [bps, durationMs] = [3e6, 60_000];
  const { link, record } = run(
    { capacity: { kind: 'constant', bps }, queue: queue(bufferMs), delayMs: 25 },
    [media(contender, seed)],
    durationMs,
    seed,
  );
  const delivered = record().deliveredBps(10_000, durationMs);
  return {
    scenario: `queue of ${bufferMs} ms`,
    figures: { use: delivered / bps, lossShare: 1 - delivered / record().sentBps(10_000, durationMs) },
    series: record().series(link, durationMs),
  };
}

/** Delay that swings by itself, and feedback that gets lost. */
export function disturbed(
  contender: Contender,
  name: 'jitter' | 'feedback loss' | 'reordering',
  seed: number,
): Outcome {
  const [bps, durationMs] = [3e6, 60_000];
  const link: LinkConfig = {
    capacity: { kind: 'constant', bps },
    queue: queue(),
    delayMs: 25,
    ...(name === 'jitter' ? { jitter: { maxMs: 20, shape: 'normal' } } : {}),
    ...(name === 'reordering' ? { reorder: { share: 0.02, lateMs: 10 } } : {}),
  };
  const back: LinkConfig = {
    capacity: { kind: 'constant', bps: 100e6 },
    queue: { discipline: 'drop-tail' },
    delayMs: 25,
    ...(name === 'feedback loss' ? { loss: { kind: 'random', share: 0.1 } } : {}),
    ...(name === 'jitter' ? { jitter: { maxMs: 20, shape: 'normal' } } : {}),
  };
  const done = run(link, [media(contender, seed)], durationMs, seed, back);
  return {
    scenario:
      name === 'jitter'
        ? 'jitter of 20 ms both ways'
        : name === 'reordering'
          ? '2 % come 10 ms late'
          : '10 % of feedback lost',
    figures: {
      use: done.record().use(done.link, 10_000, durationMs, 25),
      p95Ms: done.record().queueMs(0.95, 10_000, durationMs),
    },
    series: done.record().series(done.link, durationMs),
  };
}

/** Content that needs a fifth of the rate for 20 s, then all: how long until 90 % is delivered. */
export function quietContent(contender: Contender, seed: number): Outcome {
  const [bps, quietMs, durationMs] = [4e6, 20_000, 35_000];
  const { link, record } = run(
    { capacity: { kind: 'constant', bps }, queue: queue(), delayMs: 25 },
    [media(contender, seed, { share: (nowUs) => (nowUs < quietMs * 1000 ? 0.2 : 1) })],
    durationMs,
    seed,
  );
  const own = record();
  let reachedAfterMs = Infinity;
  for (let ms = 0; ms < 14_000 && reachedAfterMs === Infinity; ms += 20) {
    if (own.deliveredBps(quietMs + ms, quietMs + ms + 500) >= 0.9 * bps) reachedAfterMs = ms;
  }
  return {
    scenario: 'a fifth of the rate for 20 s, then all of it',
    figures: { reachedAfterMs, worstQueueMs: own.queueMs(0.999, quietMs, durationMs) },
    series: own.series(link, durationMs),
  };
}
