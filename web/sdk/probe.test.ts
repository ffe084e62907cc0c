import { describe, expect, it } from 'vitest';
import type { TransportOffer } from '../../signaling/messages/media.ts';
import type { OpenPipe } from './socket.ts';
import { CHECKS, type CheckResult, type ProbeEnvironment, relaysOf, testConnection } from './probe.ts';
import { answerSdp, localDtls } from './probe-path.ts';

const environment: ProbeEnvironment = {
  isSecureContext: true,
  createPeer: null,
  deviceKinds: () => Promise.resolve(['audioinput', 'videoinput']),
  videoCodecs: () => ['video/vp8', 'video/rtx', 'video/h264'],
};

/** A server that is not there. */
const nobody: OpenPipe = (events) => {
  queueMicrotask(() => events.closed('refused'));
  return { send: () => undefined, close: () => undefined };
};

async function run(
  changes: Partial<ProbeEnvironment> = {},
  signal?: AbortSignal,
): Promise<{ readonly told: readonly string[]; readonly found: readonly CheckResult[] }> {
  const told: string[] = [];
  const found = await testConnection({
    open: nobody,
    environment: { ...environment, ...changes },
    onResult: ({ id, state, detail }) => told.push(`${id} ${state} ${detail}`),
    ...(signal === undefined ? {} : { signal }),
  });
  return { told, found };
}

const detailOf = (found: readonly CheckResult[], id: string): string | undefined =>
  found.find((one) => one.id === id)?.detail;

describe('the connection test', () => {
  it('tells of each check when it begins and when it is done, and skips what needs a server that is not there', async () => {
    const { told, found } = await run();
    expect(found.map(({ id }) => id)).toEqual(CHECKS);
    expect(told.slice(-8)).toEqual(
      [
        'signalling failed unreachable',
        ...['udp', 'tcp', 'turn-udp', 'turn-tcp', 'turn-tls'].flatMap((id) => [
          `${id} running running`,
          `${id} skipped no-signalling`,
        ]),
      ].slice(-8),
    );
    expect(told).toContain('secure-context ok secure');
  });

  it.each<[string, Partial<ProbeEnvironment>, string, string]>([
    ['a page that is not secure', { isSecureContext: false }, 'secure-context', 'insecure-page'],
    [
      'a page that may not know devices',
      { deviceKinds: () => Promise.resolve(null) },
      'devices',
      'devices-hidden',
    ],
    ['no devices', { deviceKinds: () => Promise.resolve(['audiooutput']) }, 'devices', 'no-devices'],
    [
      'a microphone only',
      { deviceKinds: () => Promise.resolve(['audioinput']) },
      'devices',
      'microphone-only',
    ],
    ['a camera only', { deviceKinds: () => Promise.resolve(['videoinput']) }, 'devices', 'camera-only'],
    ['VP8 only', { videoCodecs: () => ['video/vp8'] }, 'codecs', 'vp8-only'],
    ['H.264 only', { videoCodecs: () => ['video/h264'] }, 'codecs', 'h264-only'],
    ['neither', { videoCodecs: () => ['video/av1'] }, 'codecs', 'no-video-codec'],
  ])('knows %s', async (_what, changes, id, detail) => {
    expect(detailOf((await run(changes)).found, id)).toBe(detail);
  });

  it('skips everything after it was stopped', async () => {
    const { found } = await run({}, AbortSignal.abort());
    expect(new Set(found.map(({ state, detail }) => `${state} ${detail}`))).toEqual(
      new Set(['skipped stopped']),
    );
  });

  it('tells relays apart by their URLs', () => {
    const credentials = { username: 'u', credential: 'c' };
    const servers = [
      {
        urls: ['turn:a:1?transport=udp', 'turn:a:1?transport=tcp', 'turns:a:2?transport=tcp'],
        ...credentials,
      },
      { urls: ['turn:b', 'stun:b'] },
    ];
    expect(relaysOf(servers, 'turn-udp')).toEqual([
      { urls: ['turn:a:1?transport=udp'], ...credentials },
      { urls: ['turn:b'] },
    ]);
    expect(relaysOf(servers, 'turn-tcp')).toEqual([{ urls: ['turn:a:1?transport=tcp'], ...credentials }]);
    expect(relaysOf(servers, 'turn-tls')).toEqual([{ urls: ['turns:a:2?transport=tcp'], ...credentials }]);
  });
});

describe('the description of a path', () => {
  const offer: TransportOffer = {
    transport_id: 't',
    ice_parameters: { usernameFragment: 'frag', password: 'pass', iceLite: true },
    ice_candidates: [
      {
        foundation: 'f1',
        priority: 7,
        ip: '192.0.2.1',
        address: '192.0.2.1',
        protocol: 'udp',
        port: 40000,
        type: 'host',
      },
      {
        foundation: 'f2',
        priority: 6,
        ip: 'fd00::1',
        address: 'fd00::1',
        protocol: 'tcp',
        port: 40000,
        type: 'host',
        tcpType: 'passive',
      },
    ],
    dtls_parameters: { role: 'auto', fingerprints: [{ algorithm: 'sha-256', value: 'AA:BB' }] },
  };

  it("is an answer to the browser's offer, with every candidate", () => {
    const lines = answerSdp(offer, 'v=0\r\na=mid:data\r\n').split('\r\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'a=ice-lite',
        'a=group:BUNDLE data',
        'a=mid:data',
        'a=ice-ufrag:frag',
        'a=ice-pwd:pass',
        'a=fingerprint:sha-256 AA:BB',
        'a=candidate:f1 1 udp 7 192.0.2.1 40000 typ host',
        'a=candidate:f2 1 tcp 6 fd00::1 40000 typ host tcptype passive',
      ]),
    );
  });

  it("takes the browser's certificate from its offer", () => {
    expect(localDtls('a=fingerprint:sha-256 01:02\r\n')).toEqual({
      role: 'client',
      fingerprints: [{ algorithm: 'sha-256', value: '01:02' }],
    });
  });
});
