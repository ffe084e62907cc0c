/** What the comparison of virtual time and real sockets says: a table, the claims, and plots. */
import { type Claim, atLeast, atMost } from '../../report/claims.ts';
import type { Run } from '../../report/page/runPage.ts';
import type { TimeSeries } from '../../report/page/timeChart.ts';
import type { Table } from '../../report/report.ts';
import { median } from '../../report/statistics.ts';
import type { PacketRecord } from '../quality/packets.ts';
import { queueSeries, rateSeries } from '../series.ts';
import { type DirectionResult, type Distance, type ScenarioResult, distanceOf } from './fidelity.ts';
import type { Speed } from './speed.ts';

/** What virtual and live may differ by. */
export const BOUNDS = { bytes: 0.01, p50Ms: 5, p95Ms: 10, loss: 0.005 } as const;
const RELAY_LATE_P99_MS = 5;
const LEAST_SPEED = 360;

interface Line {
  readonly scenario: string;
  readonly direction: 'up' | 'down';
  /** One for each round. */
  readonly results: readonly DirectionResult[];
}

function linesOf(results: readonly ScenarioResult[]): readonly Line[] {
  const names = [...new Set(results.map(({ scenario }) => scenario))];
  return names.flatMap((scenario) =>
    (['up', 'down'] as const).map((direction) => ({
      scenario,
      direction,
      results: results
        .filter((result) => result.scenario === scenario)
        .flatMap(({ directions }) => directions.filter((result) => result.direction === direction)),
    })),
  );
}

function typical(line: Line, of: (result: DirectionResult) => number): number {
  return median(line.results.map(of));
}

export function fidelityTables(results: readonly ScenarioResult[]): readonly Table[] {
  const lines = linesOf(results);
  return [
    {
      title: 'One-way delay in ms, loss in %: virtual, and live over loopback (medians of rounds)',
      columns: ['link', 'way', 'p50', 'live', 'p95', 'live', 'loss', 'live', 'kB', 'live'],
      rows: lines.map((line) => [
        line.scenario,
        line.direction,
        typical(line, ({ asPlanned }) => asPlanned.p50Ms).toFixed(1),
        typical(line, ({ live }) => live.p50Ms).toFixed(1),
        typical(line, ({ asPlanned }) => asPlanned.p95Ms).toFixed(1),
        typical(line, ({ live }) => live.p95Ms).toFixed(1),
        (100 * typical(line, ({ asPlanned }) => asPlanned.lossShare)).toFixed(2),
        (100 * typical(line, ({ live }) => live.lossShare)).toFixed(2),
        (typical(line, ({ asPlanned }) => asPlanned.arrivedBytes) / 1000).toFixed(0),
        (typical(line, ({ live }) => live.arrivedBytes) / 1000).toFixed(0),
      ]),
    },
    {
      title: 'Live against virtual, ms: sent by the schedule, and sent when the live sender did',
      columns: ['link', 'way', 'p50', 'p95', 'p50 as sent', 'p95 as sent', 'loss as sent, points'],
      rows: lines.map((line) => [
        line.scenario,
        line.direction,
        signed(typical(line, ({ live, asPlanned }) => live.p50Ms - asPlanned.p50Ms)),
        signed(typical(line, ({ live, asPlanned }) => live.p95Ms - asPlanned.p95Ms)),
        signed(typical(line, ({ live, asSent }) => live.p50Ms - asSent.p50Ms)),
        signed(typical(line, ({ live, asSent }) => live.p95Ms - asSent.p95Ms)),
        signed(100 * typical(line, ({ live, asSent }) => live.lossShare - asSent.lossShare)),
      ]),
    },
    {
      title: 'How late, ms (the worst round)',
      columns: ['link', 'relay p50', 'p99', 'max', 'its loop p99', 'max', 'sender p99'],
      rows: [...new Set(results.map(({ scenario }) => scenario))].map((scenario) => {
        const own = results.filter((result) => result.scenario === scenario);
        const worst = (of: (result: ScenarioResult) => number): string => Math.max(...own.map(of)).toFixed(2);
        return [
          scenario,
          worst(({ relayLateMs }) => relayLateMs?.p50 ?? NaN),
          worst(({ relayLateMs }) => relayLateMs?.p99 ?? NaN),
          worst(({ relayLateMs }) => relayLateMs?.max ?? NaN),
          worst(({ loopLateMs }) => loopLateMs.p99),
          worst(({ loopLateMs }) => loopLateMs.max),
          worst(({ sentLateP99Ms }) => sentLateP99Ms),
        ];
      }),
    },
  ];
}

/** The worst link and way, each the median over the rounds. */
export function fidelityClaims(results: readonly ScenarioResult[], speed: Speed): readonly Claim[] {
  const lines = linesOf(results);
  const worst = (of: keyof Distance): number =>
    Math.max(...lines.map((line) => typical(line, ({ asPlanned, live }) => distanceOf(asPlanned, live)[of])));
  const lateMs = median(results.map(({ relayLateMs }) => relayLateMs?.p99 ?? NaN));
  return [
    atMost('link.fidelity-bytes', worst('bytes'), BOUNDS.bytes, 'of bytes', 4),
    atMost('link.fidelity-delay-p50-ms', worst('p50Ms'), BOUNDS.p50Ms, 'ms'),
    atMost('link.fidelity-delay-p95-ms', worst('p95Ms'), BOUNDS.p95Ms, 'ms'),
    atMost('link.fidelity-loss', worst('loss'), BOUNDS.loss, 'of packets', 4),
    atMost('link.relay-late-p99-ms', lateMs, RELAY_LATE_P99_MS, 'ms'),
    atLeast('link.virtual-speed', speed.virtualSeconds / speed.seconds, LEAST_SPEED, 'x real time', 0),
  ];
}

/** Names of series that are there to compare with. */
export const LIVE_NAMES = ['left, live', 'queue, live', 'one-way delay, live'] as const;

/** Of the first round, up. */
export function fidelityRuns(results: readonly ScenarioResult[]): readonly Run[] {
  const seen = new Set<string>();
  return results.flatMap(({ scenario, directions }) => {
    const up = directions.find(({ direction }) => direction === 'up');
    if (up === undefined || seen.has(scenario)) return [];
    seen.add(scenario);
    const { virtual, live } = up.samples;
    return [
      {
        title: scenario,
        note: 'Virtual time, and the same live (dashed): first round, from client to server.',
        charts: [
          {
            title: 'Rates',
            series: [
              rateSeries('left the queue', virtual, ({ leftBps }) => leftBps),
              rateSeries('left, live', live, ({ leftBps }) => leftBps),
              rateSeries('sent', virtual, ({ offeredBps }) => offeredBps),
              rateSeries('capacity', virtual, ({ capacityBps }) => capacityBps),
            ],
          },
          { title: 'Queue', series: [queueSeries('queue', virtual), queueSeries('queue, live', live)] },
          {
            title: 'One-way delay',
            series: [
              delaySeries('one-way delay', up.packets.virtual),
              delaySeries('one-way delay, live', up.packets.live),
            ],
          },
        ],
      },
    ];
  });
}

function delaySeries(name: string, packets: readonly PacketRecord[]): TimeSeries {
  const points = packets.map(({ sentUs, arrivedUs }) => ({
    atMs: sentUs / 1000,
    value: arrivedUs === null ? null : (arrivedUs - sentUs) / 1000,
  }));
  // A lost packet is no gap in the line: there would be nothing but gaps.
  return { name, unit: 'ms', points: points.filter(({ value }) => value !== null) };
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
