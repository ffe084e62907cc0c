/**
 * Reaching the server where the network is in the way: https with the server's own CA, media through its relay over UDP, TCP and
 * TLS, media over TCP without a relay, and the connection test that tells which of these work.
 */
import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import * as https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { findCoturn } from '../../src/reach/turnRelay.ts';
import { Server } from '../../src/server.ts';
import type { CheckResult } from '../page/connection-test-api.ts';
import { type TestBrowser, launchBrowser } from '../harness/browser.ts';
import { bundlePageScript } from '../harness/bundle.ts';
import { describeDirection, problemsOf, receiveAll } from '../harness/callMember.ts';
import { BrowserParticipant } from '../harness/participant.ts';
import { isAlive } from '../harness/server.ts';
import { passMs, waitFor } from '../harness/wait.ts';

const RAMP_MS = 5000;
const WINDOW_MS = 5000;
const WINDOWS = 3;
/** Longer than any path on one machine needs, shorter than the browser's patience with a relay that is not there. */
const PATH_TIMEOUT_MS = 4000;

const hasCoturn = findCoturn(process.env['PATH'] ?? '') !== null;
if (!hasCoturn) process.stdout.write('relay tests are skipped: apt-get install coturn\n');

let dataDir: string;
let server: Server;
let browser: TestBrowser;
let origin: string;
const people: BrowserParticipant[] = [];

beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'commucat-reach-'));
  server = await startServer({});
  const port = server.address.port;
  origin = `https://localhost:${port}`;
  const certificate = new X509Certificate(readFileSync(path.join(dataDir, 'tls', 'server.pem')));
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  browser = await launchBrowser({ trustedSpki: [createHash('sha256').update(spki).digest('base64')] });
});
afterEach(async () => {
  for (const person of people.splice(0)) await person.leave();
});
afterAll(async () => {
  await browser.close();
  await stop(server);
  rmSync(dataDir, { recursive: true });
});

function startServer(media: NonNullable<ConfigInput['media']>): Promise<Server> {
  return Server.start(
    parseConfig({
      dataDir,
      listen: { port: 0, tls: 'local' },
      rooms: { creation: 'open' },
      media: {
        listen: [{ ip: '127.0.0.1' }],
        workers: 1,
        mediaWorkers: 1,
        turn: { mode: hasCoturn ? 'on' : 'off' },
        ...media,
      },
      log: { level: 'error' },
    }),
  );
}

async function stop(one: Server): Promise<void> {
  const pids = Object.values(one.pids).flat();
  await one.close();
  await waitFor(`processes ${pids.join(', ')} end`, () => pids.every((pid) => !isAlive(pid)));
}

/** As a client that trusts the local CA, and nothing else. */
function createRoom(): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = https.request(`${origin}/api/rooms`, {
      method: 'POST',
      agent: false,
      ...(server.ca === null ? {} : { ca: server.ca.pem }),
    });
    request.once('error', reject);
    request.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.once('end', () => {
        const room = /"room":"([^"]+)"/.exec(text)?.[1];
        if (room === undefined) reject(new Error(`no room: ${text}`));
        else resolve(room);
      });
    });
    request.end();
  });
}

type Way = 'turn:…?transport=udp' | 'turn:…?transport=tcp' | 'turns:';

/**
 * Leaves the browser one way only, as a network does that blocks the others, and keeps its connections where `pathsOf` finds
 * them.
 */
async function leaveOnly(page: Page, way: Way | 'ICE over TCP'): Promise<void> {
  const keep = {
    'turn:…?transport=udp': 'url.startsWith("turn:") && url.endsWith("udp")',
    'turn:…?transport=tcp': 'url.startsWith("turn:") && url.endsWith("tcp")',
    'turns:': 'url.startsWith("turns:")',
    'ICE over TCP': 'false',
  }[way];
  const keepsUdp = way !== 'ICE over TCP';
  await page.addInitScript(`{
    const Native = globalThis.RTCPeerConnection;
    globalThis.__connections = [];
    globalThis.RTCPeerConnection = class extends Native {
      constructor(configuration = {}) {
        const iceServers = (configuration.iceServers ?? [])
          .map((server) => ({ ...server, urls: [server.urls].flat().filter((url) => ${keep}) }))
          .filter(({ urls }) => urls.length > 0);
        super({ ...configuration, iceServers });
        globalThis.__connections.push(this);
      }
      setRemoteDescription({ type, sdp }) {
        const lines = sdp.split('\\r\\n');
        const kept = lines.filter((line) => ${keepsUdp} || !/^a=candidate:\\S+ 1 udp /.test(line));
        return super.setRemoteDescription({ type, sdp: kept.join('\\r\\n') });
      }
    };
  }`);
}

/** How each connection of a page really goes, as the browser says. */
function pathsOf(person: BrowserParticipant): Promise<readonly string[]> {
  return person.testPage.page.evaluate<readonly string[]>(`(async () => {
    const paths = [];
    for (const connection of globalThis.__connections) {
      const stats = [...(await connection.getStats()).values()];
      const pair = stats.find((one) => one.type === 'candidate-pair' && one.nominated && one.state === 'succeeded');
      const local = stats.find((one) => one.id === pair?.localCandidateId);
      if (local !== undefined) paths.push(local.candidateType + ' ' + (local.relayProtocol ?? local.protocol));
    }
    return paths;
  })()`);
}

