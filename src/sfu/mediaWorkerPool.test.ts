import { describe, expect, it } from 'vitest';
import { createLogger } from '../observe/logger.ts';
import { systemClock } from '../time/clock.ts';
import { MediaWorkerPool, pairsOf } from './mediaWorkerPool.ts';

const shared = {
  processes: 1,
  codecThreads: 1,
  hardware: 'refuse',
  logger: createLogger('silent'),
  clock: systemClock,
} as const;

describe('what media workers can transcode', () => {
  it('is every way from what they decode to what they encode', () => {
    const said = (
      codec: string,
      direction: string,
      missing: string | null = null,
    ): Parameters<typeof pairsOf>[0][number] => ({
      name: 'lib-codec',
      codec,
      direction,
      library: 'lib',
      version: '1',
      hardware: false,
      missing,
    });
    expect(pairsOf([said('VP8', 'decode'), said('H264', 'encode')])).toEqual([{ from: 'VP8', to: 'H264' }]);
    expect(pairsOf([said('VP8', 'decode'), said('VP8', 'encode')])).toEqual([]);
    expect(pairsOf([said('VP8', 'decode'), said('H264', 'encode', 'no library')])).toEqual([]);
    expect(pairsOf([])).toEqual([]);
  });

  it.each([
    { softwareH264: true, all: ['VP8', 'VP9', 'H264', 'AV1'] },
    { softwareH264: false, all: ['VP8', 'VP9', 'AV1'] },
  ])('with H.264 in software $softwareH264', async ({ softwareH264, all }) => {
    const expected = all.flatMap((from) => all.filter((to) => to !== from).map((to) => ({ from, to })));
    const pool = await MediaWorkerPool.start({ ...shared, softwareH264 });
    try {
      expect(pool.transcodable).toEqual(expected);
      const missing = pool.codecs.filter(
        (one) => one.codec === 'H264' && !one.hardware && one.missing !== null,
      );
      expect(missing.map(({ direction }) => direction)).toEqual(
        softwareH264 ? [] : expect.arrayContaining(['encode', 'decode']),
      );
    } finally {
      await pool.close();
    }
  });
});
