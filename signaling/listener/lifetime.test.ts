import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import * as https from 'node:https';
import { connect as connectTls } from 'node:tls';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createListener } from './index.ts';
import { Grace, sweepIntervalMs } from './lifetime.ts';
import { DEFAULT_LIMITS, resolveLimits } from './limits.ts';
import {
  ask,
  closeOf,
  connect,
  describeRequest,
  freePort,
  disconnect,
  KINDS,
  nextMessage,
  RawClient,
  withListener,
} from './testing/harness.ts';
import { ListenError } from './types.ts';
import type { TlsOptions } from './types.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'commucat-listener-'));
const tls = { certPath: path.join(folder, 'cert.pem'), keyPath: path.join(folder, 'key.pem') };
let hasCertificate = false;

function makeCertificate({ certPath, keyPath }: TlsOptions): void {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyPath];
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, '-out', certPath, ...subject], {
    stdio: 'ignore',
  });
}

beforeAll(() => {
  try {
    makeCertificate(tls);
    hasCertificate = true;
  } catch {
    // The tests that need it say so when they skip.
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const refuseAll = {
  host: '127.0.0.1',
  onRequest: () => ({ status: 404 }),
  onUpgrade: () => ({ accept: false as const, response: { status: 404 } }),
  onError: () => undefined,
};

describe.each(KINDS)('life of the listener on %s', (kind) => {
  it('ends every connection with 1001 when it closes, once', () =>
    withListener(kind, { limits: { closeGraceMs: 300 } }, async ({ listener, accepted }) => {
      const clients = await Promise.all(Array.from({ length: 5 }, () => connect(listener)));
      const idle = new RawClient(listener);
      await once(idle.socket, 'connect');
      const closes = clients.map(closeOf);
      const closing = listener.close();
      expect(listener.close()).toBe(closing);
      await closing;
      for (const close of await Promise.all(closes)) expect(close).toMatchObject({ code: 1001 });
      expect(accepted.closes).toHaveLength(5);
      expect(accepted.closes.every(({ code, by }) => code === 1001 && by === 'server')).toBe(true);
      await idle.ended();
      const late = new RawClient(listener);
      expect(await late.ended()).toBe('');
    }));

  it('lets running requests end, but not for ever', async () => {
    const running: (() => void)[] = [];
    const onRequest = async (request: Parameters<typeof describeRequest>[0]) => {
      await new Promise<void>((resolve) => {
        running.push(resolve);
        started();
      });
      return describeRequest(request);
    };
    let started = (): void => undefined;
    const isStarted = (): Promise<void> => new Promise((resolve) => (started = resolve));
    await withListener(kind, { onRequest, limits: { closeGraceMs: 10_000 } }, async ({ listener }) => {
      const wasStarted = isStarted();
      const answer = ask(listener, { path: '/' });
      await wasStarted;
      const closing = listener.close();
      running.shift()?.();
      expect((await answer).status).toBe(200);
      await closing;
    });
    await withListener(kind, { onRequest, limits: { closeGraceMs: 20 } }, async ({ listener }) => {
      const wasStarted = isStarted();
      const answer = ask(listener, { path: '/' });
      const outcome = answer.then(
        ({ status }) => status,
        () => 'cut off',
      );
      await wasStarted;
      await listener.close();
      expect(await outcome).toBe('cut off');
      running.shift()?.();
    });
  });

  it('opens and closes the same port again and again', async () => {
    const port = await freePort();
    for (let n = 0; n < 10; n += 1) {
      await withListener(kind, { port }, async ({ listener }) => {
        expect(listener.address.port).toBe(port);
        const client = await connect(listener);
        client.send(Uint8Array.of(n));
        expect([...(await nextMessage(client))]).toEqual([n]);
        await disconnect(client);
      });
    }
  });

  it('refuses a port that is in use, by itself or by others', async () => {
    await withListener(kind, {}, async ({ listener }) => {
      const { port } = listener.address;
      await expect(createListener(kind, { ...refuseAll, port })).rejects.toThrow(ListenError);
      expect((await ask(listener, { path: '/' })).status).toBe(200);
    });
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const bound = other.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    await expect(createListener(kind, { ...refuseAll, port })).rejects.toThrow(ListenError);
    other.close();
    await once(other, 'close');
  });

  it('binds IPv6', () =>
    withListener(kind, { host: '::1' }, async ({ listener, accepted }) => {
      const answer = await ask(listener, { path: '/' });
      expect(JSON.parse(answer.body.toString())).toMatchObject({ remoteAddress: '::1' });
      const client = await connect(listener);
      expect(accepted.connections).toMatchObject([{ remoteAddress: '::1' }]);
      await disconnect(client);
    }));

  it('gives IPv4 addresses in dotted form on a socket for both', () =>
    withListener(kind, { host: '::' }, async ({ listener }) => {
      const answer = await ask(listener, { host: '127.0.0.1', path: '/' });
      expect(JSON.parse(answer.body.toString())).toMatchObject({ remoteAddress: '127.0.0.1' });
    }));

  it('serves TLS', async (test) => {
    if (!hasCertificate) test.skip('openssl is not installed: no certificate to test with');
    await withListener(kind, { tls }, async ({ listener }) => {
      expect(listener.address.tls).toBe(true);
      const noise = new RawClient(listener);
      noise.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const said = noise.ended();
      const { port } = listener.address;
      const status = await new Promise((resolve, reject) => {
        https
          .get({ host: '127.0.0.1', port, agent: false, rejectUnauthorized: false }, (response) => {
            response.resume().once('end', () => {
              resolve(response.statusCode);
            });
          })
          .once('error', reject);
      });
      expect(status).toBe(200);
      const client = await connect(listener, '/', [], { rejectUnauthorized: false });
      client.send(new Uint8Array(100_000));
      expect(await nextMessage(client)).toHaveLength(100_000);
      await disconnect(client);
      expect(await said).not.toContain('200 OK');
    });
  });

  it('drops TLS connections over the limit', async (test) => {
    if (!hasCertificate) test.skip('openssl is not installed: no certificate to test with');
    await withListener(kind, { tls, limits: { maxHttpSockets: 1 } }, async ({ listener }) => {
      const client = await connect(listener, '/', [], { rejectUnauthorized: false });
      const held = new RawClient(listener);
      await once(held.socket, 'connect');
      while (listener.open.httpSockets < 1) await new Promise((resolve) => setImmediate(resolve));
      for (let n = 0; n < 20; n += 1) expect(await new RawClient(listener).ended()).toBe('');
      client.send(Uint8Array.of(1));
      expect([...(await nextMessage(client))]).toEqual([1]);
      await disconnect(client);
      await held.destroy();
    });
  });

  it('takes a renewed certificate without a restart, or says that it needs one', async (test) => {
    if (!hasCertificate) test.skip('openssl is not installed: no certificate to test with');
    const files = { certPath: path.join(folder, 'renewed.pem'), keyPath: path.join(folder, 'renewed.key') };
    const next = { certPath: path.join(folder, 'next.pem'), keyPath: path.join(folder, 'next.key') };
    const use = ({ certPath, keyPath }: TlsOptions): void => {
      copyFileSync(certPath, files.certPath);
      copyFileSync(keyPath, files.keyPath);
    };
    makeCertificate(next);
    use(tls);
    await withListener(kind, { tls: files }, async ({ listener }) => {
      const serial = (): Promise<string> =>
        new Promise((resolve, reject) => {
          const { port } = listener.address;
          const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
            resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
            socket.destroy();
          });
          socket.once('error', reject);
        });
      const first = await serial();
      use(next);
      const isReloaded = listener.reloadTls();
      expect(isReloaded).toBe(kind === 'node');
      expect((await serial()) !== first).toBe(isReloaded);
      if (!isReloaded) return;
      rmSync(files.keyPath);
      expect(() => listener.reloadTls()).toThrow(ListenError);
      expect(await serial()).not.toBe(first);
    });
    await withListener(kind, {}, ({ listener }) => {
      expect(listener.reloadTls()).toBe(false);
      return Promise.resolve();
    });
  });

  it('refuses a certificate that it cannot read', async () => {
    const missing = { certPath: path.join(folder, 'none.pem'), keyPath: path.join(folder, 'none.key') };
    await expect(createListener(kind, { ...refuseAll, port: 0, tls: missing })).rejects.toThrow(ListenError);
  });

  it('keeps no process alive once it is closed', async () => {
    const script = `
      import { createListener } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
      const listener = await createListener(${JSON.stringify(kind)}, {
        host: '127.0.0.1',
        port: 0,
        onRequest: () => ({ status: 204 }),
        onUpgrade: () => ({ accept: true, open: (connection) => connection.send(Uint8Array.of(1)) }),
        onError: (error) => { throw error; },
      });
      const { port } = listener.address;
      await fetch(\`http://127.0.0.1:\${port}/\`);
      const client = new WebSocket(\`ws://127.0.0.1:\${port}/\`);
      await new Promise((resolve) => client.addEventListener('message', resolve));
      await listener.close();
      process.stdout.write('closed');`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      timeout: 15_000,
    });
    expect((await run).stdout).toBe('closed');
  });
});

