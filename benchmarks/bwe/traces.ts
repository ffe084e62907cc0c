/**
 * The six LTE traces of mahimahi, and the oracle beside each contender. The sender always has something to send, as the oracle has: what is
 * compared is what they make of the link, not of an encoder. The queue has no limit.
 */
import { existsSync, readFileSync } from 'node:fs';
import { TRACES as FOLDER } from '../../test/signal/traces.ts';
import { DEFAULT_LIMITS } from '../../pipelines/bwe/types.ts';
import { type LinkConfig, parseTrace } from '../../pipelines/link/link.ts';
import { MediaFlow } from './media-flow.ts';
import { OracleFlow } from './oracle.ts';
import { FlowRecord } from './record.ts';
import type { Contender, Outcome } from './scenarios.ts';
import { type Participant, simulate } from './simulation.ts';

/** Name, and length of one pass in seconds. */
export const TRACES = [
  { name: 'ATT.down', file: 'ATT-LTE-driving-2016.down', durationMs: 120_000 },
  { name: 'ATT.up', file: 'ATT-LTE-driving-2016.up', durationMs: 120_000 },
  { name: 'TMobile.down', file: 'TMobile-LTE-short.down', durationMs: 140_000 },
  { name: 'TMobile.up', file: 'TMobile-LTE-short.up', durationMs: 140_000 },
  { name: 'Verizon.down', file: 'Verizon-LTE-short.down', durationMs: 140_000 },
  { name: 'Verizon.up', file: 'Verizon-LTE-short.up', durationMs: 140_000 },
] as const;
export type Trace = (typeof TRACES)[number];

/** The use that the oracle's headroom is chosen for, and that a contender must reach. */
export const WANTED_USE = 0.85;
const SEARCH_STEPS = 8;
const ORACLE_PACKET_BYTES = 1248;

export function haveTraces(): boolean {
  return TRACES.every(({ file }) => existsSync(new URL(file, FOLDER)));
}

/** @param shiftMs the trace begins so far into itself, and comes round */
function linkOf(trace: Trace, roundTripMs: number, shiftMs: number): LinkConfig {
  const capacity = parseTrace(readFileSync(new URL(trace.file, FOLDER), 'utf8'));
  const link: LinkConfig = { capacity, queue: { discipline: 'drop-tail' }, delayMs: roundTripMs / 2 };
  if (capacity.kind !== 'trace' || shiftMs === 0) return link;
  const times = Array.from(capacity.opportunitiesMs);
  const periodMs = times.at(-1) ?? 0;
  const shifted = times.map((ms) => (ms - shiftMs + periodMs) % periodMs).sort((a, b) => a - b);
  // The last opportunity is where the trace comes round: its length stays.
  shifted[shifted.length - 1] = periodMs;
  return { ...link, capacity: { kind: 'trace', opportunitiesMs: shifted } };
}

interface Reached {
  readonly use: number;
  readonly p95Ms: number;
  readonly p50Ms: number;
  readonly record: FlowRecord;
  readonly link: ReturnType<typeof simulate>;
}

function reached(trace: Trace, link: LinkConfig, participant: Participant, seed: number): Reached {
  const record = new FlowRecord();
  const { durationMs } = trace;
  const done = simulate({ link, durationMs, seed }, [participant], [record]);
  return {
    use: record.use(done, 0, durationMs, link.delayMs),
    p95Ms: record.queueMs(0.95, 0, durationMs),
    p50Ms: record.queueMs(0.5, 0, durationMs),
    record,
    link: done,
  };
}

export interface OracleFigure {
  readonly p95Ms: number;
  readonly use: number;
  readonly headroom: number;
}

/** The oracle with the smallest headroom that reaches the wanted use. */
export function oracleOn(trace: Trace, roundTripMs: number, shiftMs = 0): OracleFigure {
  const link = linkOf(trace, roundTripMs, shiftMs);
  let [low, high] = [0.75, 1.1];
  let best: OracleFigure = { p95Ms: NaN, use: 0, headroom: high };
  for (let i = 0; i < SEARCH_STEPS; i++) {
    const headroom = (low + high) / 2;
    const create: Participant['create'] = (made) =>
      new OracleFlow(made, roundTripMs, headroom, ORACLE_PACKET_BYTES);
    const { use, p95Ms } = reached(trace, link, { create }, 1);
    if (use < WANTED_USE) low = headroom;
    else {
      high = headroom;
      best = { p95Ms, use, headroom };
    }
  }
  return best;
}

/** One contender on one trace, beside the oracle's figure for the same link. */
export function onTrace(
  contender: Contender,
  trace: Trace,
  roundTripMs: number,
  oracle: OracleFigure,
  seed: number,
  shiftMs = 0,
): Outcome {
  const link = linkOf(trace, roundTripMs, shiftMs);
  const {
    use,
    p95Ms,
    p50Ms,
    record,
    link: done,
  } = reached(
    trace,
    link,
    { create: () => new MediaFlow(contender.create(DEFAULT_LIMITS), null, seed, contender.fillsTo) },
    seed,
  );
  return {
    scenario: `${trace.name}, RTT ${roundTripMs}${shiftMs === 0 ? '' : `, from ${shiftMs / 1000} s on`}`,
    figures: { use, p95Ms, p50Ms, oracleP95Ms: oracle.p95Ms, ratio: p95Ms / oracle.p95Ms },
    series: record.series(done, trace.durationMs),
  };
}
