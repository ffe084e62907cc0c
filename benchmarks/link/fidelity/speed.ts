/** How much faster than real time the model runs: what a bench of hours costs. */
import { seededRandom } from '../../../pipelines/seeded-random.ts';
import { Link, type LinkConfig, asUs } from '../../../pipelines/link/link.ts';

export interface Speed {
  readonly virtualSeconds: number;
  readonly seconds: number;
  readonly packets: number;
}

const HOUR_US = 3600e6;
/** 1228 bytes every 4 ms: 2.5 Mbit/s. */
const EVERY_US = 4000;
const PACKET_BYTES = 1228;

/** One hour of a busy link with everything on. */
export function measureSpeed(): Speed {
  const config: LinkConfig = {
    capacity: { kind: 'constant', bps: 2.6e6 },
    queue: { discipline: 'codel', limitMs: 500 },
    delayMs: 30,
    jitter: { maxMs: 5 },
    loss: { kind: 'gilbert-elliott', share: 0.01, meanBurstPackets: 3 },
    duplicate: { share: 0.001 },
  };
  const link = new Link(config, seededRandom(1));
  const packet = { bytes: PACKET_BYTES };
  const startedMs = performance.now();
  let packets = 0;
  for (let us = 0; us < HOUR_US; us += EVERY_US) {
    const nowUs = asUs(us);
    packets += link.take(nowUs).length;
    link.send(packet, nowUs);
  }
  return { virtualSeconds: HOUR_US / 1e6, seconds: (performance.now() - startedMs) / 1000, packets };
}
