/**
 * A call of two real pages over our server, the media of one of them through emulated links: what that person saw and heard.
 *
 * What will surprise you: sender, server, relay and viewer share the machine; on a busy one the pages are late by themselves.
 */
import { existsSync, readFileSync } from 'node:fs';
import { launchBrowser } from '../../../test/harness/browser.ts';
import { PICTURE } from '../../../test/harness/callMember.ts';
import { ParticipantNetwork } from '../../../test/harness/network/network.ts';
import { knownPorts } from '../../../test/harness/network/ports.ts';
import { BrowserParticipant } from '../../../test/harness/participant.ts';
import { type TestServer, startServer } from '../../../test/harness/server.ts';
import { passMs } from '../../../test/harness/wait.ts';
import type { TimePoint } from '../../report/page/timeChart.ts';
import { type LinkConfig, asUs, parseTrace } from '../link.ts';
import type { AccessLinkReport } from '../live/accessLink.ts';
import { type AgePiece, agePieces } from '../quality/age.ts';
import { type Concealment, concealment } from '../quality/audio.ts';
import type { FrameRecord } from '../quality/frames.ts';
import { type VideoQuality, videoQuality } from '../quality/video.ts';
import { TRACES } from '../traces.ts';
import { framesOf } from './frames.ts';

export interface CallScenario {
  readonly name: string;
  /** What the viewer can receive: with `h264` what he sees comes from a media worker. */
  readonly codecs: 'vp8' | 'h264';
  /** From the server to the viewer. */
  readonly down: LinkConfig;
}

export interface CallResult {
  readonly scenario: string;
  readonly video: VideoQuality;
  readonly audio: Concealment;
  readonly frames: readonly FrameRecord[];
  readonly age: readonly AgePiece[];
  /** The server's of the viewer's network, in bits per second. */
  readonly estimate: readonly TimePoint[];
  readonly link: AccessLinkReport;
}

const ADA = { name: 'Ada', stream: 1 };
const BEN = { name: 'Ben', stream: 2 };
const LTE = 'ATT-LTE-driving-2016.down';
const DELAY_MS = 30;
const ESTIMATE_MS = 200;
const SETTLE_MS = 3000;
/** Nothing to speak of, for the way there and before the scenario begins. */
const GOOD: LinkConfig = {
  capacity: { kind: 'constant', bps: 20e6 },
  queue: { discipline: 'drop-tail', limitMs: 500 },
  delayMs: DELAY_MS,
};

export function callScenarios(): {
  readonly scenarios: readonly CallScenario[];
  readonly skipped: readonly string[];
} {
  const steps = [
    { atMs: 0, bps: 3e6 },
    { atMs: 6000, bps: 0.3e6 },
    { atMs: 12_000, bps: 3e6 },
  ];
  const stepped: LinkConfig = { ...GOOD, capacity: { kind: 'steps', steps } };
  const file = new URL(LTE, TRACES);
  if (!existsSync(file)) {
    return {
      scenarios: bothWays('steps 3, 0.3, 3 Mbit/s', stepped),
      skipped: [`a call over ${LTE}, which is not in the folder of shared traces`],
    };
  }
  const lte: LinkConfig = {
    ...GOOD,
    capacity: parseTrace(readFileSync(file, 'utf8')),
    queue: { discipline: 'drop-tail', limitMs: 1000 },
  };
  const scenarios = [...bothWays('steps 3, 0.3, 3 Mbit/s', stepped), ...bothWays(LTE, lte)];
  return { scenarios, skipped: [] };
}

/** Whether this is the scenario whose age of the picture is promised: the LTE trace, from a media worker. */
export function isPromised({ name }: CallScenario): boolean {
  return name === `transcoded, ${LTE}`;
}

function bothWays(name: string, down: LinkConfig): readonly CallScenario[] {
  return [
    { name: `forwarded, ${name}`, codecs: 'vp8', down },
    { name: `transcoded, ${name}`, codecs: 'h264', down },
  ];
}

/** @throws ChromiumNotFoundError */
export async function measureCall(
  { name, codecs, down }: CallScenario,
  seconds: number,
  seed: number,
): Promise<CallResult> {
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
      takes: CallScenario['codecs'],
      page: { readonly network?: ParticipantNetwork },
    ): Promise<BrowserParticipant> =>
      BrowserParticipant.join(browser, server.origin, room, { ...person, codecs: takes, page });
    const ada = await join(ADA, 'vp8', {});
    const ben = await join(BEN, codecs, { network });
    await ben.waitForPicture(ADA);
    // The estimate has grown by then to what the stream needs.
    await passMs(SETTLE_MS);
    const { probe } = ben.testPage;
    const soundBefore = await probe.audioSamples();
    const handle = await probe.startFrames(`${ben.tile(ADA)} video`, 2);
    const startedAtMs = await network.setLinks({ up: GOOD, down });
    const estimate = await watchEstimate(server, startedAtMs, seconds);
    const log = await probe.stopFrames(handle);
    const soundAfter = await probe.audioSamples();
    const link = await network.linkReport();
    if (link === null) throw new Error('the network was closed');
    await ben.leave();
    await ada.leave();
    const frames = framesOf(log, ADA.stream, startedAtMs);
    const span = { fromUs: asUs(0), toUs: asUs(seconds * 1e6) };
    return {
      scenario: name,
      video: videoQuality(frames, span),
      audio: concealment(soundBefore, soundAfter),
      frames,
      age: agePieces(frames, span),
      estimate,
      link,
    };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** What both pages send. */
export const CALL_PICTURE = `${PICTURE.width}x${PICTURE.height} at ${PICTURE.frameRate}`;

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
