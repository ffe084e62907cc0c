import { describe, expect, it } from 'vitest';
import {
  addressBytes,
  decodeNameConstraints,
  encodeNameConstraints,
  isPermitted,
  permittedFor,
} from './nameConstraints.ts';

describe('what a local CA may sign for', () => {
  const permitted = permittedFor([
    'box',
    'box.lan',
    '192.168.1.2',
    'call.example.org',
    '203.0.113.7',
    '2001:db8::7',
  ]);

  it.each([
    ['localhost', true],
    ['anything.local', true],
    ['box', true],
    ['box.lan', true],
    ['CALL.example.org', true],
    ['a.call.example.org', true],
    ['example.org', false],
    ['notlocal', false],
    ['bank.example', false],
    ['10.200.3.4', true],
    ['172.31.0.1', true],
    ['172.32.0.1', false],
    ['100.127.0.1', true],
    ['203.0.113.7', true],
    ['203.0.113.8', false],
    ['fd12::1', true],
    ['::1', true],
    ['::2', false],
    ['2001:db8::7', true],
    ['2001:db8::8', false],
  ])('%s: %s', (host, expected) => {
    expect(isPermitted(permitted, host)).toBe(expected);
  });

  it('lists what private names and ranges do not cover already, and nothing twice', () => {
    expect(permitted.names.slice(-2)).toEqual(['box', 'call.example.org']);
    expect(permitted.ranges.slice(-2)).toEqual(['203.0.113.7/32', '2001:db8::7/128']);
  });

  it('is the same after a way through DER', () => {
    const decoded = decodeNameConstraints(encodeNameConstraints(permitted));
    expect(decoded.names).toEqual(permitted.names);
    expect(encodeNameConstraints(decoded)).toEqual(encodeNameConstraints(permitted));
  });

  it('is nothing where the bytes are something else', () => {
    for (const bytes of [
      [],
      [0x30],
      [0x30, 0x05, 1],
      [0x04, 0x02, 0x30, 0x00],
      [0x30, 0x84, 255, 255, 255, 255],
    ]) {
      expect(decodeNameConstraints(Uint8Array.from(bytes))).toEqual({ names: [], ranges: [] });
    }
  });

  it('knows the bytes of addresses', () => {
    expect(addressBytes('1.2.3.4')).toEqual([1, 2, 3, 4]);
    expect(addressBytes('::1')).toEqual([...Array.from({ length: 15 }, () => 0), 1]);
    expect(addressBytes('2001:db8::ffff:1.2.3.4').slice(-6)).toEqual([255, 255, 1, 2, 3, 4]);
  });
});