async function callThrough(way: Way | 'ICE over TCP', stream: number): Promise<readonly string[]> {
  const room = await createRoom();
  const ada = await BrowserParticipant.join(browser, origin, room, {
    name: 'Ada',
    stream,
    codecs: 'vp8',
    ...(way === 'ICE over TCP' ? {} : { switches: { forceRelay: '1' } }),
    page: { prepare: (page) => leaveOnly(page, way) },
  });
  people.push(ada);
  const ben = await BrowserParticipant.join(browser, origin, room, {
    name: 'Ben',
    stream: stream + 1,
    codecs: 'vp8',
  });
  people.push(ben);
  await ada.waitForPicture(ben);
  await ben.waitForPicture(ada);
  await passMs(RAMP_MS);
  // The way is what is tested here, not what this machine can do beside other work: it gets a few windows.
  let problems: readonly string[] = ['nothing was measured'];
  for (let window = 0; window < WINDOWS && problems.length > 0; window += 1) {
    const directions = await receiveAll(people, WINDOW_MS);
    process.stdout.write(`${way}\n${directions.map(describeDirection).join('\n')}\n`);
    problems = problemsOf(directions);
  }
  expect(problems).toEqual([]);
  return pathsOf(ada);
}

async function runConnectionTest(): Promise<readonly CheckResult[]> {
  const script = await bundlePageScript('connection-test.ts');
  const testPage = await browser.newPage(`${origin}/test`, {
    equipment: 'browser',
    expectedProblems: [/./],
    prepare: async (page) => {
      await page.addInitScript({ content: script });
    },
  });
  try {
    return await testPage.page.evaluate(
      (timeoutMs) => globalThis.__testConnection(timeoutMs),
      PATH_TIMEOUT_MS,
    );
  } finally {
    await testPage.close();
  }
}

function line({ id, state, detail, rttMs }: CheckResult): string {
  return `${id} ${state} ${detail} ${rttMs === null ? '-' : `${rttMs.toFixed(1)} ms`}`;
}

describe.skipIf(!hasCoturn)('a call in which one may use the relay only', () => {
  it.each<[Way, number, string]>([
    ['turn:…?transport=udp', 40, 'relay udp'],
    ['turn:…?transport=tcp', 42, 'relay tcp'],
    ['turns:', 44, 'relay tls'],
  ])('by %s has pictures and sound both ways', async (way, stream, expected) => {
    const paths = await callThrough(way, stream);
    expect(paths.length).toBeGreaterThanOrEqual(2);
    expect([...new Set(paths)]).toEqual([expected]);
  });
});

describe('a call in which UDP is blocked', () => {
  it('has pictures and sound both ways over TCP, without a relay', async () => {
    const paths = await callThrough('ICE over TCP', 46);
    // The browser's own end is a port that no candidate named: peer reflexive (RFC 6544 section 5.2).
    for (const one of paths) expect(one).toMatch(/^(host|prflx) tcp$/);
    expect(paths.length).toBeGreaterThanOrEqual(2);
  });
});

describe('the connection test', () => {
  it.skipIf(!hasCoturn)('finds every path on a network that lets everything through', async () => {
    const results = await runConnectionTest();
    process.stdout.write(`${results.map(line).join('\n')}\n`);
    const found = Object.fromEntries(results.map(({ id, state, detail }) => [id, `${state}: ${detail}`]));
    expect(found).toMatchObject({
      'secure-context': 'ok: secure',
      signalling: 'ok: connected',
      udp: 'ok: connected',
      tcp: 'ok: connected',
      'turn-udp': 'ok: connected',
      'turn-tcp': 'ok: connected',
      'turn-tls': 'ok: connected',
      codecs: 'ok: vp8-and-h264',
    });
    for (const { id, rttMs } of results) {
      // Browsers tell a path's time in whole milliseconds, and this one takes less.
      if (id === 'signalling' || id === 'udp') expect(rttMs).toBeGreaterThanOrEqual(0);
    }
  });

  it.skipIf(!hasCoturn)('tells that the relay does not answer, while the rest works', async () => {
    const [pid] = server.pids.relay;
    if (pid === undefined) throw new Error('no relay runs');
    // It hears nothing while it is stopped, as behind a firewall that drops packets.
    process.kill(pid, 'SIGSTOP');
    try {
      const results = await runConnectionTest();
      process.stdout.write(`${results.map(line).join('\n')}\n`);
      const found = Object.fromEntries(results.map(({ id, state, detail }) => [id, `${state}: ${detail}`]));
      expect(found).toMatchObject({
        udp: 'ok: connected',
        tcp: 'ok: connected',
        'turn-udp': 'failed: relay-unreachable',
        'turn-tcp': 'failed: relay-unreachable',
        'turn-tls': 'failed: relay-unreachable',
      });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});
