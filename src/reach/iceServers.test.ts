import { createHmac } from 'node:crypto';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { IceServer } from '../../signaling/messages/media.ts';
import { IceServers, type IceServersOptions, type OwnRelay } from './iceServers.ts';

const own: OwnRelay = {
  secret: 'shared',
  port: 3478,
  tlsPort: 5349,
  host: null,
  listen: ['10.0.0.4', 'fd00::4', '127.0.0.1'],
};
const NOW_MS = 1_700_000_000_500;

function issue(changes: Partial<IceServersOptions>, host?: string): readonly IceServer[] {
  const options = { own, external: [], credentialSeconds: 3600, randomId: () => 'abc', ...changes };
  const servers = new IceServers(options).issue(NOW_MS, host);
  for (const server of servers) expect(v.is(IceServer, server)).toBe(true);
  return servers;
}

describe('relays that a client is told of', () => {
  it('have credentials that end with their time', () => {
    const [server] = issue({}, 'call.example.org');
    expect(server).toEqual({
      urls: [
        'turn:call.example.org:3478?transport=udp',
        'turn:call.example.org:3478?transport=tcp',
        'turns:call.example.org:5349?transport=tcp',
      ],
      username: '1700003600:abc',
      credential: createHmac('sha1', 'shared').update('1700003600:abc').digest('base64'),
    });
  });

  it.each([
    ['call.example.org:7880', 'call.example.org'],
    ['192.0.2.1:7880', '192.0.2.1'],
    ['[2001:db8::1]:7880', '[2001:db8::1]'],
    ['localhost:7880', '127.0.0.1'],
    [undefined, '127.0.0.1'],
    ['a b:c', '127.0.0.1'],
  ])('are at the host by which it came: %s', (header, host) => {
    expect(issue({}, header)[0]?.urls[0]).toBe(`turn:${host}:3478?transport=udp`);
  });

  it('are at the configured host where there is one', () => {
    expect(issue({ own: { ...own, host: 'turn.example.org', tlsPort: null } }, 'elsewhere')[0]?.urls).toEqual(
      ['turn:turn.example.org:3478?transport=udp', 'turn:turn.example.org:3478?transport=tcp'],
    );
  });

  it('may be run by others, with a secret or with what they gave', () => {
    const external = [
      { urls: ['turns:turn.example.net:443'], secret: 'theirs' },
      { urls: ['turn:turn.example.com'], username: 'ada', credential: 'pass' },
      { urls: ['stun:stun.example.com'] },
    ];
    expect(issue({ own: null, external })).toEqual([
      {
        urls: ['turns:turn.example.net:443'],
        username: '1700003600:abc',
        credential: createHmac('sha1', 'theirs').update('1700003600:abc').digest('base64'),
      },
      { urls: ['turn:turn.example.com'], username: 'ada', credential: 'pass' },
      { urls: ['stun:stun.example.com'] },
    ]);
  });

  it('are none where there are none', () => {
    expect(issue({ own: null })).toEqual([]);
  });
});
