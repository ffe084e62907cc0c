/**
 * Where the configuration comes from: defaults, then a YAML file (`--config`), then the environment, then flags; the last one
 * that names a setting wins.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { parse as parseYaml } from 'yaml';
import { Config, type ConfigInput } from './schema.ts';

/** The configuration is wrong; the message says where and what was expected. */
export class ConfigError extends Error {
  readonly code = 'CONFIG_INVALID';
  override readonly name = 'ConfigError';
}

/** Flags and environment variables, each with the setting that it sets. `commucat --help` prints this table. */
export const SETTINGS = [
  { flag: 'host', env: 'COMMUCAT_HOST', path: ['listen', 'host'], help: 'address for HTTP and WebSocket' },
  {
    flag: 'port',
    env: 'COMMUCAT_PORT',
    path: ['listen', 'port'],
    help: 'port for HTTP and WebSocket, 0 for any',
  },
  {
    flag: 'https',
    env: 'COMMUCAT_HTTPS',
    path: ['listen', 'tls'],
    help: "https with this server's own CA",
    isSwitch: true,
  },
  {
    flag: 'cert',
    env: 'COMMUCAT_CERT',
    path: ['listen', 'tls', 'cert'],
    help: 'https with this certificate (PEM file)',
  },
  {
    flag: 'key',
    env: 'COMMUCAT_KEY',
    path: ['listen', 'tls', 'key'],
    help: 'and this private key (PEM file)',
  },
  {
    flag: 'http-port',
    env: 'COMMUCAT_HTTP_PORT',
    path: ['listen', 'httpPort'],
    help: 'with https: a port that redirects to it',
  },
  {
    flag: 'public-host',
    env: 'COMMUCAT_PUBLIC_HOST',
    path: ['listen', 'publicHost'],
    help: 'name or address that people use',
  },
  { flag: 'listener', env: 'COMMUCAT_LISTENER', path: ['listen', 'implementation'], help: 'uws or node' },
  {
    flag: 'room-creation',
    env: 'COMMUCAT_ROOM_CREATION',
    path: ['rooms', 'creation'],
    help: 'token or open',
  },
  {
    flag: 'creation-token',
    env: 'COMMUCAT_CREATION_TOKEN',
    path: ['rooms', 'creationToken'],
    help: 'token for creating rooms',
  },
  {
    flag: 'transcoding',
    env: 'COMMUCAT_TRANSCODING',
    path: ['rooms', 'transcoding'],
    help: 'allowed or never',
  },
  { flag: 'workers', env: 'COMMUCAT_WORKERS', path: ['media', 'workers'], help: 'mediasoup workers' },
  {
    flag: 'media-workers',
    env: 'COMMUCAT_MEDIA_WORKERS',
    path: ['media', 'mediaWorkers'],
    help: 'transcoding processes',
  },
  {
    flag: 'h264',
    env: 'COMMUCAT_H264',
    path: ['media', 'h264'],
    help: 'on or off: H.264 in software',
  },
  {
    flag: 'hardware',
    env: 'COMMUCAT_HARDWARE',
    path: ['media', 'hardware'],
    help: 'prefer, allow or refuse: codecs of GPUs',
  },
  {
    flag: 'test-networks',
    env: 'COMMUCAT_TEST_NETWORKS',
    path: ['media', 'emulation', 'mode'],
    help: 'on or off: participants may put their own media into an emulated bad network',
  },
  {
    flag: 'media-port',
    env: 'COMMUCAT_MEDIA_PORT',
    path: ['media', 'firstPort'],
    help: 'first UDP and TCP port for media',
  },
  {
    flag: 'media-ip',
    env: 'COMMUCAT_MEDIA_IP',
    path: ['media', 'listen'],
    help: 'addresses for media: IP or IP=ANNOUNCED, by commas',
  },
  {
    flag: 'announce',
    env: 'COMMUCAT_ANNOUNCE',
    path: ['media', 'announce'],
    help: 'address for media behind 1:1 NAT',
  },
  {
    flag: 'turn',
    env: 'COMMUCAT_TURN',
    path: ['media', 'turn', 'mode'],
    help: 'run coturn: auto, on or off',
  },
  {
    flag: 'turn-port',
    env: 'COMMUCAT_TURN_PORT',
    path: ['media', 'turn', 'port'],
    help: 'its UDP and TCP port',
  },
  {
    flag: 'turn-tls-port',
    env: 'COMMUCAT_TURN_TLS_PORT',
    path: ['media', 'turn', 'tlsPort'],
    help: 'its TLS port',
  },
  {
    flag: 'log-level',
    env: 'COMMUCAT_LOG_LEVEL',
    path: ['log', 'level'],
    help: 'debug, info, warn, error or silent',
  },
  {
    flag: 'data-dir',
    env: 'COMMUCAT_DATA_DIR',
    path: ['dataDir'],
    help: 'folder for secret and certificates',
  },
] as const satisfies readonly Setting[];

