import { expect, test } from 'vitest';
import { Pacer } from './pacer.ts';

const frame = (packets: number): Uint8Array[] =>
  Array.from({ length: packets }, (_, i) => Uint8Array.of(i & 0xff));

test('an ordinary frame leaves at once, a very large one in steps of a millisecond', () => {
  const pacer = new Pacer<string>();
  expect(pacer.nextDeadlineMs).toBe(Infinity);
  pacer.enqueue('lane', frame(40), 'small');
  expect(pacer.take(1000)).toEqual({ datagrams: frame(40), finished: ['small'] });
  pacer.enqueue('lane', frame(150), 'large');
  const steps: [number, number, readonly string[]][] = [];
  for (let atMs = 1100; pacer.nextDeadlineMs < Infinity; atMs = pacer.nextDeadlineMs) {
    const { datagrams, finished } = pacer.take(atMs);
    steps.push([atMs, datagrams.length, finished]);
  }
  expect(steps).toEqual([
    [1100, 64, []],
    [1101, 32, []],
    [1102, 32, []],
    [1103, 22, ['large']],
  ]);
});

test('frames leave in order and whole', () => {
  const pacer = new Pacer<number>();
  const sizes = [70, 1, 90, 3];
  sizes.forEach((size, i) => pacer.enqueue('lane', frame(size), i));
  const finished: number[] = [];
  let packets = 0;
  for (let atMs = 0; atMs < 100; atMs++) {
    const step = pacer.take(atMs);
    packets += step.datagrams.length;
    finished.push(...step.finished);
  }
  expect(finished).toEqual([0, 1, 2, 3]);
  expect(packets).toBe(164);
});

test('what does not fit is refused whole, and there is room again later', () => {
  const pacer = new Pacer<string>();
  expect(pacer.enqueue('lane', frame(4000), 'a')).toBe(true);
  expect(pacer.enqueue('lane', frame(100), 'b')).toBe(false);
  pacer.take(0);
  expect(pacer.enqueue('lane', frame(100), 'b')).toBe(true);
});

/** Datagrams of a thousand bytes each. */
const thousands = (packets: number): Uint8Array[] =>
  Array.from({ length: packets }, () => new Uint8Array(1000));

test('with a rate, ordinary frames leave at once and a key frame is spread', () => {
  const pacer = new Pacer<string>();
  // 100 bytes a millisecond, and 4000 in a burst.
  pacer.setRate('narrow', 800_000);
  pacer.enqueue('narrow', thousands(3), 'small');
  expect(pacer.take(1000).finished).toEqual(['small']);
  pacer.enqueue('narrow', thousands(30), 'key');
  const leftAtMs: number[] = [];
  let atMs = 1033;
  for (; pacer.nextDeadlineMs < Infinity; atMs = Math.ceil(pacer.nextDeadlineMs)) {
    leftAtMs.push(...pacer.take(atMs).datagrams.map(() => atMs));
  }
  expect(leftAtMs).toHaveLength(30);
  expect(leftAtMs.filter((leftMs) => leftMs === 1033)).toHaveLength(4);
  // 26000 bytes at 100 a millisecond.
  expect((leftAtMs.at(-1) ?? 0) - 1033).toBeGreaterThanOrEqual(250);
  expect((leftAtMs.at(-1) ?? 0) - 1033).toBeLessThanOrEqual(270);
});

test('an output with a rate does not hold up another one', () => {
  const pacer = new Pacer<string>();
  pacer.setRate('narrow', 80_000);
  pacer.enqueue('narrow', thousands(20), 'slow');
  pacer.enqueue('wide', thousands(20), 'fast');
  expect(pacer.take(0).finished).toEqual(['fast']);
  pacer.setRate('narrow', null);
  expect(pacer.take(1).finished).toEqual(['slow']);
});

test('an output that ends leaves nothing behind', () => {
  const pacer = new Pacer<string>();
  pacer.setRate('narrow', 80_000);
  pacer.enqueue('narrow', frame(4000), 'a');
  pacer.take(0);
  pacer.remove('narrow');
  expect(pacer.nextDeadlineMs).toBe(Infinity);
  expect(pacer.enqueue('other', frame(4096), 'b')).toBe(true);
});
