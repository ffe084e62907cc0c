import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientKey, formatAddress, normaliseAddress } from './address.ts';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('addresses', () => {
  it.each([
    ['7f000001', '127.0.0.1'],
    ['00000000000000000000000000000001', '::1'],
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000ffffc0a80001', '192.168.0.1'],
    ['20010db8000000000000000000000001', '2001:db8::1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['20010db8000000010000000000000001', '2001:db8:0:1::1'],
    ['fe800000000000000000000000000000', 'fe80::'],
    ['7f00', ''],
  ])('%s is written as %s', (hex, text) => {
    expect(formatAddress(bytesOf(hex))).toBe(text);
  });

  it('are written as the URL parser writes them', () => {
    const group = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const text = formatAddress(Uint8Array.from(groups.flatMap((value) => [value >> 8, value & 0xff])));
        fc.pre(isIPv6(text));
        expect(`[${text}]`).toBe(
          new URL(`http://[${groups.map((value) => value.toString(16)).join(':')}]/`).hostname,
        );
      }),
      { seed: 5, numRuns: 1000 },
    );
  });

  it('come from the system without zone and mapping', () => {
    expect(normaliseAddress('::ffff:10.0.0.1')).toBe('10.0.0.1');
    expect(normaliseAddress('fe80::1%eth0')).toBe('fe80::1');
    expect(normaliseAddress('10.0.0.1')).toBe('10.0.0.1');
  });

  it('count as one client within an IPv6 network of 64 bits', () => {
    expect(clientKey('10.0.0.1')).toBe('10.0.0.1');
    expect(clientKey('2001:db8:0:1::1')).toBe('2001:db8:0:1::/64');
    expect(clientKey('2001:db8:0:1:ffff::')).toBe('2001:db8:0:1::/64');
    expect(clientKey('2001:db8::1')).toBe('2001:db8:0:0::/64');
    expect(clientKey('::1')).toBe('0:0:0:0::/64');
  });
});
