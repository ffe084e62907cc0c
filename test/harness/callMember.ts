/** What a test asks of everybody in a call, whatever device it is: what did you get of the others? */
import type { FrameLog, FrameReport } from '../signal/score.ts';
import { judgeFrames, judgeTone, scoreFrames } from '../signal/score.ts';
import { type ToneReport, toneHzOf } from '../signal/tone.ts';

/** Somebody whose pictures carry this stream id, and whose sound is the tone that follows from it. */
export interface Person {
  readonly name: string;
  readonly stream: number;
}

export interface CallMember extends Person {
  /** How that person's picture comes: what the tile says, and the reason behind it. */
  badge(of: Person): Promise<string>;
  /** Resolves when a picture of that person is there. */
  waitForPicture(of: Person, timeoutMs?: number): Promise<void>;
  watchFrames(of: Person, windowMs: number): Promise<FrameLog>;
  recordTone(of: Person, windowMs: number): Promise<ToneReport>;
  leave(): Promise<void>;
}

/** One direction of a call. */
export interface Direction {
  readonly from: Person;
  readonly to: CallMember;
  readonly badge: string;
  readonly frames: FrameReport;
  readonly tone: ToneReport;
  /** What is wrong, in sentences; empty: all is well. */
  readonly problems: readonly string[];
}

/** Sizes and rates that two cores can carry several of. */
export const PICTURE = { width: 640, height: 360, frameRate: 15 } as const;
const LONGEST_TONE_MS = 3000;

/**
 * Everybody watches and listens to everybody else, at the same time.
 * @param senders those who have a camera and a microphone
 */
export function receiveAll(
  people: readonly CallMember[],
  windowMs: number,
  senders: readonly Person[] = people,
): Promise<readonly Direction[]> {
  const pairs = senders.flatMap((from) => people.filter((to) => to !== from).map((to) => ({ from, to })));
  return Promise.all(pairs.map(({ from, to }) => receive(from, to, windowMs)));
}

async function receive(from: Person, to: CallMember, windowMs: number): Promise<Direction> {
  const [log, tone] = await Promise.all([
    to.watchFrames(from, windowMs),
    to.recordTone(from, Math.min(LONGEST_TONE_MS, windowMs)),
  ]);
  const frames = scoreFrames(log);
  const problems = [
    ...judgeFrames(frames, { stream: from.stream }),
    ...judgeTone(tone, { frequencyHz: toneHzOf(from.stream) }),
  ].map((problem) => `${to.name} of ${from.name}: ${problem}`);
  return { from, to, badge: await to.badge(from), frames, tone, problems };
}

export function problemsOf(directions: readonly Direction[]): readonly string[] {
  return directions.flatMap(({ problems }) => problems);
}

/** One line for a person to read. */
export function describeDirection({ from, to, badge, frames, tone }: Direction): string {
  return [
    `${from.name} → ${to.name}`,
    badge.split(':')[0],
    `${frames.count} frames`,
    `gaps ${frames.gaps.missing}, of which unseen ${frames.unseen}`,
    `${frames.rateFps.toFixed(1)} of ${(frames.sentFps ?? 0).toFixed(1)} fps`,
    `PSNR ${frames.psnrDb?.mean.toFixed(1) ?? '-'} dB`,
    `latency ${frames.latencyMs?.p50.toFixed(0) ?? '-'} ms`,
    `tone SNR ${tone.snrDb?.toFixed(1) ?? '-'} dB`,
  ].join(', ');
}
