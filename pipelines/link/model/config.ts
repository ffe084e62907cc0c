/** What a link is like, in the units that people use: milliseconds, bits per second, shares from 0 to 1. */

export interface RateStep {
  readonly atMs: number;
  /** 0 stops the link until the next step. */
  readonly bps: number;
}

export type Capacity =
  | { readonly kind: 'constant'; readonly bps: number }
  /** The first step is at 0, times rise, and the last rate holds on. */
  | { readonly kind: 'steps'; readonly steps: readonly RateStep[] }
  /**
   * The milliseconds at which 1500 bytes may leave, as in mahimahi's traces (`parseTrace`). Begins again at its end, which is the last
   * opportunity.
   */
  | { readonly kind: 'trace'; readonly opportunitiesMs: ArrayLike<number> };

export interface QueueConfig {
  readonly discipline: 'drop-tail' | 'codel';
  /** A packet is refused where the queue would hold more than this with it. @default no limit */
  readonly limitBytes?: number;
  /** A packet is refused where what is ahead of it needs longer than this to leave. @default no limit */
  readonly limitMs?: number;
  /** CoDel: the standing delay that is tolerated. @default 5 (RFC 8289 section 4.2) */
  readonly targetMs?: number;
  /** CoDel: how long the delay may stay above the target; about the longest round trip. @default 100 (RFC 8289 section 4.2) */
  readonly intervalMs?: number;
}

export interface JitterConfig {
  /** Each packet is late by 0 to this, beside `delayMs`. */
  readonly maxMs: number;
  /** `normal`: mean `maxMs / 2`, standard deviation `maxMs / 6`, cut off at both ends. @default 'uniform' */
  readonly shape?: 'uniform' | 'normal';
  /** Whether a packet may overtake the one before. @default false: it waits for it, so that its delay is longer than drawn */
  readonly mayReorder?: boolean;
}

export type LossConfig =
  /** Each packet on its own (Bernoulli). */
  | { readonly kind: 'random'; readonly share: number }
  /** In bursts; all is lost in the bad state and nothing in the good one. Lengths of bursts are geometric. */
  | { readonly kind: 'gilbert-elliott'; readonly share: number; readonly meanBurstPackets: number };

export interface ReorderConfig {
  /** Of packets, 0 to 1. */
  readonly share: number;
  /** How much later such a packet comes; those behind it do not wait. */
  readonly lateMs: number;
}

export interface DuplicateConfig {
  /** Of packets, 0 to 1. */
  readonly share: number;
  /** How much later the copy comes. @default 0: right behind */
  readonly afterMs?: number;
}

export interface OutageConfig {
  readonly fromMs: number;
  readonly toMs: number;
  /**
   * `held`: nothing leaves, the queue goes on to fill (a radio link in a shadow). `lost`: the link is dead, what is queued is gone, and
   * what is sent is lost (a cable pulled).
   */
  readonly packets: 'held' | 'lost';
}

export interface LinkConfig {
  readonly capacity: Capacity;
  readonly queue: QueueConfig;
  /** Propagation, one way. */
  readonly delayMs: number;
  readonly jitter?: JitterConfig;
  readonly loss?: LossConfig;
  readonly reorder?: ReorderConfig;
  readonly duplicate?: DuplicateConfig;
  /** In order, not overlapping. */
  readonly outages?: readonly OutageConfig[];
}

/** A link that cannot be; the message says which part and why. */
export class LinkConfigError extends Error {
  readonly code = 'LINK_CONFIG';
  override readonly name = 'LinkConfigError';
}

/** @throws LinkConfigError */
export function checkLinkConfig(config: LinkConfig): void {
  checkCapacity(config.capacity);
  const { queue, jitter, loss, reorder, duplicate } = config;
  positive('queue.limitBytes', queue.limitBytes ?? 1);
  positive('queue.limitMs', queue.limitMs ?? 1);
  positive('queue.targetMs', queue.targetMs ?? 1);
  positive('queue.intervalMs', queue.intervalMs ?? 1);
  span('delayMs', config.delayMs);
  span('jitter.maxMs', jitter?.maxMs ?? 0);
  share('loss.share', loss?.share ?? 0);
  if (loss?.kind === 'gilbert-elliott') checkBursts(loss.share, loss.meanBurstPackets);
  share('reorder.share', reorder?.share ?? 0);
  span('reorder.lateMs', reorder?.lateMs ?? 0);
  share('duplicate.share', duplicate?.share ?? 0);
  span('duplicate.afterMs', duplicate?.afterMs ?? 0);
  let endMs = 0;
  for (const { fromMs, toMs } of config.outages ?? []) {
    const isGood = fromMs >= endMs && toMs > fromMs && Number.isFinite(toMs);
    demand(isGood, `outages: ${fromMs} to ${toMs} ms is empty, out of order, or overlaps the one before`);
    endMs = toMs;
  }
}

function checkCapacity(capacity: Capacity): void {
  switch (capacity.kind) {
    case 'constant':
      positive('capacity.bps', capacity.bps);
      return;
    case 'steps': {
      let beforeMs = -1;
      for (const { atMs, bps } of capacity.steps) {
        demand(Number.isFinite(atMs) && atMs > beforeMs, `capacity.steps: ${atMs} ms is out of order`);
        span('capacity.steps.bps', bps);
        beforeMs = atMs;
      }
      demand(capacity.steps[0]?.atMs === 0, 'capacity.steps: the first is not at 0');
      return;
    }
    case 'trace': {
      const { opportunitiesMs } = capacity;
      let beforeMs = 0;
      for (let index = 0; index < opportunitiesMs.length; index += 1) {
        const atMs = opportunitiesMs[index] ?? NaN;
        demand(Number.isInteger(atMs) && atMs >= beforeMs, `capacity: opportunity ${index} at ${atMs} ms`);
        beforeMs = atMs;
      }
      demand(beforeMs > 0, 'capacity: a trace that has no length');
      return;
    }
    default:
      capacity satisfies never;
  }
}

function checkBursts(lossShare: number, meanBurstPackets: number): void {
  const isLength = meanBurstPackets >= 1 && Number.isFinite(meanBurstPackets);
  demand(isLength, `loss.meanBurstPackets is ${meanBurstPackets}, and not 1 or more`);
  const leaveGood = lossShare / (meanBurstPackets * (1 - lossShare));
  demand(
    leaveGood <= 1,
    `loss: ${lossShare} of packets cannot be lost in bursts of only ${meanBurstPackets}`,
  );
}

function positive(name: string, value: number): void {
  demand(Number.isFinite(value) && value > 0, `${name} is ${value}, and not above 0`);
}

function span(name: string, value: number): void {
  demand(Number.isFinite(value) && value >= 0, `${name} is ${value}, and not 0 or more`);
}

function share(name: string, value: number): void {
  demand(value >= 0 && value <= 1, `${name} is ${value}, and not from 0 to 1`);
}

function demand(good: boolean, problem: string): asserts good {
  if (!good) throw new LinkConfigError(problem);
}
