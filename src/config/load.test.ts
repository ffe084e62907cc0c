import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, SETTINGS, loadConfig, parseConfig } from './load.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'commucat-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const where = path.join(folder, name);
  writeFileSync(where, text);
  return where;
}

describe('configuration', () => {
  it('has a default for everything', () => {
    const config = parseConfig({});
    expect(config.listen).toMatchObject({ host: '127.0.0.1', port: 7880, implementation: 'uws' });
    expect(config.rooms.creation).toBe('token');
  });

  it('lets flags win over the environment, and the environment over the file', () => {
    const where = file('a.yaml', 'listen:\n  port: 1\n  host: 10.0.0.1\nrooms:\n  creation: open\n');
    const config = loadConfig(['--config', where, '--port', '3'], {
      COMMUCAT_PORT: '2',
      COMMUCAT_HOST: '::1',
    });
    expect(config).toMatchObject({ listen: { port: 3, host: '::1' }, rooms: { creation: 'open' } });
  });

  it('reads media addresses with what is announced for them', () => {
    const config = loadConfig(['--media-ip', '127.0.0.1,10.0.0.4=203.0.113.9'], {});
    expect(config).toMatchObject({
      media: { listen: [{ ip: '127.0.0.1' }, { ip: '10.0.0.4', announcedAddress: '203.0.113.9' }] },
    });
  });

  it('reads TLS: none, the own CA, or files', () => {
    expect(parseConfig({})).toMatchObject({ listen: { tls: 'off' }, media: { turn: { mode: 'auto' } } });
    expect(loadConfig(['--https'], {})).toMatchObject({ listen: { tls: 'local' } });
    expect(loadConfig([], { COMMUCAT_HTTPS: '1' })).toMatchObject({ listen: { tls: 'local' } });
    expect(loadConfig(['--cert', 'c.pem'], { COMMUCAT_KEY: 'k.pem' })).toMatchObject({
      listen: { tls: { cert: 'c.pem', key: 'k.pem' } },
    });
    const where = file('tls.yaml', 'listen:\n  tls: local\n  httpPort: 80\n');
    expect(loadConfig(['--config', where], {})).toMatchObject({ listen: { tls: 'local', httpPort: 80 } });
    expect(loadConfig(['--config', where, '--cert', 'c', '--key', 'k'], {})).toMatchObject({
      listen: { tls: { cert: 'c', key: 'k' } },
    });
  });

  it('reads how the server is reached from outside', () => {
    const args = [
      '--announce',
      '203.0.113.9',
      '--turn',
      'on',
      '--turn-port',
      '3479',
      '--public-host',
      'a.example',
    ];
    expect(loadConfig(args, {})).toMatchObject({
      listen: { publicHost: 'a.example' },
      media: { announce: '203.0.113.9', turn: { mode: 'on', port: 3479 } },
    });
    expect(loadConfig(['--media-ip', 'fd00::4=2001:db8::9'], {})).toMatchObject({
      media: { listen: [{ ip: 'fd00::4', announcedAddress: '2001:db8::9' }] },
    });
  });

  it.each([
    ['an unknown flag', ['--prot', '1'], {}, /--prot/],
    ['a certificate without its key', ['--cert', 'c.pem'], {}, /listen\.tls\.key/],
    ['two certificates', ['--https', '--cert', 'c.pem', '--key', 'k.pem'], {}, /choose one/],
    ['a word for https that is none', [], { COMMUCAT_HTTPS: 'perhaps' }, /listen\.tls/],
    ['a host with a path', ['--public-host', 'a.example/b'], {}, /listen\.publicHost/],
    ['a TURN port of 0', ['--turn-port', '0'], {}, /media\.turn\.port/],
    [
      'a TURN server that is no URL',
      ['--config', file('turn.yaml', 'media:\n  turn:\n    servers: [{ urls: ["http://a"] }]\n')],
      {},
      /media\.turn\.servers\.0\.urls/,
    ],
    ['a port that is no number', ['--port', 'high'], {}, /listen\.port/],
    ['an unknown word', [], { COMMUCAT_ROOM_CREATION: 'anyone' }, /rooms\.creation/],
    ['an unknown key in the file', ['--config', file('b.yaml', 'listen:\n  prot: 1\n')], {}, /listen\.prot/],
    ['a file that is not there', ['--config', '/nonexistent.yaml'], {}, /cannot read/],
    ['a file that is no map', ['--config', file('c.yaml', '- 1\n')], {}, /expected keys/],
  ])('refuses %s by name', (_what, args, env, message) => {
    expect(() => loadConfig(args, env)).toThrow(ConfigError);
    expect(() => loadConfig(args, env)).toThrow(message);
  });

  it('names every flag and variable in --help', () => {
    const answer = loadConfig(['--help'], {});
    const text = 'help' in answer ? answer.help : '';
    for (const { flag, env } of SETTINGS) {
      expect(text).toContain(`--${flag} `);
      expect(text).toContain(env);
    }
  });
});
