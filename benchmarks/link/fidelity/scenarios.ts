/** What virtual time and real sockets are compared on. */
import { existsSync, readFileSync } from 'node:fs';
import { type LinkConfig, parseTrace } from '../../../pipelines/link/link.ts';
import { TRACES } from '../../../test/signal/traces.ts';
import type { Train } from './train.ts';

export interface Scenario {
  readonly name: string;
  readonly link: LinkConfig;
  readonly train: Train;
}

export interface Scenarios {
  readonly scenarios: readonly Scenario[];
  readonly skipped: readonly string[];
}

/** With 1200 bytes of payload and the headers of IPv4 and UDP. */
const PACKET_BYTES = 1228;
const DELAY_MS = 30;
const LTE = ['ATT-LTE-driving-2016.up', 'Verizon-LTE-short.down'] as const;
const LTE_TRAIN_BPS = [1.2e6, 3e6] as const;

const STEPS: LinkConfig['capacity'] = {
  kind: 'steps',
  steps: [
    { atMs: 0, bps: 3e6 },
    { atMs: 3000, bps: 0.8e6 },
    { atMs: 6000, bps: 2.5e6 },
  ],
};

export function scenarios(durationMs: number): Scenarios {
  const train = (rateBps: number): Train => ({ rateBps, packetBytes: PACKET_BYTES, durationMs });
  const loss = { kind: 'random', share: 0.01 } as const;
  const found: Scenario[] = [
    {
      name: 'constant 2 Mbit/s, bursts of loss',
      link: {
        capacity: { kind: 'constant', bps: 2e6 },
        queue: { discipline: 'drop-tail', limitMs: 300 },
        delayMs: DELAY_MS,
        loss: { kind: 'gilbert-elliott', share: 0.02, meanBurstPackets: 3 },
      },
      train: train(1.6e6),
    },
    {
      name: 'steps 3, 0.8, 2.5 Mbit/s, drop-tail',
      link: { capacity: STEPS, queue: { discipline: 'drop-tail', limitMs: 400 }, delayMs: DELAY_MS, loss },
      train: train(1.5e6),
    },
    {
      name: 'steps 3, 0.8, 2.5 Mbit/s, CoDel',
      link: { capacity: STEPS, queue: { discipline: 'codel', limitMs: 2000 }, delayMs: DELAY_MS, loss },
      train: train(1.5e6),
    },
  ];
  const skipped: string[] = [];
  LTE.forEach((name, index) => {
    const file = new URL(name, TRACES);
    if (!existsSync(file)) {
      skipped.push(`${name} is not in the folder of shared traces`);
      return;
    }
    const capacity = parseTrace(readFileSync(file, 'utf8'));
    const queue = { discipline: 'drop-tail', limitMs: 1000 } as const;
    found.push({
      name: `LTE trace ${name}`,
      link: { capacity, queue, delayMs: DELAY_MS, loss },
      train: train(LTE_TRAIN_BPS[index] ?? 1e6),
    });
  });
  return { scenarios: found, skipped };
}
