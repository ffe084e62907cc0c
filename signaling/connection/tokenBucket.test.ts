import { describe, expect, it } from 'vitest';
import { KeyedTokenBuckets, TokenBucket, peerKey } from './tokenBucket.ts';

describe('token bucket', () => {
  it('allows a burst, then the rate, and never more than the burst again', () => {
    const bucket = new TokenBucket(3, 2, 0);
    const at = (ms: number): number => [1, 2, 3, 4, 5].filter(() => bucket.take(ms)).length;
    expect(at(0)).toBe(3);
    expect(at(499)).toBe(0);
    expect(at(500)).toBe(1);
    expect(at(60_000)).toBe(3);
  });

  it('is not fooled by a clock that steps back', () => {
    const bucket = new TokenBucket(1, 1, 1000);
    expect(bucket.take(1000)).toBe(true);
    expect(bucket.take(0)).toBe(false);
    expect(bucket.take(900)).toBe(false);
  });

  it('keeps one count for each key and forgets idle ones', () => {
    const buckets = new KeyedTokenBuckets(1, 1);
    expect(buckets.take('a', 0)).toBe(true);
    expect(buckets.take('a', 0)).toBe(false);
    expect(buckets.take('b', 0)).toBe(true);
    expect(buckets.size).toBe(2);
    expect(buckets.take('c', 120_000)).toBe(true);
    expect(buckets.size).toBe(1);
  });
});

describe('what counts as one peer', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s is %s', (address, key) => {
    expect(peerKey(address)).toBe(key);
  });
});
