import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config/load.ts';
import { announceMedia, bindable, isLoopback, machineAddresses } from './mediaAddresses.ts';

function ipv4(address: string, internal = false): NetworkInterfaceInfo {
  return { address, internal, family: 'IPv4', netmask: '', mac: '', cidr: null };
}
function ipv6(address: string, internal = false): NetworkInterfaceInfo {
  return { address, internal, family: 'IPv6', netmask: '', mac: '', cidr: null, scopeid: 0 };
}

describe('addresses of a machine', () => {
  it('are all but link-local ones, loopback last', () => {
    expect(
      machineAddresses({
        lo: [ipv4('127.0.0.1', true), ipv6('::1', true)],
        eth0: [ipv4('192.0.2.7'), ipv6('2001:db8::7'), ipv6('fe80::1')],
        wlan0: [ipv4('169.254.3.4'), ipv4('10.1.2.3'), ipv6('fd00::7')],
        gone: undefined,
      }),
    ).toEqual(['192.0.2.7', '10.1.2.3', '2001:db8::7', 'fd00::7', '127.0.0.1', '::1']);
  });

  it('are no more than a client can try', () => {
    const many = Array.from({ length: 40 }, (_, index) => ipv4(`172.17.${index}.1`));
    expect(machineAddresses({ docker: many, lo: [ipv4('127.0.0.1', true)] })).toHaveLength(9);
  });

  it('are used only where they can be bound', async () => {
    expect(await bindable(['127.0.0.1', '203.0.113.77', '2001:db8::77'])).toEqual(['127.0.0.1']);
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['::1', true],
    ['::', false],
    ['192.0.2.127', false],
  ])('%s is loopback: %s', (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });
});

describe('an announced address', () => {
  const addresses = [{ ip: '10.0.0.4' }, { ip: 'fd00::4' }, { ip: '127.0.0.1' }, { ip: '::1' }];

  it('stands for the one address of its family that is not loopback', () => {
    expect(announceMedia(addresses, '203.0.113.9')).toEqual([
      { ip: '10.0.0.4', announcedAddress: '203.0.113.9' },
      ...addresses.slice(1),
    ]);
    expect(announceMedia(addresses, '2001:db8::9')[1]).toEqual({
      ip: 'fd00::4',
      announcedAddress: '2001:db8::9',
    });
  });

  it('may be a name, for IPv4', () => {
    expect(announceMedia(addresses, 'call.example.org')[0]).toMatchObject({
      announcedAddress: 'call.example.org',
    });
  });

  it('changes nothing where it is absent', () => {
    expect(announceMedia(addresses, undefined)).toBe(addresses);
  });

  it.each([
    ['there are two', [{ ip: '10.0.0.4' }, { ip: '10.0.1.4' }], /10\.0\.0\.4, 10\.0\.1\.4.*--media-ip/],
    ['there is only loopback', [{ ip: '127.0.0.1' }], /listens on none/],
  ])('is refused where %s', (_what, of, message) => {
    expect(() => announceMedia(of, '203.0.113.9')).toThrow(ConfigError);
    expect(() => announceMedia(of, '203.0.113.9')).toThrow(message);
  });
});
