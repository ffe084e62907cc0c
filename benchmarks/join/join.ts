/**
 * How long joining takes: press of the button → first frame of the other person on screen whose number can be read.
 *
 * The other person is in the call already, with the camera on; the joining person's camera is granted and page loaded. Three
 * ways, interleaved, in the same browser on the same machine: forwarded by us, transcoded by us from no running encoder, and a
 * plain peer-to-peer call of two pages as the yardstick. All send 640x360 at 15 both ways.
 */
import '../../test/page/join-timer-api.ts';
import { launchBrowser, type TestBrowser, type TestPage } from '../../test/harness/browser.ts';
import { bundlePageScript } from '../../test/harness/bundle.ts';
import { PICTURE } from '../../test/harness/callMember.ts';
import { BrowserParticipant, signalOf } from '../../test/harness/participant.ts';
import { startServer, type TestServer } from '../../test/harness/server.ts';
import { waitFor } from '../../test/harness/wait.ts';
import type { Bench } from '../report/bench.ts';
import { atMost } from '../report/claims.ts';
import type { BenchReport } from '../report/report.ts';
import { median, quantile } from '../report/statistics.ts';
import { type PeerSite, servePeers } from './peerSite.ts';

type Way = 'peer-to-peer' | 'forwarded' | 'transcoded';
const WAYS: readonly Way[] = ['peer-to-peer', 'forwarded', 'transcoded'];

interface Stage {
  readonly browser: TestBrowser;
  readonly server: TestServer;
  readonly peers: PeerSite;
  readonly timer: string;
}

export const joinBench: Bench = {
  name: 'join',
  summary: 'press → first frame: forwarded, transcoded, and a peer-to-peer call of the same browser',
  defaultRounds: 50,
  run: measureJoins,
};

async function measureJoins(rounds: number, say: (line: string) => void): Promise<BenchReport> {
  const samples: Record<Way, number[]> = { 'peer-to-peer': [], forwarded: [], transcoded: [] };
  const stage: Stage = {
    browser: await launchBrowser(),
    server: await startServer({ log: { level: 'error' } }),
    peers: await servePeers(),
    timer: await bundlePageScript('join-timer.ts'),
  };
  try {
    // The first round of each way warms caches and is not counted.
    for (let round = 0; round <= rounds; round += 1) {
      for (const way of WAYS) {
        const tookMs = way === 'peer-to-peer' ? await peerRound(stage) : await callRound(stage, way);
        if (round > 0) samples[way].push(tookMs);
        say(`round ${round} of ${rounds}: ${way} ${tookMs.toFixed(0)} ms`);
      }
    }
  } finally {
    await stage.browser.close();
    await stage.server.close();
    await stage.peers.close();
  }
  return report(samples, rounds);
}

async function callRound(
  { browser, server, timer }: Stage,
  way: 'forwarded' | 'transcoded',
): Promise<number> {
  const room = await server.createRoom();
  const host = await BrowserParticipant.join(browser, server.origin, room, {
    name: 'Host',
    stream: 1,
    codecs: 'vp8',
  });
  const codecs = way === 'forwarded' ? 'vp8' : 'h264';
  const query = new URLSearchParams({
    name: 'Guest',
    codecs,
    simulcast: '0',
    maxHeight: String(PICTURE.height),
    frameRate: String(PICTURE.frameRate),
  });
  const guest = await browser.newPage(`${server.origin}/call?${query.toString()}#${room}`, {
    signal: signalOf(2),
  });
  try {
    await guest.page.waitForSelector('[data-testid=join]:enabled');
    await waitFor('the preview to show the camera', () =>
      guest.page.evaluate<boolean>(`document.querySelector('[data-testid=preview]')?.videoWidth > 0`),
    );
    await waitFor(
      'the host to be in the call',
      () => server.server.registry.rooms[0]?.participants[0]?.sources.size === 2,
    );
    return await measure(guest, timer, '[data-testid=join]', host.tile({ name: 'Host' }) + ' video');
  } finally {
    await guest.close();
    await host.leave();
    await waitFor('the call to end', () => server.server.registry.rooms.length === 0);
  }
}

async function peerRound({ browser, peers, timer }: Stage): Promise<number> {
  const callee = await browser.newPage(`${peers.url}#callee`, { signal: signalOf(1) });
  const caller = await browser.newPage(`${peers.url}#caller`, { signal: signalOf(2) });
  try {
    for (const side of [callee, caller]) await side.page.waitForSelector('body[data-state=ready]');
    return await measure(caller, timer, '#call', '#remote');
  } finally {
    await caller.close();
    await callee.close();
  }
}

async function measure(page: TestPage, timer: string, button: string, video: string): Promise<number> {
  await page.page.evaluate(timer);
  return page.page.evaluate(([press, watch]) => globalThis.__joinTimer.measure(press, watch), [
    button,
    video,
  ] as const);
}

function report(samples: Readonly<Record<Way, readonly number[]>>, rounds: number): BenchReport {
  const [p50, p95] = [median, (sample: readonly number[]): number => quantile(sample, 0.95)];
  const peer = samples['peer-to-peer'];
  const ratio = (way: Way, of: (sample: readonly number[]) => number): number => of(samples[way]) / of(peer);
  return {
    bench: 'join',
    tables: [
      {
        title: 'Join: press → first frame, ms',
        columns: ['way', 'p50', 'p95', 'p50 against p2p', 'p95 against p2p'],
        rows: WAYS.map((way) => [
          way,
          p50(samples[way]).toFixed(0),
          p95(samples[way]).toFixed(0),
          ratio(way, p50).toFixed(2),
          ratio(way, p95).toFixed(2),
        ]),
      },
    ],
    claims: [
      atMost('join.forwarded-vs-p2p', ratio('forwarded', p50), 1.3, 'x'),
      atMost('join.forwarded-vs-p2p-p95', ratio('forwarded', p95), 1.3, 'x'),
      atMost('join.transcoded-vs-p2p', ratio('transcoded', p50), 1.6, 'x'),
      atMost('join.transcoded-vs-p2p-p95', ratio('transcoded', p95), 1.6, 'x'),
    ],
    conditions: {
      rounds,
      picture: `${PICTURE.width}x${PICTURE.height} at ${PICTURE.frameRate}`,
      network: 'loopback',
    },
    skipped: [],
  };
}
