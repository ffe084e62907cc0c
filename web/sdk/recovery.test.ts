import { describe, expect, it } from 'vitest';
import { Recovery } from './recovery.ts';
import { VirtualClock, settle } from './testing/virtual-clock.ts';

interface Attempt {
  readonly atMs: number;
  readonly openTimeoutMs: number;
  readonly succeed: () => void;
  readonly fail: (error?: Error) => void;
}

function setUp(): {
  recovery: Recovery;
  clock: VirtualClock;
  attempts: Attempt[];
  log: string[];
  last: () => Attempt;
} {
  const clock = new VirtualClock();
  const attempts: Attempt[] = [];
  const log: string[] = [];
  const last = (): Attempt => {
    const attempt = attempts.at(-1);
    if (attempt === undefined) throw new Error('no attempt was made');
    return attempt;
  };
  const recovery = new Recovery(clock, () => 0, {
    reconnect: (openTimeoutMs) => {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      attempts.push({
        atMs: clock.nowMs(),
        openTimeoutMs,
        succeed: () => resolve(undefined),
        fail: (error = new Error('no way')) => reject(error),
      });
      return promise;
    },
    abandon: () => {
      log.push('abandon');
      last().fail();
    },
    isFinal: (error) => error instanceof Error && error.message === 'final',
    refused: () => log.push('refused'),
    recovering: (trouble) => log.push(trouble),
    recovered: (tookMs) => log.push(`recovered in ${tookMs} ms`),
  });
  return { recovery, clock, attempts, log, last };
}

function expectNothingLeft(part: ReturnType<typeof setUp>): void {
  part.recovery.close();
  expect(part.clock.pending).toBe(0);
}

describe('Recovery', () => {
  it('is whole when every part is, and says how long it took', async () => {
    const part = setUp();
    part.recovery.broke('send', 'path-interrupted');
    await part.clock.advance(500);
    part.recovery.broke('receive', 'path-interrupted');
    part.recovery.broke('receive', 'path-failed');
    part.recovery.broke('receive', 'path-failed');
    await part.clock.advance(500);
    part.recovery.healed('send');
    expect(part.recovery.isBroken).toBe(true);
    part.recovery.healed('receive');
    part.recovery.healed('receive');
    expect(part.log).toEqual(['path-interrupted', 'path-interrupted', 'path-failed', 'recovered in 1000 ms']);
    expect(part.attempts).toEqual([]);
    expectNothingLeft(part);
  });

  it('tries for ever, at most five seconds apart, and with more patience each time', async () => {
    const part = setUp();
    part.recovery.connectionLost(false);
    for (let count = 0; count < 40; count++) {
      await part.clock.advance(5_000);
      if (part.attempts.length > count) part.last().fail();
    }
    const gaps = part.attempts.slice(1).map(({ atMs }, at) => atMs - (part.attempts[at]?.atMs ?? 0));
    expect(part.attempts.length).toBeGreaterThan(20);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(10_000);
    expect(part.attempts.slice(0, 4).map(({ openTimeoutMs }) => openTimeoutMs)).toEqual([
      3_000, 5_000, 10_000, 10_000,
    ]);
    expect(part.log).toEqual(['connection']);
    expectNothingLeft(part);
  });

  it('tries at once where this side alone lost the connection, and after a pause where all did', async () => {
    const alone = setUp();
    alone.recovery.connectionLost(true);
    await alone.clock.advance(0);
    expect(alone.attempts).toHaveLength(1);
    expectNothingLeft(alone);
    const all = setUp();
    all.recovery.connectionLost(false);
    await all.clock.advance(100);
    expect(all.attempts).toEqual([]);
    await all.clock.advance(100);
    expect(all.attempts).toHaveLength(1);
    expectNothingLeft(all);
  });

  it('is back when the connection and what it carries are', async () => {
    const part = setUp();
    part.recovery.broke('send', 'path-failed');
    await part.clock.advance(1_000);
    part.recovery.connectionLost(true);
    await part.clock.advance(0);
    part.recovery.healed('send', 'receive');
    part.last().succeed();
    await settle();
    expect(part.recovery.isBroken).toBe(true);
    // Nothing is sought any more.
    part.recovery.retryNow();
    await part.clock.advance(200);
    expect(part.attempts).toHaveLength(1);
    part.recovery.healed('media', 'connection');
    expect(part.log.at(-1)).toBe('recovered in 1200 ms');
    expectNothingLeft(part);
  });

  it('ends a pause when the network is back', async () => {
    const part = setUp();
    part.recovery.connectionLost(false);
    for (let count = 0; count < 8; count++) {
      await part.clock.advance(5_000);
      part.last().fail();
      await settle();
    }
    const before = part.attempts.length;
    part.recovery.retryNow();
    await part.clock.advance(0);
    expect(part.attempts).toHaveLength(before + 1);
    expect(part.last().openTimeoutMs).toBe(3_000);
    expectNothingLeft(part);
  });

  it('gives up an attempt that hangs when the network is back, and leaves a fresh one alone', async () => {
    const part = setUp();
    part.recovery.connectionLost(true);
    await part.clock.advance(1_000);
    part.recovery.retryNow();
    expect(part.log).toEqual(['connection']);
    await part.clock.advance(1_500);
    part.recovery.retryNow();
    await part.clock.advance(0);
    expect(part.log).toEqual(['connection', 'abandon']);
    expect(part.attempts.map(({ atMs }) => atMs)).toEqual([0, 2_500]);
    expectNothingLeft(part);
  });

  it('goes on where the connection is lost before its attempt could say that it got in', async () => {
    const part = setUp();
    part.recovery.connectionLost(true);
    await part.clock.advance(0);
    part.recovery.connectionLost(false);
    part.last().succeed();
    await part.clock.advance(1_000);
    expect(part.attempts).toHaveLength(2);
    expectNothingLeft(part);
  });

  it('does not begin anew with short pauses while a server comes and goes', async () => {
    const part = setUp();
    part.recovery.connectionLost(true);
    const gapsMs: number[] = [];
    for (let count = 0; count < 5; count++) {
      const lostAtMs = part.clock.nowMs();
      await part.clock.advance(5_000 * 2);
      gapsMs.push(part.last().atMs - lostAtMs);
      part.last().succeed();
      await settle();
      part.recovery.healed('connection');
      await part.clock.advance(1_000);
      part.recovery.connectionLost(true);
    }
    expect(gapsMs.map(Math.round)).toEqual([0, 188, 281, 422, 633]);
    expectNothingLeft(part);
  });

  it('stops where the server refuses for good, and when it is closed', async () => {
    const part = setUp();
    part.recovery.connectionLost(true);
    await part.clock.advance(0);
    part.last().fail(new Error('final'));
    await part.clock.advance(60_000);
    expect(part.log).toEqual(['connection', 'refused']);
    expect(part.attempts).toHaveLength(1);
    part.recovery.close();
    part.recovery.connectionLost(true);
    part.recovery.broke('send', 'path-failed');
    await part.clock.advance(60_000);
    expect(part.log).toHaveLength(2);
    expectNothingLeft(part);
  });
});
