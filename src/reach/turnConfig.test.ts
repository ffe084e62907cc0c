import { describe, expect, it } from 'vitest';
import { coturnConfig, relayAddresses, type TurnConfig } from './turnConfig.ts';

const MACHINE = ['10.0.0.4', '2001:db8::4', '127.0.0.1', '::1'];

describe('addresses of the relay', () => {
  it('are the media addresses, of which loopback may only be listened on', () => {
    expect(
      relayAddresses(
        MACHINE.map((ip) => ({ ip })),
        MACHINE,
      ),
    ).toEqual({
      listen: MACHINE,
      relay: ['10.0.0.4', '2001:db8::4'],
      peers: ['10.0.0.4', '2001:db8::4'],
    });
  });

  it('are loopback where there is nothing else', () => {
    expect(relayAddresses([{ ip: '127.0.0.1' }], MACHINE)).toEqual({
      listen: ['127.0.0.1'],
      relay: ['127.0.0.1'],
      peers: ['127.0.0.1'],
    });
  });

  it('permit what stands before a NAT, where it is an address', () => {
    const media = [
      { ip: '10.0.0.4', announcedAddress: '203.0.113.9' },
      { ip: '10.0.0.5', announcedAddress: 'call.example.org' },
    ];
    expect(relayAddresses(media, MACHINE).peers).toEqual(['10.0.0.4', '10.0.0.5', '203.0.113.9']);
  });

  it('are those of the machine where media listens on all', () => {
    expect(relayAddresses([{ ip: '0.0.0.0', announcedAddress: '203.0.113.9' }], MACHINE)).toEqual({
      listen: ['10.0.0.4', '127.0.0.1'],
      relay: ['10.0.0.4'],
      peers: ['10.0.0.4', '203.0.113.9'],
    });
  });
});

describe('the configuration of coturn', () => {
  const config: TurnConfig = {
    addresses: relayAddresses([{ ip: '10.0.0.4' }], MACHINE),
    port: 3478,
    tls: null,
    secret: 'shared',
    relaysPerUser: 24,
    maxRelays: 2000,
    maxRelayBps: 40_000_000,
    folder: '/tmp/turn',
  };
  const linesOf = (changes: Partial<TurnConfig> = {}): readonly string[] =>
    coturnConfig({ ...config, ...changes }).split('\n');

  it('denies every peer but the media addresses', () => {
    const lines = linesOf();
    expect(lines.filter((line) => line.startsWith('denied-peer-ip'))).toEqual([
      'denied-peer-ip=0.0.0.0-255.255.255.255',
      'denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ]);
    expect(lines.filter((line) => line.startsWith('allowed-peer-ip'))).toEqual(['allowed-peer-ip=10.0.0.4']);
    expect(lines).not.toContain('allow-loopback-peers');
    expect(lines).toEqual(expect.arrayContaining(['no-cli', 'no-tcp-relay', 'no-tls', 'use-auth-secret']));
  });

  it('permits loopback only where media is there', () => {
    const addresses = relayAddresses([{ ip: '127.0.0.1' }], MACHINE);
    expect(linesOf({ addresses })).toContain('allow-loopback-peers');
  });

  it("has TLS with the server's certificate, and no old versions", () => {
    const lines = linesOf({ tls: { port: 5349, certPath: '/c.pem', keyPath: '/k.pem' } });
    expect(lines).toEqual(
      expect.arrayContaining([
        'tls-listening-port=5349',
        'cert=/c.pem',
        'pkey=/k.pem',
        'no-tlsv1',
        'no-tlsv1_1',
      ]),
    );
    expect(lines).not.toContain('no-tls');
  });

  it('limits what one may take, in the units of coturn', () => {
    expect(linesOf()).toEqual(
      expect.arrayContaining(['user-quota=24', 'total-quota=2000', 'max-bps=5000000']),
    );
  });
});
