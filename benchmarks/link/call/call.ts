/**
 * A call of two real pages over our server, the media of one of them through emulated links: what that person saw and heard.
 *
 * What will surprise you: sender, server, relay and viewer share the machine; on a busy one the pages are late by themselves.
 */
import { launchBrowser } from '../../../test/harness/browser.ts';
import { ParticipantNetwork } from '../../../test/harness/network/network.ts';
import { knownPorts } from '../../../test/harness/network/ports.ts';
import { BrowserParticipant } from '../../../test/harness/participant.ts';
import { type TestServer, startServer } from '../../../test/harness/server.ts';
import { passMs } from '../../../test/harness/wait.ts';
import type { TimePoint } from '../../report/page/timeChart.ts';
import { measurePeers } from './peers.ts';
import { ADA, BEN, type CallResult, type CallScenario, GOOD, SETTLE_MS } from './scenarios.ts';
import { watchViewer } from './viewer.ts';

const ESTIMATE_MS = 200;

/** @throws ChromiumNotFoundError */
export function measureCall(scenario: CallScenario, seconds: number, seed: number): Promise<CallResult> {
  return scenario.way === 'peers'
    ? measurePeers(scenario, seconds, seed)
    : measureOverServer(scenario, seconds, seed);
}

async function measureOverServer(scenario: CallScenario, seconds: number, seed: number): Promise<CallResult> {
  const { listen, media } = await knownPorts();
  const server = await startServer({ listen, media, log: { level: 'error' } });
  const ends: (() => Promise<void>)[] = [(): Promise<void> => server.close()];
  try {
    const network = await ParticipantNetwork.open(server, { links: { up: GOOD, down: GOOD }, seed });
    ends.push(() => network.close());
    const browser = await launchBrowser();
    ends.push(() => browser.close());
    const room = await server.createRoom();
    const join = (
      person: typeof ADA,
      codecs: 'vp8' | 'h264',
      page: { readonly network?: ParticipantNetwork },
    ): Promise<BrowserParticipant> =>
      BrowserParticipant.join(browser, server.origin, room, { ...person, codecs, page });
    const ada = await join(ADA, 'vp8', {});
    const ben = await join(BEN, scenario.way === 'transcoded' ? 'h264' : 'vp8', { network });
    await ben.waitForPicture(ADA);
    await passMs(SETTLE_MS);
    const result = await watchViewer(
      {
        probe: ben.testPage.probe,
        video: `${ben.tile(ADA)} video`,
        stream: ADA.stream,
        begin: () => network.setLinks({ up: GOOD, down: scenario.down }),
        wait: (startedAtMs) => watchEstimate(server, startedAtMs, seconds),
        report: () => network.linkReport(),
      },
      scenario,
      seconds,
    );
    await ben.leave();
    await ada.leave();
    return result;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function watchEstimate(
  { server }: TestServer,
  startedAtMs: number,
  seconds: number,
): Promise<readonly TimePoint[]> {
  const points: TimePoint[] = [];
  for (let atMs = Date.now() - startedAtMs; atMs < seconds * 1000; atMs = Date.now() - startedAtMs) {
    const viewer = server.registry.rooms
      .flatMap(({ participants }) => [...participants])
      .find((participant) => participant.name === BEN.name);
    points.push({ atMs, value: viewer?.way.availableBps ?? null });
    await passMs(Math.min(ESTIMATE_MS, seconds * 1000 - atMs));
  }
  return points;
}
