/** What one person saw and heard while the link before him was bad. */
import type { PageProbe } from '../../../test/harness/probe.ts';
import { asUs } from '../../../pipelines/link/link.ts';
import type { AccessLinkReport } from '../../../pipelines/link/live/accessLink.ts';
import type { TimePoint } from '../../report/page/timeChart.ts';
import { agePieces } from '../quality/age.ts';
import { concealment } from '../quality/audio.ts';
import { videoQuality } from '../quality/video.ts';
import { framesOf } from './frames.ts';
import type { CallResult, CallScenario } from './scenarios.ts';

export interface Viewer {
  readonly probe: PageProbe;
  /** CSS selector of the picture. */
  readonly video: string;
  /** Whose picture that is, by the number in it. */
  readonly stream: number;
  /** The link becomes bad. @returns since when, ms since 1970 */
  readonly begin: () => Promise<number>;
  /** Until the end. @param startedAtMs as `begin` gave it @returns the sender's estimate of the way, where it is known */
  readonly wait: (startedAtMs: number) => Promise<readonly TimePoint[]>;
  readonly report: () => Promise<AccessLinkReport | null>;
}

/** Of every second picture the PSNR is taken: more would cost the viewer's own time. */
const PSNR_EVERY = 2;

/** @throws Error where the link was closed meanwhile */
export async function watchViewer(
  { probe, video, stream, begin, wait, report }: Viewer,
  scenario: CallScenario,
  seconds: number,
): Promise<CallResult> {
  const soundBefore = await probe.audioSamples();
  const handle = await probe.startFrames(video, PSNR_EVERY);
  const startedAtMs = await begin();
  const estimate = await wait(startedAtMs);
  const log = await probe.stopFrames(handle);
  const soundAfter = await probe.audioSamples();
  const link = await report();
  if (link === null) throw new Error('the network was closed');
  const frames = framesOf(log, stream, startedAtMs);
  const span = { fromUs: asUs(0), toUs: asUs(seconds * 1e6) };
  return {
    scenario: scenario.name,
    video: videoQuality(frames, span),
    audio: concealment(soundBefore, soundAfter),
    frames,
    age: agePieces(frames, span),
    estimate,
    link,
  };
}
