/** The server as a user starts it for others: https, a plain port beside it, a relay, and what signals do. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureLocalCertificate } from '../../src/reach/localCa.ts';
import { findCoturn } from '../../src/reach/turnRelay.ts';
import { RawClient } from '../harness/rawClient.ts';
import { type ServerProcess, isAlive, spawnServer } from '../harness/server.ts';
import { waitFor } from '../harness/wait.ts';

const hasCoturn = findCoturn(process.env['PATH'] ?? '') !== null;

let root: string;
let dataDir: string;
let server: ServerProcess | null = null;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'commucat-reach-'));
  dataDir = path.join(root, 'data');
});
afterEach(async () => {
  if (server !== null && server.child.exitCode === null && server.child.signalCode === null) {
    const below = server.descendants();
    server.child.kill('SIGKILL');
    await once(server.child, 'exit');
    await waitFor('no orphan is left', () => below.every((pid) => !isAlive(pid)), { timeoutMs: 3000 });
  }
  server = null;
  rmSync(root, { recursive: true });
});

/** @returns status and body, asked by a client that trusts this CA alone */
function get(url: string, ca: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    https
      .get(url, { ca, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (part: string) => (body += part));
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
      })
      .once('error', reject);
  });
}

function serialOf(origin: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const port = Number(new URL(origin).port);
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

describe('a server with its own CA', () => {
  it.each(['uws', 'node'])(
    'serves https on the %s listener, and is trusted by who has the CA',
    async (kind) => {
      server = await spawnServer(dataDir, ['--https', '--listener', kind, '--turn', 'off']);
      expect(server.origin).toMatch(/^https:\/\/localhost:\d+$/);
      const ca = readFileSync(path.join(dataDir, 'tls', 'ca.pem'), 'utf8').replace(
        /-----BEGIN PRIVATE[^]*PRIVATE KEY-----\n/,
        '',
      );
      const page = await get(`${server.origin}/`, ca);
      expect(page.status).toBe(200);
      expect(await get(`${server.origin}/test`, ca)).toEqual(page);
      const { body } = await get(`${server.origin}/ca.pem`, ca);
      expect(new X509Certificate(body).fingerprint256).toBe(new X509Certificate(ca).fingerprint256);
    },
  );
});

describe('a server for every address', () => {
  it.each(['uws', 'node'])(
    'answers over IPv4 and IPv6 on the %s listener, and offers media on both',
    async (kind) => {
      const args = ['--host', '::', '--listener', kind, '--turn', 'off', '--media-ip', '127.0.0.1,::1'];
      server = await spawnServer(dataDir, args);
      const { port } = new URL(server.origin);
      for (const host of ['127.0.0.1', '[::1]']) {
        expect((await fetch(`http://${host}:${port}/healthz`)).status).toBe(200);
        const client = await RawClient.connect(`http://${host}:${port}`);
        await client.request('HELLO', { supported_versions: [1] });
        const ack = JSON.stringify(
          await client.request('TRANSPORT_UPDATE', { op: 'probe', protocol: 'udp' }),
        );
        client.close();
        for (const address of ['127.0.0.1', '::1']) expect(ack).toContain(`"address":"${address}"`);
        expect(ack).not.toContain('"tcp"');
      }
    },
  );
});

describe('a server with files of the operator', () => {
  it('takes a renewed certificate on SIGHUP', async () => {
    const files = (name: string): string =>
      ensureLocalCertificate({
        folder: path.join(root, name),
        machineName: name,
        hosts: ['localhost', '127.0.0.1'],
        requiredHosts: [],
        nowMs: Date.now(),
      }).certPath;
    const [first, second] = [files('first'), files('second')];
    const used = path.join(root, 'used.pem');
    copyFileSync(first, used);
    const args = ['--cert', used, '--key', used, '--listener', 'node', '--turn', 'off'];
    server = await spawnServer(dataDir, args);
    const { origin, child } = server;
    const before = await serialOf(origin);
    copyFileSync(second, used);
    child.kill('SIGHUP');
    await waitFor('the new certificate', async () => (await serialOf(origin)) !== before);
    expect(await serialOf(origin)).toBe(new X509Certificate(readFileSync(second)).serialNumber);
  });

  it('does not start with files that are wrong', async () => {
    const wrong = path.join(root, 'wrong.pem');
    writeFileSync(wrong, 'nothing');
    await expect(spawnServer(dataDir, ['--cert', wrong, '--key', wrong])).rejects.toThrow(/ended/);
  });
});

describe.skipIf(!hasCoturn)('a server with a relay', () => {
  const relayOf = (): number | undefined =>
    server?.descendants().find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('turnserver'));

  it('leaves no coturn behind when it is killed with -9', async () => {
    server = await spawnServer(dataDir, ['--https', '--turn', 'on']);
    const pid = relayOf();
    if (pid === undefined) throw new Error('no relay runs');
    server.child.kill('SIGKILL');
    await once(server.child, 'exit');
    await waitFor('coturn to end', () => !isAlive(pid), { timeoutMs: 3000 });
  });

  it('ends it in good order with itself', async () => {
    server = await spawnServer(dataDir, ['--turn', 'on']);
    const below = server.descendants();
    expect(relayOf()).toBeDefined();
    server.child.kill('SIGTERM');
    const [code] = (await once(server.child, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(below.filter(isAlive)).toEqual([]);
  });
});
