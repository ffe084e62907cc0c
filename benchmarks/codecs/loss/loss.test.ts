/** Channels lose what they say, in bursts as long as they say; and what loss does to a stream is counted. */
import { describe, expect, it } from 'vitest';
import { bps } from '../../../codecs/conformance/pictures.ts';
import { createCodecEngine } from '../../../codecs/engine.ts';
import type { Content } from '../content/content.ts';
import { loadContent } from '../content/content.ts';
import { type Channel, burstLoss, randomLoss } from './channel.ts';
import { type Resilience, measureResilience } from './resilience.ts';

const PACKETS = 200_000;

function sample(channel: Channel): { readonly share: number; readonly burst: number } {
  let [lost, bursts, before] = [0, 0, false];
  for (let packet = 0; packet < PACKETS; packet += 1) {
    const now = channel();
    if (now) lost += 1;
    if (now && !before) bursts += 1;
    before = now;
  }
  return { share: lost / PACKETS, burst: lost / bursts };
}

describe('channels', () => {
  it('lose the share they are given, alone or in bursts', () => {
    const alone = sample(randomLoss(0.05, 1));
    expect(alone.share).toBeCloseTo(0.05, 2);
    expect(alone.burst).toBeCloseTo(1 / 0.95, 1);
    const bursts = sample(burstLoss(0.05, 4, 1));
    expect(bursts.share).toBeCloseTo(0.05, 2);
    expect(bursts.burst).toBeGreaterThan(3.7);
    expect(bursts.burst).toBeLessThan(4.3);
  });

  it('repeat themselves for the same seed', () => {
    const draw = (seed: number): boolean[] => {
      const channel = burstLoss(0.2, 3, seed);
      return Array.from({ length: 200 }, () => channel());
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });
});

describe('loss', () => {
  it.each(['VP8', 'H264'] as const)(
    'freezes and damages %s until the key frame that is asked for',
    async (codec) => {
      const engine = createCodecEngine({ threads: 1 });
      try {
        const content = (await loadContent(engine, 'generated', 30)) as Content;
        const { width, height, frameRate } = content;
        const config = { codec, width, height, targetBps: bps(1e6), maxFrameRate: frameRate };
        const measure = (channel: Channel): Promise<Resilience> =>
          measureResilience(engine, config, content, 30, channel);
        expect(await measure(() => false)).toMatchObject({
          frozen: 0,
          damaged: 0,
          keyFrames: 1,
          lostPackets: 0,
        });
        // The first packet of the 11th picture, which comes after the key frame and nine others.
        let packet = 0;
        let loseAt = Infinity;
        const seen = await measure(() => {
          packet += 1;
          if (packet === 60) loseAt = packet;
          return packet === loseAt;
        });
        expect(seen).toMatchObject({ lostPackets: 1, keyFrames: 2 });
        expect(seen.frozen).toBeGreaterThanOrEqual(1);
        expect(seen.frozen + seen.damaged).toBeLessThanOrEqual(5);
        expect(Object.values(engine.liveObjects())).toEqual([0, 0, 0, 0, 0]);
      } finally {
        await engine.close();
      }
    },
  );
});
