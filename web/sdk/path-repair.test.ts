import { describe, expect, it } from 'vitest';
import { PathRepair } from './path-repair.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

function setUp(): { repair: PathRepair; clock: VirtualClock; log: string[]; restarts: number[] } {
  const clock = new VirtualClock();
  const log: string[] = [];
  const restarts: number[] = [];
  const events = {
    broken: (trouble: string): number => log.push(trouble),
    healed: (): number => log.push('healed'),
    hopeless: (reason: string): number => log.push(`hopeless: ${reason}`),
  };
  const repair = new PathRepair(clock, events, () => {
    restarts.push(clock.nowMs());
    return Promise.reject(new Error('in vain'));
  });
  return { repair, clock, log, restarts };
}

describe('PathRepair', () => {
  it('lets an interruption heal by itself for a moment', async () => {
    const { repair, clock, log, restarts } = setUp();
    repair.stateChanged('connecting');
    repair.stateChanged('connected');
    repair.stateChanged('disconnected');
    await clock.advance(700);
    repair.stateChanged('connected');
    await clock.advance(10_000);
    expect(log).toEqual(['path-interrupted', 'healed']);
    expect(restarts).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('restarts a few times, and then says that nothing helps', async () => {
    const { repair, clock, log, restarts } = setUp();
    repair.stateChanged('disconnected');
    await clock.advance(30_000);
    expect(restarts).toEqual([800, 4_800, 8_800]);
    expect(log).toEqual(['path-interrupted', 'hopeless: the network path could not be repaired']);
    expect(clock.pending).toBe(0);
  });

  it('restarts a failed path at once, and begins to count anew after it healed', async () => {
    const { repair, clock, restarts } = setUp();
    for (let round = 0; round < 5; round++) {
      repair.stateChanged('failed');
      await clock.advance(4_500);
      repair.stateChanged('connected');
    }
    expect(restarts).toHaveLength(10);
    expect(clock.pending).toBe(0);
  });

  it('restarts a broken path when asked to, once for a bunch of signs, and no path that works', async () => {
    const { repair, clock, restarts } = setUp();
    repair.checkNow();
    repair.stateChanged('connected');
    repair.checkNow();
    expect(restarts).toEqual([]);
    repair.stateChanged('disconnected');
    repair.checkNow();
    repair.checkNow();
    expect(restarts).toEqual([0]);
    await clock.advance(9_500);
    expect(restarts).toEqual([0, 4_000, 8_000]);
    // What was tried without a network does not count: there are three more tries.
    repair.checkNow();
    await clock.advance(9_000);
    expect(restarts.slice(3)).toEqual([9_500, 13_500, 17_500]);
    repair.close();
    expect(clock.pending).toBe(0);
  });

  it('is doomed when its connect step was refused, unless it is closed first', async () => {
    const doomed = setUp();
    doomed.repair.doomed(5_000, 'refused');
    await doomed.clock.advance(5_000);
    expect(doomed.log).toEqual(['hopeless: refused']);
    const closed = setUp();
    closed.repair.doomed(5_000, 'refused');
    closed.repair.close();
    closed.repair.stateChanged('failed');
    await closed.clock.advance(10_000);
    expect(closed.log).toEqual([]);
    expect(closed.clock.pending).toBe(0);
  });
});
