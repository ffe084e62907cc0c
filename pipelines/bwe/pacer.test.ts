import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PacketPriority, Pacer } from './pacer.ts';

const packets = (name: string, count: number, bytes = 1000): { bytes: number; token: string }[] =>
  Array.from({ length: count }, (_, i) => ({ bytes, token: `${name}${i}` }));
const rates = (pacingBps: number, windowBytes = Infinity): Parameters<Pacer<string>['setRates']>[0] => ({
  pacingBps,
  targetBps: pacingBps,
  windowBytes,
});

/** Follows `nextUs` to the end; when each packet left. */
function drain(pacer: Pacer<string>, fromUs: number, untilUs = Infinity): [string, number][] {
  const left: [string, number][] = [];
  for (let atUs = fromUs; atUs < untilUs; atUs = pacer.nextUs()) {
    for (const { token } of pacer.take(atUs)) left.push([token, atUs]);
  }
  return left;
}

describe('the pacer', () => {
  test('spreads a key frame over as long as the rate needs', () => {
    const pacer = new Pacer<string>();
    pacer.setRates(rates(8_000_000), 0);
    pacer.enqueue('video', packets('k', 100));
    const left = drain(pacer, 0);
    // 1000 bytes at 8 Mbit/s take 1 ms; the first may leave on the credit of one byte.
    expect(left.at(-1)?.[1]).toBeGreaterThan(98_000);
    expect(left.at(-1)?.[1]).toBeLessThan(101_000);
    expect(left.filter(([, atUs]) => atUs <= 50_000).length).toBeLessThanOrEqual(51);
  });

  test('sound leaves at once, then what was asked for again, then pictures', () => {
    const pacer = new Pacer<string>();
    pacer.setRates(rates(800_000), 0);
    pacer.enqueue('video', packets('v', 2));
    pacer.enqueue('retransmission', packets('r', 1));
    pacer.enqueue('audio', packets('a', 2, 100));
    const left = drain(pacer, 0);
    expect(left.map(([token]) => token)).toEqual(['a0', 'a1', 'r0', 'v0', 'v1']);
    expect(left.slice(0, 2).map(([, atUs]) => atUs)).toEqual([0, 0]);
    // 200 bytes of sound are paid for: 2 ms at 800 kbit/s.
    expect(left[2]?.[1]).toBeGreaterThanOrEqual(1_900);
  });

  test('a pause earns no more than 5 ms of burst', () => {
    const pacer = new Pacer<string>();
    pacer.setRates(rates(8_000_000), 0);
    pacer.enqueue('video', packets('v', 20));
    expect(pacer.take(10_000_000).length).toBe(5);
  });

  test('the congestion window stops everything but sound', () => {
    const pacer = new Pacer<string>();
    pacer.setRates(rates(80_000_000, 1_500), 0);
    pacer.enqueue('video', packets('v', 5));
    pacer.enqueue('audio', packets('a', 1, 100));
    expect(pacer.take(5_000).map(({ token }) => token)).toEqual(['a0', 'v0', 'v1']);
    expect(pacer.nextUs()).toBe(Infinity);
    pacer.setRates(rates(80_000_000, 500), 6_000);
    expect(pacer.take(6_000).map(({ token }) => token)).toEqual(['v2']);
  });

  test('a frame is taken whole or refused whole, and one alone is always taken', () => {
    const pacer = new Pacer<string>();
    pacer.setRates(rates(80_000), 0);
    expect(pacer.enqueue('video', packets('big', 100))).toBe(true);
    expect(pacer.enqueue('video', packets('v', 1))).toBe(false);
    expect(pacer.queuedBytes).toBe(100_000);
    expect(pacer.queueMs).toBe(10_000);
    pacer.clear();
    expect(pacer.queuedBytes).toBe(0);
    expect(pacer.enqueue('video', packets('v', 1))).toBe(true);
  });

  test('padding fills only what is left over', () => {
    const pacer = new Pacer<string>();
    pacer.setRates(rates(8_000_000), 0);
    pacer.enqueue('video', packets('v', 1));
    const padding = (): { bytes: number; token: string } => ({ bytes: 1000, token: 'p' });
    expect(pacer.take(5_000, padding).map(({ token }) => token)).toEqual(['v0', 'p', 'p', 'p', 'p']);
    expect(pacer.nextUs()).toBe(Infinity);
    expect(pacer.nextUs(true)).toBeLessThan(7_000);
  });

  test('never sends faster than told, loses nothing, and keeps the order of each priority', () => {
    const step = fc.record({
      priority: fc.constantFrom<PacketPriority>('audio', 'retransmission', 'video'),
      count: fc.integer({ min: 1, max: 8 }),
      bytes: fc.integer({ min: 40, max: 1240 }),
      gapUs: fc.integer({ min: 0, max: 20_000 }),
      pacingBps: fc.integer({ min: 0, max: 5_000_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const pacer = new Pacer<string>();
        const [taken, left]: [string[], string[]] = [[], []];
        let [nowUs, allowedBytes, sentBytes, audioBytes] = [0, 1240, 0, 0];
        let pacingBps = 0;
        steps.forEach((entry, index) => {
          nowUs += entry.gapUs;
          allowedBytes += (pacingBps * entry.gapUs) / 8e6;
          pacingBps = entry.pacingBps;
          pacer.setRates(rates(pacingBps), nowUs);
          const frame = packets(`${entry.priority}-${index}-`, entry.count, entry.bytes);
          if (pacer.enqueue(entry.priority, frame)) taken.push(...frame.map(({ token }) => token));
          for (const { token, bytes } of pacer.take(nowUs)) {
            left.push(token);
            sentBytes += bytes;
            if (token.startsWith('audio')) audioBytes += bytes;
          }
          expect(sentBytes - audioBytes).toBeLessThanOrEqual(allowedBytes + 1);
          expect(pacer.queuedBytes).toBeGreaterThanOrEqual(0);
        });
        pacer.setRates(rates(50_000_000), nowUs);
        for (const [token] of drain(pacer, nowUs)) left.push(token);
        for (const priority of ['audio', 'retransmission', 'video']) {
          const own = (list: string[]): string[] => list.filter((token) => token.startsWith(priority));
          expect(own(left)).toEqual(own(taken));
        }
        expect(pacer.queuedBytes).toBe(0);
      }),
      { seed: 8 },
    );
  });
});
