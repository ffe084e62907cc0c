/** Which calls are measured: each link, and over it each way from one person to the other. */
import { existsSync, readFileSync } from 'node:fs';
import { PICTURE } from '../../../test/harness/callMember.ts';
import { TRACES } from '../../../test/signal/traces.ts';
import { type LinkConfig, parseTrace } from '../../../pipelines/link/link.ts';
import type { AccessLinkReport } from '../../../pipelines/link/live/accessLink.ts';
import type { TimePoint } from '../../report/page/timeChart.ts';
import type { AgePiece } from '../quality/age.ts';
import type { Concealment } from '../quality/audio.ts';
import type { FrameRecord } from '../quality/frames.ts';
import type { VideoQuality } from '../quality/video.ts';

/** `transcoded`: the viewer takes H.264 only, so that what he sees comes from a media worker. `peers`: Chromium to Chromium, without us. */
export type CallWay = 'forwarded' | 'transcoded' | 'peers';
const WAYS: readonly CallWay[] = ['forwarded', 'transcoded', 'peers'];

export interface CallScenario {
  readonly name: string;
  readonly link: string;
  readonly way: CallWay;
  /** To the viewer. */
  readonly down: LinkConfig;
}

export interface CallResult {
  readonly scenario: string;
  readonly video: VideoQuality;
  readonly audio: Concealment;
  readonly frames: readonly FrameRecord[];
  readonly age: readonly AgePiece[];
  /** The server's of the viewer's network, in bits per second; empty where there is no server. */
  readonly estimate: readonly TimePoint[];
  readonly link: AccessLinkReport;
}

/** Who is watched, and who watches. */
export const ADA = { name: 'Ada', stream: 1 };
export const BEN = { name: 'Ben', stream: 2 };
const LTE = 'ATT-LTE-driving-2016.down';
/** The link is good for so long, that the sender's estimate grows to what the stream needs. */
export const SETTLE_MS = 3000;
const GOOD_BPS = 20e6;
/** Nothing to speak of, for the way there and before the scenario begins. */
export const GOOD: LinkConfig = {
  capacity: { kind: 'constant', bps: GOOD_BPS },
  queue: { discipline: 'drop-tail', limitMs: 500 },
  delayMs: 30,
};
/** What all send. */
export const CALL_PICTURE = `${PICTURE.width}x${PICTURE.height} at ${PICTURE.frameRate}`;

export function callScenarios(): {
  readonly scenarios: readonly CallScenario[];
  readonly skipped: readonly string[];
} {
  const steps = [
    { atMs: 0, bps: 3e6 },
    { atMs: 6000, bps: 0.3e6 },
    { atMs: 12_000, bps: 3e6 },
  ];
  const scenarios = [
    ...eachWay('steps 3, 0.3, 3 Mbit/s', { ...GOOD, capacity: { kind: 'steps', steps } }),
    ...eachWay('5 % lost in bursts of 3', {
      ...GOOD,
      capacity: { kind: 'constant', bps: 3e6 },
      loss: { kind: 'gilbert-elliott', share: 0.05, meanBurstPackets: 3 },
    }),
  ];
  const file = new URL(LTE, TRACES);
  if (!existsSync(file)) {
    return { scenarios, skipped: [`a call over ${LTE}, which is not in the folder of shared traces`] };
  }
  const lte: LinkConfig = {
    ...GOOD,
    capacity: parseTrace(readFileSync(file, 'utf8')),
    queue: { discipline: 'drop-tail', limitMs: 1000 },
  };
  return { scenarios: [...scenarios, ...eachWay(LTE, lte)], skipped: [] };
}

/** Whether this is the scenario whose age of the picture is promised: the LTE trace, from a media worker. */
export function isPromised({ name }: CallScenario): boolean {
  return name === nameOf('transcoded', LTE);
}

function eachWay(link: string, down: LinkConfig): readonly CallScenario[] {
  return WAYS.map((way) => ({ name: nameOf(way, link), link, way, down }));
}

function nameOf(way: CallWay, link: string): string {
  return `${way === 'peers' ? 'Chromium to Chromium' : way}, ${link}`;
}
