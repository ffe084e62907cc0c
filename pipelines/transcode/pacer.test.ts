import { expect, test } from 'vitest';
import { Pacer } from './pacer.ts';

const frame = (packets: number): Uint8Array[] =>
  Array.from({ length: packets }, (_, i) => Uint8Array.of(i & 0xff));

test('an ordinary frame leaves at once, a very large one in steps of a millisecond', () => {
  const pacer = new Pacer<string>();
  expect(pacer.nextDeadlineMs).toBe(Infinity);
  pacer.enqueue(frame(40), 'small');
  expect(pacer.take(1000)).toEqual({ datagrams: frame(40), finished: ['small'] });
  pacer.enqueue(frame(150), 'large');
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
  sizes.forEach((size, i) => pacer.enqueue(frame(size), i));
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
  expect(pacer.enqueue(frame(4000), 'a')).toBe(true);
  expect(pacer.enqueue(frame(100), 'b')).toBe(false);
  pacer.take(0);
  expect(pacer.enqueue(frame(100), 'b')).toBe(true);
});
