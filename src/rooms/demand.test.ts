import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../time/virtualClock.ts';
import { Demand, LOWER_AFTER_MS } from './demand.ts';

function setUp(): {
  readonly clock: VirtualClock;
  readonly demand: Demand;
  readonly told: [number, number][];
  readonly want: (layers: number) => void;
} {
  const clock = new VirtualClock();
  const told: [number, number][] = [];
  const demand = new Demand({ clock, tell: (_producer, layers) => told.push([clock.nowMs(), layers]) });
  return { clock, demand, told, want: (layers) => demand.keep([{ producerId: 'p', layers, of: 3 }]) };
}

describe('what a publisher is asked for', () => {
  it('is nothing while all is wanted, and less only after a while', () => {
    const { clock, told, want } = setUp();
    want(3);
    clock.advance(10_000);
    want(1);
    clock.advance(LOWER_AFTER_MS - 1);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual([[12_000, 1]]);
    expect(clock.pendingTasks).toBe(0);
  });

  it('is more at once', () => {
    const { clock, told, want } = setUp();
    want(0);
    clock.advance(LOWER_AFTER_MS);
    clock.advance(500);
    want(2);
    want(2);
    expect(told).toEqual([
      [2000, 0],
      [2500, 2],
    ]);
    expect(clock.pendingTasks).toBe(0);
  });

  it('does not follow somebody who turns pages', () => {
    const { clock, told, want } = setUp();
    for (let turn = 0; turn < 20; turn += 1) {
      want(turn % 2 === 0 ? 0 : 3);
      clock.advance(LOWER_AFTER_MS / 2);
    }
    expect(told).toEqual([]);
  });

  it('falls to the most that was wanted meanwhile, and then further', () => {
    const { clock, told, want } = setUp();
    want(1);
    clock.advance(1000);
    want(2);
    clock.advance(500);
    want(0);
    clock.advance(10_000);
    expect(told).toEqual([
      [2000, 2],
      [4000, 0],
    ]);
  });

  it('forgets what is no longer published, and leaves no timer', () => {
    const { clock, demand, told, want } = setUp();
    want(0);
    demand.keep([]);
    clock.advance(10_000);
    want(0);
    demand.close();
    expect([told, clock.pendingTasks]).toEqual([[], 0]);
  });
});
