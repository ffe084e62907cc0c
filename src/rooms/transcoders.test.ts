import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../observe/logger.ts';
import type { SourceId } from '../plan/types.ts';
import { MediaWorkerPool } from '../sfu/mediaWorkerPool.ts';
import { VirtualClock } from '../time/virtualClock.ts';
import { Transcoders } from './transcoders.ts';

/** A pool without any process: every session fails to open, as it would on workers that die at once. */
async function setUp(): Promise<{
  clock: VirtualClock;
  transcoders: Transcoders;
  changes: () => number;
  look: () => Promise<void>;
}> {
  const clock = new VirtualClock();
  const logger = createLogger('silent');
  const pool = await MediaWorkerPool.start({ processes: 0, codecThreads: 1, logger, clock });
  let changes = 0;
  const transcoders = new Transcoders({
    callId: 'call',
    pool,
    clock,
    logger,
    randomSsrc: () => 1,
    onChange: () => {
      changes += 1;
    },
    inUse: () => false,
  });
  // Only what is asked of them before a session opens: the pool refuses first.
  transcoders.setRouter(new EventEmitter() as unknown as types.Router);
  const producer = Object.assign(new EventEmitter(), {
    id: 'p',
    closed: false,
    paused: false,
  }) as unknown as types.Producer;
  const wanted = {
    sourceId: 'ada:camera' as SourceId,
    producer,
    to: 'H264',
    targetBps: 1,
    ceilingBps: 1,
    maxWidth: 2,
    maxHeight: 2,
  } as const;
  const look = async (): Promise<void> => {
    transcoders.keep([wanted]);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, transcoders, changes: () => changes, look };
}

describe('a transcode that fails again and again', () => {
  it('is tried at once, then ever more slowly, then not for a minute, and then again', async () => {
    const { clock, transcoders, changes, look } = await setUp();
    const triesAtMs: number[] = [];
    for (let step = 0; step < 80 && !transcoders.isHopeless('p'); step += 1) {
      const before = clock.pendingTasks;
      await look();
      if (clock.pendingTasks > before) triesAtMs.push(clock.nowMs());
      clock.advance(10);
    }
    expect(triesAtMs).toHaveLength(4);
    const pauses = triesAtMs.slice(1).map((atMs, index) => atMs - (triesAtMs[index] ?? 0));
    expect(pauses).toEqual([10, 100, 200]);
    expect(transcoders.isHopeless('p')).toBe(true);
    await look();
    expect(clock.pendingTasks).toBe(1);
    const known = changes();
    clock.advance(60_000);
    expect(transcoders.isHopeless('p')).toBe(false);
    expect(changes()).toBe(known + 1);
    transcoders.close();
    expect(clock.pendingTasks).toBe(0);
  });
});
