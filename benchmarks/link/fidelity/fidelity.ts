/**
 * Whether virtual time can be trusted: one scenario, one seed, in virtual time and over real sockets.
 *
 * Two virtual runs stand beside each live one: `asPlanned` sends by the schedule, which is the comparison that counts; `asSent` sends when
 * the live sender really did, so that what remains is the relay's own error.
 */
import { quantile } from '../../report/statistics.ts';
import { type LinkPair, type Lateness } from '../../../pipelines/link/live/accessLink.ts';
import type { PacketRecord } from '../quality/packets.ts';
import type { LinkSample } from '../../../pipelines/link/samples.ts';
import { runLiveTrain } from './liveTrain.ts';
import type { Scenario } from './scenarios.ts';
import { runTrain, scheduleUs } from './train.ts';

export interface TrainSummary {
  readonly arrivedBytes: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly lossShare: number;
}

export interface Distance {
  /** Of bytes that arrived, as a share of the virtual ones. */
  readonly bytes: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** In shares: 0.01 is one point of per cent. */
  readonly loss: number;
}

export interface DirectionResult {
  readonly direction: 'up' | 'down';
  readonly asPlanned: TrainSummary;
  readonly asSent: TrainSummary;
  readonly live: TrainSummary;
  readonly packets: { readonly virtual: readonly PacketRecord[]; readonly live: readonly PacketRecord[] };
  readonly samples: { readonly virtual: readonly LinkSample[]; readonly live: readonly LinkSample[] };
}

export interface ScenarioResult {
  readonly scenario: string;
  readonly seed: number;
  readonly directions: readonly DirectionResult[];
  readonly relayLateMs: Lateness | null;
  readonly loopLateMs: Lateness;
  readonly sentLateP99Ms: number;
}

/** Above these a run compares the machine's pauses, and not the two clocks. */
const QUIET = { relayMaxMs: 30, sentLateP99Ms: 8 } as const;

/** How much the machine let relay and sender wait; above 1 the run says little. */
export function disturbance({ relayLateMs, loopLateMs, sentLateP99Ms }: ScenarioResult): number {
  // A relay that pauses reads packets late, and so sends them on late, without knowing it: hence its loop.
  const relayMaxMs = Math.max(relayLateMs?.max ?? 0, loopLateMs.max);
  return Math.max(relayMaxMs / QUIET.relayMaxMs, sentLateP99Ms / QUIET.sentLateP99Ms);
}

/** @throws LiveTrainError where packets got lost outside the links */
export async function measureFidelity(
  { name, link, train }: Scenario,
  seed: number,
): Promise<ScenarioResult> {
  const links: LinkPair = { up: link, down: link };
  const live = await runLiveTrain(links, seed, train);
  const planned = scheduleUs(train);
  const directions = (['up', 'down'] as const).map((direction): DirectionResult => {
    // The link down has a seed of its own, in the relay too.
    const ownSeed = direction === 'up' ? seed : seed + 1;
    const records = live[direction];
    const virtual = runTrain(link, ownSeed, planned, train.packetBytes);
    const sentUs = records.map((record) => record.sentUs);
    return {
      direction,
      asPlanned: summaryOf(virtual.packets),
      asSent: summaryOf(runTrain(link, ownSeed, sentUs, train.packetBytes).packets),
      live: summaryOf(records),
      packets: { virtual: virtual.packets, live: records },
      samples: { virtual: virtual.samples, live: live.report[direction]?.samples ?? [] },
    };
  });
  return {
    scenario: name,
    seed,
    directions,
    relayLateMs: live.report.lateMs,
    loopLateMs: live.report.loopLateMs,
    sentLateP99Ms: quantile(live.sentLateMs, 0.99),
  };
}

/** @throws RangeError where nothing arrived */
export function summaryOf(packets: readonly PacketRecord[]): TrainSummary {
  const delaysMs = packets.flatMap(({ sentUs, arrivedUs }) =>
    arrivedUs === null ? [] : [(arrivedUs - sentUs) / 1000],
  );
  return {
    arrivedBytes: packets.reduce((sum, { arrivedUs, bytes }) => sum + (arrivedUs === null ? 0 : bytes), 0),
    p50Ms: quantile(delaysMs, 0.5),
    p95Ms: quantile(delaysMs, 0.95),
    lossShare: 1 - delaysMs.length / packets.length,
  };
}

export function distanceOf(virtual: TrainSummary, live: TrainSummary): Distance {
  return {
    bytes: Math.abs(live.arrivedBytes / virtual.arrivedBytes - 1),
    p50Ms: Math.abs(live.p50Ms - virtual.p50Ms),
    p95Ms: Math.abs(live.p95Ms - virtual.p95Ms),
    loss: Math.abs(live.lossShare - virtual.lossShare),
  };
}
