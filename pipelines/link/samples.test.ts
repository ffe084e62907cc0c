/** Samples add up to what the link did. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../seeded-random.ts';
import { Link, asUs, msToUs } from './link.ts';
import { LinkSampler } from './samples.ts';

describe('samples of a link', () => {
  it('are rates since the one before, and the queue as it is', () => {
    const link = new Link(
      { capacity: { kind: 'constant', bps: 1e6 }, queue: { discipline: 'drop-tail' }, delayMs: 0 },
      seededRandom(1),
    );
    const sampler = new LinkSampler(link);
    sampler.sample(asUs(0));
    for (let packet = 0; packet < 12; packet += 1) link.send({ bytes: 1250 }, asUs(0)); // 10 ms each
    sampler.sample(msToUs(50));
    sampler.sample(msToUs(50));
    sampler.sample(msToUs(150));
    expect(sampler.samples).toEqual([
      { atMs: 50, capacityBps: 1e6, offeredBps: 2.4e6, leftBps: 1e6, queueBytes: 8750, queueDelayMs: 70 },
      { atMs: 150, capacityBps: 1e6, offeredBps: 0, leftBps: 700_000, queueBytes: 0, queueDelayMs: 0 },
    ]);
  });

  it('say null where the queue can never leave, and keep no more than they may', () => {
    const steps = [
      { atMs: 0, bps: 1e6 },
      { atMs: 1, bps: 0 },
    ];
    const link = new Link(
      { capacity: { kind: 'steps', steps }, queue: { discipline: 'drop-tail' }, delayMs: 0 },
      seededRandom(1),
    );
    link.send({ bytes: 1250 }, asUs(0));
    const sampler = new LinkSampler(link, 2);
    for (const ms of [10, 20, 30]) sampler.sample(msToUs(ms));
    expect(sampler.samples.map(({ atMs, queueDelayMs }) => [atMs, queueDelayMs])).toEqual([
      [10, null],
      [20, null],
    ]);
  });
});
