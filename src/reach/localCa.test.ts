import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CertificateError, checkCertificate } from './certificate.ts';
import { ensureLocalCertificate, type LocalCertificate } from './localCa.ts';

const NOW_MS = Date.now();
const DAY_MS = 86_400_000;
const HOSTS = ['box', 'box.local', 'localhost', '192.168.1.9', '127.0.0.1', 'fd00::9', '::1'];

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'commucat-ca-'));
  folder = path.join(root, 'tls');
});
afterEach(() => rmSync(root, { recursive: true }));

interface Changes {
  readonly hosts?: readonly string[];
  readonly requiredHosts?: readonly string[];
  readonly nowMs?: number;
}

function ensure(changes: Changes = {}): LocalCertificate {
  return ensureLocalCertificate({
    folder,
    machineName: 'box',
    hosts: HOSTS,
    requiredHosts: [],
    nowMs: NOW_MS,
    ...changes,
  });
}

/** What OpenSSL says of a certificate for a host. */
function verify({ ca, certPath }: LocalCertificate, host: readonly string[]): string {
  const caFile = path.join(root, 'ca.crt');
  writeFileSync(caFile, ca.pem);
  try {
    return execFileSync(
      'openssl',
      ['verify', '-purpose', 'sslserver', '-x509_strict', '-CAfile', caFile, ...host, certPath],
      {
        encoding: 'utf8',
        stdio: 'pipe',
      },
    );
  } catch (error) {
    return String(error);
  }
}

describe('the local CA', () => {
  it('signs a certificate for every host, that OpenSSL takes', () => {
    const made = ensure();
    expect(made).toMatchObject({ isNewCa: true, isNewCertificate: true });
    expect(verify(made, ['-verify_hostname', 'box.local'])).toMatch(/: OK/);
    for (const ip of ['192.168.1.9', 'fd00::9', '::1']) {
      expect(verify(made, ['-verify_ip', ip])).toMatch(/: OK/);
    }
    expect(verify(made, ['-verify_hostname', 'bank.example'])).not.toMatch(/: OK/);
    const certificate = checkCertificate(made, NOW_MS);
    expect(certificate.validToDate.getTime() - certificate.validFromDate.getTime()).toBeLessThanOrEqual(
      398 * DAY_MS,
    );
    const ca = new X509Certificate(made.ca.pem);
    expect(ca.ca).toBe(true);
    expect(ca.fingerprint256).toBe(made.ca.fingerprint);
    expect(ca.subject).toContain('CommuCat local CA (box ');
  });

  it('keeps its keys from other users, and leaves no drafts', () => {
    ensure();
    expect(readdirSync(folder).sort()).toEqual(['ca.pem', 'server.pem']);
    for (const name of readdirSync(folder)) {
      expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('is kept, and its certificate too, while nothing changes', () => {
    const first = ensure();
    const pem = readFileSync(first.certPath, 'utf8');
    const second = ensure({ nowMs: NOW_MS + 300 * DAY_MS });
    expect(second).toMatchObject({ isNewCa: false, isNewCertificate: false, ca: { pem: first.ca.pem } });
    expect(readFileSync(second.certPath, 'utf8')).toBe(pem);
  });

  it.each<[string, Changes]>([
    ['it ends within a month', { nowMs: NOW_MS + 370 * DAY_MS }],
    ['an address has come', { hosts: [...HOSTS, '10.0.0.1'] }],
    ['an address has gone', { hosts: HOSTS.slice(1) }],
  ])('signs anew where %s', (_what, changes) => {
    const first = ensure();
    const second = ensure(changes);
    expect(second).toMatchObject({ isNewCa: false, isNewCertificate: true, ca: { pem: first.ca.pem } });
    expect(checkCertificate(second, changes.nowMs ?? NOW_MS).validToDate.getTime()).toBeGreaterThan(
      (changes.nowMs ?? NOW_MS) + 300 * DAY_MS,
    );
  });

  it.each<[string, Changes]>([
    ['it is about to end', { nowMs: NOW_MS + 3300 * DAY_MS }],
    [
      'it may not sign for a new public name',
      { hosts: [...HOSTS, 'call.example.org'], requiredHosts: ['call.example.org'] },
    ],
    [
      'it may not sign for a new public address',
      { hosts: [...HOSTS, '203.0.113.7'], requiredHosts: ['203.0.113.7'] },
    ],
  ])('is made anew where %s', (_what, changes) => {
    const first = ensure();
    const second = ensure(changes);
    expect(second).toMatchObject({ isNewCa: true, isNewCertificate: true });
    expect(second.ca.fingerprint).not.toBe(first.ca.fingerprint);
    if (changes.hosts !== undefined) {
      expect(verify(second, [])).toMatch(/: OK/);
      expect(ensure(changes)).toMatchObject({ isNewCa: false, isNewCertificate: false });
    }
  });

  it('leaves out a public address that has come since', () => {
    const first = ensure();
    const hosts = [...HOSTS, '2001:db8::1234'];
    expect(ensure({ hosts })).toMatchObject({
      isNewCa: false,
      isNewCertificate: false,
      leftOut: ['2001:db8::1234'],
    });
    expect(first.leftOut).toEqual([]);
  });

  it('is trusted by a TLS client that has its certificate, with the one file for key and certificate', async () => {
    const made = ensure();
    const pem = readFileSync(made.certPath);
    const server = https.createServer({ cert: pem, key: pem }, (_request, response) => response.end('here'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const request = https.get({ host: '127.0.0.1', port, ca: made.ca.pem, agent: false });
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
    response.resume();
    await once(response, 'end');
    server.close();
    await once(server, 'close');
  });

  it('refuses a damaged file by name', () => {
    ensure();
    writeFileSync(path.join(folder, 'ca.pem'), 'nothing');
    expect(() => ensure()).toThrow(CertificateError);
    expect(() => ensure()).toThrow(/ca\.pem .*remove it/);
  });

  it('says where the folder cannot be used', () => {
    writeFileSync(folder, '');
    expect(() => ensure()).toThrow(/cannot keep the local CA in .*tls/);
  });
});

describe('a certificate and its key', () => {
  it('are refused by name where they are missing, no PEM, of different pairs, or out of their time', () => {
    const { certPath } = ensure();
    const other = path.join(folder, 'ca.pem');
    const text = path.join(root, 'text');
    writeFileSync(text, 'hello');
    const check =
      (cert: string, key: string, nowMs = NOW_MS) =>
      () =>
        checkCertificate({ certPath: cert, keyPath: key }, nowMs);
    expect(check(certPath, certPath)).not.toThrow();
    expect(check('/nonexistent.pem', certPath)).toThrow(/cannot read the certificate \/nonexistent\.pem/);
    expect(check(certPath, '/nonexistent.pem')).toThrow(/cannot read the private key/);
    expect(check(text, certPath)).toThrow(/holds no certificate/);
    expect(check(certPath, text)).toThrow(/holds no private key/);
    expect(check(certPath, other)).toThrow(/does not belong/);
    expect(check(certPath, certPath, NOW_MS + 500 * DAY_MS)).toThrow(/ended on/);
    expect(check(certPath, certPath, NOW_MS - 5 * DAY_MS)).toThrow(/begins only/);
    expect(check(text, text)).toThrow(CertificateError);
  });
});
