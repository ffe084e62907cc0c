import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../observe/logger.ts';
import { hostsOf, setUpTls } from './tls.ts';
import { reachableOrigins } from './urls.ts';

const machine = { hostName: 'Box', addresses: ['192.168.1.9', 'fd00::9', '127.0.0.1', '::1'] };
const logger = createLogger('silent');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'commucat-tls-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('TLS', () => {
  it('is none where it is off, and has a CA where it is local', () => {
    expect(setUpTls({ tls: 'off' }, machine, folder, Date.now(), logger)).toBeNull();
    const tls = setUpTls({ tls: 'local' }, machine, folder, Date.now(), logger);
    expect(tls?.ca?.name).toMatch(/^CommuCat local CA \(Box \d{4}-\d\d-\d\d\)$/);
    const files = { cert: tls?.files.certPath ?? '', key: tls?.files.keyPath ?? '' };
    expect(setUpTls({ tls: files }, machine, folder, Date.now(), logger)).toEqual({
      files: tls?.files,
      ca: null,
    });
  });

  it('refuses files that cannot be used', () => {
    const cert = path.join(folder, 'cert.pem');
    writeFileSync(cert, 'no');
    expect(() => setUpTls({ tls: { cert, key: cert } }, machine, folder, Date.now(), logger)).toThrow(
      /cert\.pem/,
    );
  });

  it('is for every name and address of the machine', () => {
    expect(hostsOf(machine, 'Call.example.org')).toEqual([
      'call.example.org',
      'box',
      'box.local',
      'localhost',
      ...machine.addresses,
    ]);
    expect(hostsOf({ ...machine, hostName: 'a_b' }, undefined)[0]).toBe('localhost');
    expect(hostsOf({ ...machine, hostName: 'a.lan' }, undefined).slice(0, 2)).toEqual(['a.lan', 'localhost']);
  });
});

describe('addresses to open', () => {
  const origins = (host: string, publicHost?: string, port = 7880, tls = true): readonly string[] =>
    reachableOrigins({ host, port, tls }, machine.addresses, publicHost);

  it('are those on which it listens', () => {
    expect(origins('127.0.0.1')).toEqual(['https://localhost:7880']);
    expect(origins('192.168.1.9', undefined, 80, false)).toEqual(['http://192.168.1.9']);
    expect(origins('0.0.0.0')).toEqual(['https://localhost:7880', 'https://192.168.1.9:7880']);
    expect(origins('::', 'call.example.org', 443)).toEqual([
      'https://call.example.org',
      'https://localhost',
      'https://192.168.1.9',
      'https://[fd00::9]',
    ]);
  });
});
