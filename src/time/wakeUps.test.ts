import { describe, expect, it } from 'vitest';
import { VirtualClock } from './virtualClock.ts';
import { WakeUps } from './wakeUps.ts';

describe('waiting callers', () => {
  it('are woken together, or each when its patience ends, and leave no timer', async () => {
    const clock = new VirtualClock();
    const wakeUps = new WakeUps(clock);
    const woken: string[] = [];
    const waits = ['a', 'b'].map((name, index) =>
      wakeUps.wait(100 + index * 100).then(() => woken.push(name)),
    );
    clock.advance(100);
    await waits[0];
    expect(woken).toEqual(['a']);
    wakeUps.wakeAll();
    await waits[1];
    expect(woken).toEqual(['a', 'b']);
    expect(clock.pendingTasks).toBe(0);
  });
});
