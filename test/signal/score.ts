/**
 * From what a receiver read off the pictures it showed to the figures that a test states about one direction of a call.
 *
 * What will surprise you:
 * - Everything is measured over a window of wall-clock time, not from the first picture to the last: a stream that froze
 *   halfway has half the rate and one long freeze at its end.
 * - The sent rate is read from the barcodes (frame numbers against capture times), so the receiver needs no word from the
 *   sender; a camera that was late is not counted against the path.
 * - {@link judgeFrames} and {@link judgeTone} answer with sentences, one per thing wrong: an empty list is a pass, and a
 *   failing test prints what failed.
 */
import { elapsedMs } from './barcode.ts';
import type { ToneReport } from './tone.ts';

/** One picture that was shown and whose barcode was read. */
export interface FrameSample {
  readonly frame: number;
  /** Capture time from the barcode, ms modulo 2^40. */
  readonly timeMs: number;
  readonly stream: number;
  /** When the receiver had it, same clock and modulus as `timeMs`. */
  readonly receivedAtMs: number;
  /** `null` where only the barcode was read. */
  readonly psnrDb: number | null;
}

/** Everything that a receiver noted from start to stop. */
export interface FrameLog {
  readonly samples: readonly FrameSample[];
  /** Pictures without a barcode that reads. */
  readonly unreadable: number;
  /** Pictures that the receiver showed without the log's taking them: it was too busy, not the call. */
  readonly unseen: number;
  readonly startedAtMs: number;
  readonly stoppedAtMs: number;
  /** Size of the last picture, 0x0 before the first. */
  readonly width: number;
  readonly height: number;
}

export interface FrameReport {
  readonly count: number;
  readonly unreadable: number;
  readonly unseen: number;
  /** Stream ids seen, ascending. */
  readonly streams: readonly number[];
  readonly risesStrictly: boolean;
  /** Pictures whose number was not above the one before. */
  readonly notRising: number;
  /** Places where numbers were skipped, how many were skipped in all, and the most at one place. */
  readonly gaps: { readonly places: number; readonly missing: number; readonly longest: number };
  /** Pictures read a second over the window. */
  readonly rateFps: number;
  /** From the barcodes; `null` with fewer than two pictures. */
  readonly sentFps: number | null;
  /** Pictures shown, the unseen ones included, of those sent; 0 where that is unknown. */
  readonly shareOfSent: number;
  /** Capture to receiver; `null` without pictures. */
  readonly latencyMs: { readonly p50: number; readonly p95: number } | null;
  /** Over the pictures that were compared; `null` where none was. */
  readonly psnrDb: { readonly mean: number; readonly min: number; readonly count: number } | null;
  /** The longest time without a new picture, window edges included. */
  readonly longestFreezeMs: number;
}

/** The value below which `share` (0 to 1) of the values lie, by nearest rank; `values` must not be empty. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** Sums a log up. A log may be cut with {@link sliceLog} first, for instance to leave out the ramp-up. */
export function scoreFrames(log: FrameLog): FrameReport {
  const { samples } = log;
  const windowMs = Math.max(1, elapsedMs(log.startedAtMs, log.stoppedAtMs));
  const rateFps = (samples.length * 1000) / windowMs;
  const shownFps = ((samples.length + log.unseen) * 1000) / windowMs;
  const sentFps = sentRateFps(samples);
  const order = orderOf(samples);
  const latencies = samples.map((sample) => elapsedMs(sample.timeMs, sample.receivedAtMs));
  const psnrs = samples.flatMap((sample) => (sample.psnrDb === null ? [] : [sample.psnrDb]));
  return {
    count: samples.length,
    unreadable: log.unreadable,
    unseen: log.unseen,
    streams: [...new Set(samples.map((sample) => sample.stream))].toSorted((a, b) => a - b),
    risesStrictly: order.notRising === 0,
    notRising: order.notRising,
    gaps: order.gaps,
    rateFps,
    sentFps,
    shareOfSent: sentFps === null || sentFps <= 0 ? 0 : shownFps / sentFps,
    latencyMs:
      latencies.length === 0 ? null : { p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95) },
    psnrDb:
      psnrs.length === 0
        ? null
        : {
            mean: psnrs.reduce((sum, value) => sum + value, 0) / psnrs.length,
            min: Math.min(...psnrs),
            count: psnrs.length,
          },
    longestFreezeMs: longestFreezeMs(log),
  };
}

/** The part of a log that was received from `fromMs` (inclusive) to `toMs` (exclusive); unreadable and unseen ones stay counted. */
export function sliceLog(log: FrameLog, fromMs: number, toMs: number = log.stoppedAtMs): FrameLog {
  return {
    ...log,
    samples: log.samples.filter(
      (sample) => elapsedMs(fromMs, sample.receivedAtMs) >= 0 && elapsedMs(sample.receivedAtMs, toMs) > 0,
    ),
    startedAtMs: fromMs,
    stoppedAtMs: toMs,
  };
}

export interface FrameBounds {
  readonly stream: number;
  /** Default 0.9. */
  readonly minShareOfSent?: number;
  /** Mean over the compared pictures, default 30. */
  readonly minPsnrDb?: number;
  /** Default 50. */
  readonly minComparedFrames?: number;
  /** Default 1000. */
  readonly maxFreezeMs?: number;
  /** Share of pictures that may be unreadable, default 0.02. */
  readonly maxUnreadableShare?: number;
}

