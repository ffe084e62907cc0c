/**
 * The test networks that people can choose, as links: up is from the participant to the server. Both ways are alike, so that one sees
 * what becomes of the own picture at the others, and of theirs here.
 */
import type { EmulatedNetwork } from '../../signaling/messages/requests.ts';
import { type LinkConfig, OPPORTUNITY_BITS, cellularCapacity } from '../../pipelines/link/link.ts';
import type { LinkPair } from '../../pipelines/link/live/accessLink.ts';
import { seededRandom } from '../../pipelines/seeded-random.ts';

const LONG_QUEUE: LinkConfig['queue'] = { discipline: 'drop-tail', limitMs: 600 };
/** The same for everybody: who compares two calls compares them on one network. */
const MOBILE_SEED = 2016;
const MOBILE = { durationMs: 120_000, maxBps: 8e6, startBps: 2e6, wanderBps: 1e6, outageMs: 600 };
/** Of each rate of `steps`. */
const STEP_MS = 10_000;
const STEPS_BPS = [3e6, 300e3, 1e6];

export function linksOf(network: EmulatedNetwork): LinkPair {
  switch (network) {
    case 'narrow':
      return both({ capacity: { kind: 'constant', bps: 300e3 }, queue: LONG_QUEUE, delayMs: 30 });
    case 'steps':
      return both({ capacity: roundOf(STEPS_BPS, STEP_MS), queue: LONG_QUEUE, delayMs: 30 });
    case 'mobile': {
      const link = (seed: number): LinkConfig => ({
        capacity: cellularCapacity(seededRandom(seed), MOBILE),
        queue: { discipline: 'drop-tail', limitMs: 1000 },
        delayMs: 30,
      });
      return { up: link(MOBILE_SEED), down: link(MOBILE_SEED + 1) };
    }
    case 'lossy':
      return both({
        capacity: { kind: 'constant', bps: 4e6 },
        queue: LONG_QUEUE,
        delayMs: 40,
        jitter: { maxMs: 20 },
        loss: { kind: 'gilbert-elliott', share: 0.06, meanBurstPackets: 3 },
      });
  }
}

function both(link: LinkConfig): LinkPair {
  return { up: link, down: link };
}

/** These rates one after the other, again and again. */
function roundOf(ratesBps: readonly number[], eachMs: number): LinkConfig['capacity'] {
  const opportunitiesMs = ratesBps.flatMap((bps, index) => {
    const count = Math.round((bps * eachMs) / 1000 / OPPORTUNITY_BITS);
    return Array.from({ length: count }, (_, at) => index * eachMs + Math.ceil(((at + 1) * eachMs) / count));
  });
  return { kind: 'trace', opportunitiesMs };
}
