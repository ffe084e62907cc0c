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

  it.each([
    ['an unknown flag', ['--prot', '1'], {}, /--prot/],
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
