// The container files can be read here, not run: what must be true of them is checked on their text.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

/** The instructions of each stage of a Dockerfile, comments and line continuations resolved. */
function stages(dockerfile: string): Instruction[][] {
  const lines = dockerfile
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const result: Instruction[][] = [];
  for (const line of lines) {
    const [name = '', ...rest] = line.trim().split(/\s+/);
    if (name === 'FROM') result.push([]);
    result.at(-1)?.push({ name, rest: rest.join(' ') });
  }
  return result;
}

describe('Dockerfile', () => {
  const all = stages(read('Dockerfile'));
  const final = all.at(-1) ?? [];
  const finalText = (name: string): string =>
    final
      .filter((instruction) => instruction.name === name)
      .map((instruction) => instruction.rest)
      .join('\n');

  it('builds in one stage and serves from another, both on one Debian', () => {
    expect(all.length).toBe(2);
    const bases = all.map((stage) => stage[0]?.rest.split(' ')[0]);
    expect(new Set(bases)).toEqual(new Set(['debian:bookworm-slim']));
  });

  it('uses known instructions only', () => {
    const known = [
      'FROM',
      'RUN',
      'WORKDIR',
      'ENV',
      'COPY',
      'USER',
      'VOLUME',
      'EXPOSE',
      'HEALTHCHECK',
      'STOPSIGNAL',
      'ENTRYPOINT',
    ];
    expect(all.flat().filter(({ name }) => !known.includes(name))).toEqual([]);
  });

  it('does not run as root, and gives that user nothing to write but its data', () => {
    expect(finalText('USER')).toBe('commucat');
    const userAt = final.findIndex(({ name }) => name === 'USER');
    expect(final.slice(userAt).filter(({ name }) => name === 'RUN' || name === 'COPY')).toEqual([]);
    expect(finalText('COPY')).not.toContain('--chown');
  });

  it('has no compiler and no header in the final stage', () => {
    expect(finalText('RUN')).not.toMatch(/-dev\b|\bg\+\+|\bgcc\b|\bnpm\b|chromium/);
  });

  it('asks /healthz whether the server is well', () => {
    expect(finalText('HEALTHCHECK')).toContain('/healthz');
    const [, command = ''] = finalText('HEALTHCHECK').split('CMD ');
    expect(JSON.parse(command)).toEqual(['node_modules/.bin/node', '-e', expect.stringContaining('fetch')]);
  });

  it('starts the server as the first process, which gets the signals', () => {
    expect(JSON.parse(finalText('ENTRYPOINT'))).toEqual(['node_modules/.bin/node', 'src/main.ts']);
  });

  it('copies only what .dockerignore lets through', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const sources = all
      .flat()
      .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
    expect([...new Set(sources)].sort()).toEqual([...allowed].sort());
  });
});

describe('docker-compose.yml', () => {
  const compose: unknown = parse(read('docker-compose.yml'));

  it('runs the image with host networking, few rights, and a volume for the secret', () => {
    expect(compose).toMatchObject({
      services: {
        commucat: {
          build: '.',
          network_mode: 'host',
          read_only: true,
          cap_drop: ['ALL'],
          security_opt: ['no-new-privileges:true'],
          volumes: ['data:/data'],
        },
      },
      volumes: { data: null },
    });
  });

  it('states a port range for those who cannot use host networking, which fits the image', () => {
    const comment = read('docker-compose.yml').replaceAll(/^ *# ?/gm, '');
    const range = /'(\d+)-(\d+):\1-\2\/udp'/.exec(comment);
    const [, first = '', last = ''] = range ?? [];
    const workers = /COMMUCAT_WORKERS: '(\d+)'/.exec(comment)?.[1];
    expect(Number(last) - Number(first) + 1).toBe(Number(workers));
    expect(read('Dockerfile')).toContain(`COMMUCAT_MEDIA_PORT=${first}`);
  });
});
