import { expect, it } from 'vitest';
import { Link, asUs } from '../../pipelines/link/link.ts';
import { seededRandom } from '../../pipelines/seeded-random.ts';
import { EmulatedNetwork } from '../../signaling/messages/requests.ts';
import { linksOf } from './networks.ts';

const SECOND_US = 1e6;

it.each(EmulatedNetwork.options)('%s is a link that can be, both ways', (network) => {
  const { up, down } = linksOf(network);
  for (const config of [up, down]) {
    const link = new Link(config, seededRandom(1));
    // Over its whole round it carries something, and far less than a good line.
    const bps = link.capacityBits(asUs(0), asUs(120 * SECOND_US)) / 120;
    expect(bps).toBeGreaterThan(250e3);
    expect(bps).toBeLessThan(6e6);
  }
});

it('steps fall to a tenth, rise, and come again', () => {
  const link = new Link(linksOf('steps').down, seededRandom(1));
  const bps = (fromS: number, toS: number): number =>
    link.capacityBits(asUs(fromS * SECOND_US), asUs(toS * SECOND_US)) / (toS - fromS);
  expect([bps(0, 10), bps(10, 20), bps(20, 30), bps(30, 40)].map((rate) => Math.round(rate / 1e5))).toEqual([
    30, 3, 10, 30,
  ]);
});