interface Setting {
  readonly flag: string;
  readonly env: string;
  /** Of the setting in the schema. */
  readonly path: readonly string[];
  readonly help: string;
  /** Takes no value. */
  readonly isSwitch?: true;
}
const ALL_SETTINGS: readonly Setting[] = SETTINGS;

type Tree = Record<string, unknown>;

/**
 * @param args command-line arguments after the program's name
 * @param env environment variables
 * @returns the whole configuration, or the text of `--help`
 * @throws ConfigError for an unknown flag or key, a bad value, a file that cannot be read
 */
export function loadConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Config | { readonly help: string } {
  const flags = parseFlags(args);
  if (flags['help'] === true) return { help: helpText() };
  const file = typeof flags['config'] === 'string' ? flags['config'] : env['COMMUCAT_CONFIG'];
  const tree: Tree = file === undefined ? {} : readConfigFile(file);
  const given = ALL_SETTINGS.flatMap(({ flag, env: variable, path }) => {
    const value = flags[flag] ?? env[variable];
    return value === undefined || value === '' ? [] : [{ flag, path, value }];
  });
  // Each names a certificate, and only one can be used.
  const flagsGiven = new Set(given.map(({ flag }) => flag));
  if (flagsGiven.has('https') && (flagsGiven.has('cert') || flagsGiven.has('key'))) {
    throw new ConfigError('choose one: --https for the own CA, or --cert and --key for files');
  }
  for (const { path, value } of given) setPath(tree, path, fromText(path, value));
  return parseConfig(tree);
}

/** @throws ConfigError naming every wrong key */
export function parseConfig(input: ConfigInput): Config {
  const result = v.safeParse(Config, input);
  if (result.success) return result.output;
  const lines = result.issues.map((issue) => `${v.getDotPath(issue) ?? '(top level)'}: ${issue.message}`);
  throw new ConfigError(`the configuration is not valid:\n  ${lines.join('\n  ')}`);
}

function parseFlags(args: readonly string[]): Record<string, string | boolean | undefined> {
  const options: Record<string, { type: 'string' | 'boolean' }> = {
    config: { type: 'string' },
    help: { type: 'boolean' },
  };
  for (const { flag, isSwitch } of ALL_SETTINGS) options[flag] = { type: isSwitch ? 'boolean' : 'string' };
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true });
    return Object.fromEntries(Object.entries(values).filter(([, value]) => !Array.isArray(value)));
  } catch (error) {
    throw new ConfigError(`${error instanceof Error ? error.message : String(error)} (see --help)`, {
      cause: error,
    });
  }
}

function readConfigFile(file: string): Tree {
  let parsed: unknown;
  try {
    parsed = parseYaml(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (parsed === null || parsed === undefined) return {};
  if (!isTree(parsed)) throw new ConfigError(`${file}: expected keys and values at the top`);
  return parsed;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function setPath(tree: Tree, path: readonly string[], value: unknown): void {
  const [head, ...rest] = path;
  if (head === undefined) return;
  if (rest.length === 0) {
    tree[head] = value;
    return;
  }
  const child = tree[head];
  const next: Tree = isTree(child) ? child : {};
  tree[head] = next;
  setPath(next, rest, value);
}

const NUMERIC = new Set([
  'listen.port',
  'listen.httpPort',
  'media.workers',
  'media.mediaWorkers',
  'media.firstPort',
  'media.turn.port',
  'media.turn.tlsPort',
]);

/** Flags and variables are text; the schema says which settings are numbers, and refuses the rest. */
function fromText(path: readonly string[], value: string | boolean): unknown {
  const name = path.join('.');
  if (name === 'listen.tls') {
    return value === true || value === '1' || value === 'true'
      ? 'local'
      : value === '0' || value === 'false'
        ? 'off'
        : value;
  }
  if (typeof value === 'boolean') return value;
  if (name === 'media.listen') {
    return value.split(',').map((item) => {
      const [ip = '', announcedAddress] = item.trim().split('=');
      return announcedAddress === undefined ? { ip } : { ip, announcedAddress };
    });
  }
  return NUMERIC.has(name) && /^\d+$/.test(value) ? Number(value) : value;
}

function helpText(): string {
  const rows = [
    { flag: 'config FILE', env: 'COMMUCAT_CONFIG', help: 'YAML file with any of the settings' },
    ...ALL_SETTINGS.map(({ flag, env, help, isSwitch }) => ({
      flag: isSwitch ? `${flag} ` : `${flag} VALUE`,
      env,
      help,
    })),
  ];
  const lines = rows.map(({ flag, env, help }) => `  --${flag.padEnd(24)}${env.padEnd(26)}${help}`);
  return `commucat: a media server that bridges codecs inside a call\n\n${lines.join('\n')}\n`;
}
