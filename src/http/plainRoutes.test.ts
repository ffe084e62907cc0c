import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../signaling/listener/types.ts';
import { type CaCertificate, ensureLocalCertificate } from '../reach/localCa.ts';
import { mobileConfig, serveCa } from './caFiles.ts';
import { PlainRoutes } from './plainRoutes.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'commucat-plain-'));
let ca: CaCertificate;
beforeAll(() => {
  const hosts = ['localhost'];
  ({ ca } = ensureLocalCertificate({
    folder,
    machineName: 'a<b',
    hosts,
    requiredHosts: [],
    nowMs: Date.now(),
  }));
});
afterAll(() => rmSync(folder, { recursive: true }));

function ask(target: string, host: string | null, withCa = true): HttpResponse {
  const [where = '', query = ''] = target.split('?');
  const request: HttpRequest = {
    method: 'GET',
    path: where,
    query,
    headers: new Map(host === null ? [] : [['host', host]]),
    remoteAddress: '127.0.0.1',
    body: new Uint8Array(),
  };
  return new PlainRoutes({ ca: withCa ? ca : null, httpsPort: 7880 }).handle(request);
}

describe('the plain port', () => {
  it.each([
    ['/call?name=Ada', 'box.lan:7881', 'https://box.lan:7880/call?name=Ada'],
    ['/', '192.0.2.1', 'https://192.0.2.1:7880/'],
    ['/', '[fd00::9]:7881', 'https://[fd00::9]:7880/'],
  ])('sends %s of %s to https', (target, host, location) => {
    expect(ask(target, host)).toMatchObject({ status: 308, headers: { location } });
  });

  it('does not put a header into an address unchecked', () => {
    for (const host of [null, '', 'a b']) {
      expect(() => ask('/', host)).toThrow(/BadRequest/);
    }
    expect(ask('/', 'user:pass@evil.example')).toMatchObject({
      headers: { location: 'https://evil.example:7880/' },
    });
  });

  it('has the CA in the forms that devices take', () => {
    const der = ask('/ca.crt', 'a').body;
    const pem = ask('/ca.pem', 'a').body;
    if (!(der instanceof Uint8Array) || typeof pem !== 'string') throw new Error('no bodies');
    expect(new X509Certificate(der).fingerprint256).toBe(ca.fingerprint);
    expect(new X509Certificate(pem).fingerprint256).toBe(ca.fingerprint);
    const profile = mobileConfig(ca);
    const data = /com\.apple\.security\.root[^]*<data>([^<]+)<\/data>/.exec(profile)?.[1] ?? '';
    expect(Buffer.from(data, 'base64').equals(ca.der)).toBe(true);
    expect(mobileConfig(ca)).toBe(profile);
    for (const body of [profile, pem]) expect(body).not.toContain('PRIVATE');
  });

  it('has no CA where there is none', () => {
    expect(serveCa('/ca.crt', null)).toBeNull();
    expect(ask('/ca.crt', 'a', false).status).toBe(308);
  });

  it('says that it lives', () => {
    expect(ask('/healthz', null)).toMatchObject({ status: 200 });
  });
});
