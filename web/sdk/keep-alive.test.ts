import { describe, expect, it } from 'vitest';
import { KeepAlive } from './keep-alive.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

function setUp(): {
  keepAlive: KeepAlive;
  clock: VirtualClock;
  log: string[];
  line: { lastMs: number | null };
} {
  const clock = new VirtualClock();
  const log: string[] = [];
  const line: { lastMs: number | null } = { lastMs: 0 };
  const keepAlive = new KeepAlive(clock, () => line.lastMs, {
    silent: () => log.push(`silent at ${clock.nowMs()}`),
    woke: () => log.push('woke'),
  });
  return { keepAlive, clock, log, line };
}

describe('KeepAlive', () => {
  it('asks after silence, and not while something comes', async () => {
    const { keepAlive, clock, log, line } = setUp();
    for (let count = 0; count < 10; count++) {
      await clock.advance(2_000);
      line.lastMs = clock.nowMs();
    }
    expect(log).toEqual([]);
    await clock.advance(7_000);
    expect(log).toEqual(['silent at 26000']);
    line.lastMs = null;
    await clock.advance(20_000);
    expect(log).toHaveLength(1);
    keepAlive.close();
    expect(clock.pending).toBe(0);
  });

  it('notices a sleep by the wall clock, and by timers that come late', async () => {
    const { keepAlive, clock, log, line } = setUp();
    line.lastMs = null;
    clock.sleep(60_000);
    await clock.advance(2_000);
    expect(log).toEqual(['woke']);
    // A page that is slowed down, or a clock that is put right a little, did not sleep.
    clock.sleep(4_000);
    await clock.advance(2_000);
    expect(log).toEqual(['woke']);
    keepAlive.close();
    expect(clock.pending).toBe(0);
  });

  it('may be closed by what it says', async () => {
    const { keepAlive, clock } = setUp();
    keepAlive.close();
    keepAlive.close();
    await clock.advance(20_000);
    expect(clock.pending).toBe(0);
  });
});
