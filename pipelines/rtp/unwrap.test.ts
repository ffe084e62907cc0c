import { expect, test } from 'vitest';
import { extendSequence, firstSequence, TimestampUnwrapper, wrapTimestamp } from './unwrap.ts';

test('sequence numbers count on over the wrap, forwards and backwards', () => {
  let newest = firstSequence(65_534);
  const extended = [65_535, 0, 2, 1, 65_533, 32_000].map((sequenceNumber) => {
    const sequence = extendSequence(newest, sequenceNumber);
    if (sequence > newest) newest = sequence;
    return sequence;
  });
  expect(extended).toEqual([65_535, 65_536, 65_538, 65_537, 65_533, 97_536]);
});

test('timestamps count on over several wraps and wrap back to what came', () => {
  const unwrapper = new TimestampUnwrapper();
  const step = 0x7000_0000;
  let expected = 0xfff0_0000;
  expect(unwrapper.unwrap(expected)).toBe(expected);
  for (let i = 0; i < 12; i++) {
    expected += step;
    const wire = wrapTimestamp(expected);
    expect(wire).toBeLessThan(0x1_0000_0000);
    expect(unwrapper.unwrap(wire)).toBe(expected);
  }
  expect(unwrapper.unwrap(wrapTimestamp(expected - 3000))).toBe(expected - 3000);
  expect(wrapTimestamp(-1)).toBe(0xffffffff);
});