describe('limits', () => {
  it('have defaults, and are refused where they make no sense', () => {
    expect(resolveLimits()).toEqual(DEFAULT_LIMITS);
    expect(resolveLimits({ maxBodyBytes: 5 }).maxBodyBytes).toBe(5);
    for (const wrong of [
      { maxBodyBytes: 0 },
      { idleTimeoutMs: 1.5 },
      { maxHeaderCount: 97 },
      { maxHeaderBytes: 25_000 },
    ]) {
      expect(() => resolveLimits(wrong)).toThrow(RangeError);
    }
  });
});

describe('grace', () => {
  it('ends with the last that goes on, or with its time', async () => {
    const grace = new Grace();
    await grace.wait(60_000, false);
    const leave = [grace.enter(), grace.enter()];
    const waiting = grace.wait(60_000, false);
    for (const leaveOnce of leave) {
      leaveOnce();
      leaveOnce();
    }
    await waiting;
    grace.enter();
    await grace.wait(1, false);
  });

  it('looks for silence often enough, and not too often', () => {
    expect(sweepIntervalMs({ ...DEFAULT_LIMITS, idleTimeoutMs: 8000 })).toBe(1000);
    expect(sweepIntervalMs({ ...DEFAULT_LIMITS, idleTimeoutMs: 1 })).toBe(20);
    expect(sweepIntervalMs({ ...DEFAULT_LIMITS, idleTimeoutMs: 600_000 })).toBe(5000);
  });
});
