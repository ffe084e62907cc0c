/**
 * The way of a phone that moves, without a recording of one: its capacity wanders, and stops at times. After the model of a cellular
 * link that Sprout infers (Winstein, Sivaraman, Balakrishnan: Stochastic Forecasts Achieve High Throughput and Low Delay over
 * Cellular Networks, NSDI 2013, section 3): opportunities are a Poisson process whose rate is in Brownian motion, and a rate of 0
 * holds on for an exponential time.
 */
import { type SeededRandom, exponential, standardNormal } from '../../seeded-random.ts';
import { OPPORTUNITY_BITS } from './capacity.ts';
import type { Capacity } from './config.ts';

export interface CellularOptions {
  /** After this the same comes again. */
  readonly durationMs: number;
  /** The rate never gets above. */
  readonly maxBps: number;
  readonly startBps: number;
  /** How far the rate wanders: the standard deviation of its change over one second. */
  readonly wanderBps: number;
  /** Mean length of an outage. */
  readonly outageMs: number;
}

const STEP_MS = 20;
/** After an outage it comes back as if it had risen for so long. */
const RETURN_S = 0.5;

/** @param random the same draws give the same capacity */
export function cellularCapacity(
  random: SeededRandom,
  { durationMs, maxBps, startBps, wanderBps, outageMs }: CellularOptions,
): Capacity {
  const opportunitiesMs: number[] = [];
  const stepBps = wanderBps * Math.sqrt(STEP_MS / 1000);
  let rateBps = startBps;
  let outageEndsMs = 0;
  for (let fromMs = 0; fromMs < durationMs; fromMs += STEP_MS) {
    if (fromMs < outageEndsMs) continue;
    rateBps += stepBps * standardNormal(random);
    // It turns back at the most that there is.
    if (rateBps > maxBps) rateBps = 2 * maxBps - rateBps;
    if (rateBps <= 0) {
      outageEndsMs = fromMs + exponential(random, outageMs);
      // From 0 on it would stop again at once, half of the times.
      rateBps = wanderBps * RETURN_S;
      continue;
    }
    const meanGapMs = (OPPORTUNITY_BITS * 1000) / rateBps;
    const toMs = Math.min(fromMs + STEP_MS, durationMs);
    for (
      let atMs = fromMs + exponential(random, meanGapMs);
      atMs < toMs;
      atMs += exponential(random, meanGapMs)
    ) {
      opportunitiesMs.push(Math.floor(atMs));
    }
  }
  // A trace is as long as its last opportunity says.
  opportunitiesMs.push(durationMs);
  return { kind: 'trace', opportunitiesMs: Uint32Array.from(opportunitiesMs) };
}
