/** `npm run bench -- bwe`: the bandwidth estimator and its baseline in the link laboratory, in virtual time. */
import { QueueModelEstimator } from '../../pipelines/bwe/queue-model-estimator.ts';
import type { Bench } from '../report/bench.ts';
import { type Claim, atLeast, atMost } from '../report/claims.ts';
import type { BenchReport, Table } from '../report/report.ts';
import { GccEstimator } from './gcc-estimator.ts';
import * as scenarios from './scenarios.ts';
import type { Contender, Outcome } from './scenarios.ts';
import { type OracleFigure, TRACES, WANTED_USE, haveTraces, onTrace, oracleOn } from './traces.ts';

const OURS: Contender = {
  name: 'queue model',
  fillsTo: 'pacing',
  create: (limits) => new QueueModelEstimator(limits),
};
const BASELINE: Contender = { name: 'GCC', fillsTo: 'target', create: (limits) => new GccEstimator(limits) };
const CONTENDERS = [OURS, BASELINE] as const;
/** The constants were found with seed 1; figures are of others. */
const FIRST_SEED = 101;
const ROUND_TRIPS_MS = [40, 100] as const;

export const bweBench: Bench = {
  name: 'bwe',
  summary:
    'bandwidth estimation: use, steps, outages, fairness, loss, and LTE traces against an oracle (virtual time)',
  defaultRounds: 3,
  run: (rounds, say) => Promise.resolve(measure(rounds, say)),
};

/** Outcomes of one scenario: for each contender, one for each seed. */
interface Compared {
  readonly scenario: string;
  readonly by: ReadonlyMap<Contender, readonly Outcome[]>;
}

type Compare = (
  run: (contender: Contender, seed: number) => Outcome,
  ofSeeds?: readonly number[],
) => Compared;

type Worst = 'least' | 'most';

/** The worst of the seeds. */
function figure(compared: Compared, contender: Contender, name: string, worst: Worst): number {
  const values = (compared.by.get(contender) ?? []).map(({ figures }) => figures[name] ?? NaN);
  return worst === 'least' ? Math.min(...values) : Math.max(...values);
}

function worstOf(all: readonly Compared[], name: string, worst: Worst): number {
  const values = all.map((compared) => figure(compared, OURS, name, worst));
  return worst === 'least' ? Math.min(...values) : Math.max(...values);
}