/** What is wrong with a direction of video: an empty list where nothing is. */
export function judgeFrames(report: FrameReport, bounds: FrameBounds): string[] {
  const wrong: string[] = [];
  const minShare = bounds.minShareOfSent ?? 0.9;
  const minPsnrDb = bounds.minPsnrDb ?? 30;
  const minCompared = bounds.minComparedFrames ?? 50;
  const maxFreezeMs = bounds.maxFreezeMs ?? 1000;
  const maxUnreadable = bounds.maxUnreadableShare ?? 0.02;
  if (report.count === 0) wrong.push('no picture with a readable barcode arrived');
  if (report.streams.some((stream) => stream !== bounds.stream)) {
    wrong.push(`pictures of stream ${report.streams.join(', ')} where only ${bounds.stream} was expected`);
  }
  if (!report.risesStrictly) wrong.push(`${report.notRising} pictures were not newer than the one before`);
  if (report.shareOfSent < minShare) {
    const sent = report.sentFps === null ? 'an unknown rate' : `${report.sentFps.toFixed(1)}/s`;
    const arrived = `${report.rateFps.toFixed(1)} pictures/s arrived, and ${report.unseen} unseen`;
    wrong.push(`${arrived}, of ${sent} sent, fewer than ${minShare * 100} %`);
  }
  const compared = report.psnrDb?.count ?? 0;
  if (compared < minCompared) wrong.push(`${compared} pictures were compared, fewer than ${minCompared}`);
  if (report.psnrDb !== null && report.psnrDb.mean < minPsnrDb) {
    wrong.push(`mean PSNR ${report.psnrDb.mean.toFixed(1)} dB is under ${minPsnrDb} dB`);
  }
  if (report.longestFreezeMs > maxFreezeMs) {
    wrong.push(`the picture stood still for ${report.longestFreezeMs.toFixed(0)} ms, over ${maxFreezeMs} ms`);
  }
  if (report.unreadable > maxUnreadable * (report.count + report.unreadable)) {
    wrong.push(
      `${report.unreadable} of ${report.count + report.unreadable} pictures had no readable barcode`,
    );
  }
  return wrong;
}

export interface ToneBounds {
  readonly frequencyHz: number;
  /** Default 3. */
  readonly toleranceHz?: number;
  /** Default 20. */
  readonly minSnrDb?: number;
  /** Default -40. */
  readonly minLevelDbfs?: number;
  /** Share of blocks that may be broken, default 0.1. */
  readonly maxBrokenShare?: number;
}

/** What is wrong with a direction of sound: an empty list where nothing is. */
export function judgeTone(report: ToneReport, bounds: ToneBounds): string[] {
  const { frequencyHz, snrDb } = report;
  if (frequencyHz === null || snrDb === null) return ['no sound arrived'];
  const wrong: string[] = [];
  const minSnrDb = bounds.minSnrDb ?? 20;
  const minLevelDbfs = bounds.minLevelDbfs ?? -40;
  if (!(Math.abs(frequencyHz - bounds.frequencyHz) <= (bounds.toleranceHz ?? 3))) {
    wrong.push(`the tone is at ${frequencyHz.toFixed(1)} Hz, not ${bounds.frequencyHz.toFixed(1)} Hz`);
  }
  if (!(snrDb >= minSnrDb)) wrong.push(`the tone's SNR of ${snrDb.toFixed(1)} dB is under ${minSnrDb} dB`);
  if (!(report.levelDbfs >= minLevelDbfs)) {
    wrong.push(`the level of ${report.levelDbfs.toFixed(1)} dBFS is under ${minLevelDbfs} dBFS`);
  }
  if (report.brokenBlocks > (bounds.maxBrokenShare ?? 0.1) * report.blocks) {
    wrong.push(`${report.brokenBlocks} of ${report.blocks} blocks of sound were broken`);
  }
  return wrong;
}

/** Frame numbers against capture times, between the lowest and the highest number seen. */
function sentRateFps(samples: readonly FrameSample[]): number | null {
  let first: FrameSample | undefined;
  let last: FrameSample | undefined;
  for (const sample of samples) {
    if (first === undefined || sample.frame < first.frame) first = sample;
    if (last === undefined || sample.frame > last.frame) last = sample;
  }
  if (first === undefined || last === undefined) return null;
  const spanMs = elapsedMs(first.timeMs, last.timeMs);
  return spanMs > 0 ? ((last.frame - first.frame) * 1000) / spanMs : null;
}

function orderOf(samples: readonly FrameSample[]): { notRising: number; gaps: FrameReport['gaps'] } {
  let notRising = 0;
  let places = 0;
  let missing = 0;
  let longest = 0;
  let newest: number | undefined;
  for (const { frame } of samples) {
    if (newest !== undefined) {
      const skipped = frame - newest - 1;
      if (skipped < 0) notRising += 1;
      if (skipped > 0) {
        places += 1;
        missing += skipped;
        longest = Math.max(longest, skipped);
      }
    }
    newest = Math.max(newest ?? frame, frame);
  }
  return { notRising, gaps: { places, missing, longest } };
}

/** Only a picture newer than all before it ends a freeze: repeats of an old one do not. */
function longestFreezeMs(log: FrameLog): number {
  let longest = 0;
  let sinceMs = log.startedAtMs;
  let newest = -1;
  for (const { frame, receivedAtMs } of log.samples) {
    if (frame <= newest) continue;
    newest = frame;
    longest = Math.max(longest, elapsedMs(sinceMs, receivedAtMs));
    sinceMs = receivedAtMs;
  }
  return Math.max(longest, elapsedMs(sinceMs, log.stoppedAtMs));
}
