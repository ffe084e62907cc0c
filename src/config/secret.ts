/**
 * The server's own secret, from which the keys of rooms and the token for creating them are derived. Made once, kept in the
 * data folder, readable by this user only; without it every link would die with the process.
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { ConfigError } from './load.ts';
import { createPrivateFile } from './privateFile.ts';

const SECRET_BYTES = 32;

export function defaultDataDir(env: Readonly<Record<string, string | undefined>>): string {
  const base = env['XDG_DATA_HOME'];
  return path.join(
    base === undefined || base === '' ? path.join(homedir(), '.local', 'share') : base,
    'commucat',
  );
}

/**
 * @param dataDir made where it is missing
 * @throws ConfigError where the folder or the file cannot be used
 */
export function loadServerSecret(dataDir: string): Uint8Array {
  const file = path.join(dataDir, 'server-secret');
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const secret = readSecret(file) ?? createSecret(file);
    if (secret.byteLength === SECRET_BYTES) return secret;
  } catch (cause) {
    throw new ConfigError(`cannot keep the server's secret in ${dataDir}: ${String(cause)}`, { cause });
  }
  throw new ConfigError(
    `${file} does not hold ${SECRET_BYTES} bytes in base64url; remove it to get a new one (old links die)`,
  );
}

/** The token that allows creating rooms, where the operator has set none. */
export function deriveCreationToken(secret: Uint8Array): string {
  return Buffer.from(hkdfSync('sha256', secret, '', 'commucat room creation token', 18)).toString(
    'base64url',
  );
}

function readSecret(file: string): Uint8Array | null {
  try {
    return Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Two servers that start at once agree: a link is made once, whole, or not at all. */
function createSecret(file: string): Uint8Array {
  createPrivateFile(file, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`);
  const secret = readSecret(file);
  if (secret === null) throw new Error(`${file} vanished`);
  return secret;
}