function measure(rounds: number, say: (line: string) => void): BenchReport {
  const seeds = Array.from({ length: rounds }, (_, i) => FIRST_SEED + i);
  const compare: Compare = (run, ofSeeds = seeds) => {
    const by = new Map(
      CONTENDERS.map((contender) => [contender, ofSeeds.map((seed) => run(contender, seed))]),
    );
    const scenario = by.get(OURS)?.[0]?.scenario ?? '';
    say(scenario);
    return { scenario, by };
  };
  const steady = scenarios.STEADY_RATES.map((bps) =>
    compare((who, seed) => scenarios.steady(who, bps, seed)),
  );
  const steps = ROUND_TRIPS_MS.flatMap((rtt) =>
    scenarios.STEPS.map((step) => ({
      step,
      compared: compare((who, seed) => scenarios.step(who, step, rtt, seed)),
    })),
  );
  const drops = ROUND_TRIPS_MS.flatMap((rtt) =>
    scenarios.DROPS.map((drop) => compare((who, seed) => scenarios.recovery(who, drop, rtt, seed))),
  );
  const fair = (
    [
      [0, 50],
      [5000, 50],
      [5000, 200],
    ] as const
  ).map(([apartMs, rtt]) => compare((who, seed) => scenarios.fairness(who, apartMs, rtt, seed)));
  const beside = [
    ...(['reno', 'cubic'] as const).flatMap((kind) =>
      [50, 100, 300].map((bufferMs) =>
        compare((who, seed) => scenarios.competition(who, kind, bufferMs, seed)),
      ),
    ),
    compare((who, seed) => scenarios.competition(who, 'cubic', 0, seed, 'codel')),
  ];
  const losses = (
    [
      [0.02, 1],
      [0.05, 1],
      [0.1, 1],
    ] as const
  ).map(([share, burst]) => compare((who, seed) => scenarios.loss(who, share, burst, seed)));
  const others = [
    compare((who, seed) => scenarios.loss(who, 0.1, 4, seed)),
    ...[10, 30].map((bufferMs) => compare((who, seed) => scenarios.shortQueue(who, bufferMs, seed))),
    ...(['jitter', 'feedback loss', 'reordering'] as const).map((name) =>
      compare((who, seed) => scenarios.disturbed(who, name, seed)),
    ),
    compare((who, seed) => scenarios.quietContent(who, seed)),
  ];
  const traces = haveTraces() ? measureTraces(compare) : null;

  const ups = steps.filter(({ step }) => step.to > step.from).map(({ compared }) => compared);
  const downs = steps.filter(({ step }) => step.to < step.from).map(({ compared }) => compared);
  const claims: Claim[] = [
    atLeast('bwe.steady-use', worstOf(steady, 'use', 'least'), 0.92, 'of capacity', 3),
    atMost('bwe.step-up-ms', worstOf(ups, 'estimateMs', 'most'), 2000, 'ms', 0),
    atMost('bwe.step-down-ms', worstOf(downs, 'estimateMs', 'most'), 500, 'ms', 0),
    ...(traces === null ? [] : lteClaims(traces.claimed)),
    atMost('bwe.recovery-ms', worstOf(drops, 'deliveredMs', 'most'), 3000, 'ms', 0),
    atLeast('bwe.jain', worstOf(fair, 'jain', 'least'), 0.95, 'index', 3),
    atMost('bwe.loss-10pct-cost', worstOf(losses, 'cost', 'most'), 0.1, 'of the rate', 3),
  ];
  const all = [
    ...steady,
    ...steps.map(({ compared }) => compared),
    ...drops,
    ...fair,
    ...beside,
    ...losses,
    ...others,
    ...(traces?.all ?? []),
  ];
  return {
    bench: 'bwe',
    tables: [
      table(
        'A steady capacity, 50 ms round trip: use, and p95 of the queue in ms (video; filled up)',
        steady,
        [
          ['use', 'least', 3],
          ['p95Ms', 'most', 0],
          ['filledUse', 'least', 3],
          ['filledP95Ms', 'most', 0],
        ],
      ),
      table(
        'Steps: ms until the estimate and the target stay within 10 %, and the longest queue',
        steps.map(({ compared }) => compared),
        [
          ['estimateMs', 'most', 0],
          ['targetMs', 'most', 0],
          ['worstQueueMs', 'most', 0],
        ],
      ),
      table('Back at 90 % after a drop ends, ms', drops, [
        ['deliveredMs', 'most', 0],
        ['estimateMs', 'most', 0],
      ]),
      table('Four equal flows on 8 Mbit/s', fair, [
        ['jain', 'least', 3],
        ['use', 'least', 3],
        ['p95Ms', 'most', 0],
      ]),
      table('Beside a loss-based flow on 6 Mbit/s: shares', beside, [
        ['ours', 'least', 2],
        ['theirs', 'least', 2],
        ['p95Ms', 'most', 0],
      ]),
      table('Random loss: share of the rate that it costs', losses, [['cost', 'most', 3]]),
      table('Other disturbances', others, [
        ['cost', 'most', 3],
        ['use', 'least', 3],
        ['lossShare', 'most', 3],
        ['p95Ms', 'most', 0],
        ['reachedAfterMs', 'most', 0],
      ]),
      ...(traces === null
        ? []
        : [
            table('LTE traces: use, p95 of the queue in ms, the same of the oracle, ratio', traces.all, [
              ['use', 'least', 3],
              ['p95Ms', 'most', 0],
              ['oracleP95Ms', 'most', 0],
              ['ratio', 'most', 2],
            ]),
          ]),
    ],
    claims,
    conditions: {
      rounds,
      seeds: `${FIRST_SEED} to ${FIRST_SEED + rounds - 1}, each figure the worst of them`,
      feedback: 'every 25 ms from 500 kbit/s on, to 50 ms at 150 kbit/s',
      clock: 'virtual; receivers 50 ppm off',
    },
    skipped: traces === null ? ['../shared/traces is not here: no bwe.lte-vs-oracle'] : [],
    details: {
      outcomes: all.flatMap(({ by }) =>
        [...by].map(([{ name }, outcomes]) => ({ contender: name, ...outcomes[0] })),
      ),
    },
  };
}

function measureTraces(compare: Compare): {
  readonly claimed: readonly Compared[];
  readonly all: readonly Compared[];
} {
  const on = (roundTripMs: number, shiftMs: number, ofSeeds?: readonly number[]): Compared[] =>
    TRACES.map((trace) => {
      const oracle: OracleFigure = oracleOn(trace, roundTripMs, shiftMs);
      return compare((who, seed) => onTrace(who, trace, roundTripMs, oracle, seed, shiftMs), ofSeeds);
    });
  const claimed = on(40, 0);
  return { claimed, all: [...claimed, ...on(40, 47_000, [FIRST_SEED]), ...on(100, 0, [FIRST_SEED])] };
}

/** The ratio counts where the use is reached; else the claim is not kept, and its use is shown. */
function lteClaims(traces: readonly Compared[]): Claim[] {
  return [
    atMost('bwe.lte-vs-oracle', worstOf(traces, 'ratio', 'most'), 1.25, 'x'),
    atLeast('bwe.lte-use', worstOf(traces, 'use', 'least'), WANTED_USE, 'of capacity', 3),
  ];
}

function table(
  title: string,
  rows: readonly Compared[],
  columns: readonly (readonly [string, Worst, number])[],
): Table {
  const cell = (
    compared: Compared,
    contender: Contender,
    [name, worst, digits]: readonly [string, Worst, number],
  ): string => {
    const value = figure(compared, contender, name, worst);
    return Number.isNaN(value) ? '–' : value === Infinity ? 'never' : value.toFixed(digits);
  };
  return {
    title,
    columns: [
      'scenario',
      ...CONTENDERS.flatMap((contender) =>
        columns.map(([name]) => `${contender === OURS ? '' : `${contender.name} `}${name}`),
      ),
    ],
    rows: rows.map((compared) => [
      compared.scenario,
      ...CONTENDERS.flatMap((contender) => columns.map((column) => cell(compared, contender, column))),
    ]),
  };
}
