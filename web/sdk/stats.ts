/**
 * From WebRTC's statistics reports (W3C webrtc-stats) to the few figures that a tile shows. Pure: rates follow from two
 * samples, and the caller keeps the earlier one.
 *
 * What will surprise you: one report covers a whole transport, and streams are found in it by SSRC (received) or MID (sent),
 * because not every platform has statistics of a single receiver.
 */
import * as v from 'valibot';

/** A member that must be a number where it is there at all; anything else counts as absent. */
const number = v.optional(v.fallback(v.optional(v.number()), undefined));
const text = v.optional(v.fallback(v.optional(v.string()), undefined));

const Entry = v.object({
  type: v.string(),
  id: v.string(),
  timestamp: number,
  kind: text,
  ssrc: number,
  mid: text,
  rid: text,
  bytesReceived: number,
  bytesSent: number,
  packetsReceived: number,
  packetsSent: number,
  packetsLost: number,
  fractionLost: number,
  jitter: number,
  framesDecoded: number,
  framesPerSecond: number,
  frameWidth: number,
  frameHeight: number,
  freezeCount: number,
  roundTripTime: number,
  currentRoundTripTime: number,
  nominated: v.optional(v.fallback(v.optional(v.boolean()), undefined)),
  state: text,
  localId: text,
  qualityLimitationReason: text,
});
export type StatsEntry = v.InferOutput<typeof Entry>;

/** Reads every entry that looks like one; a platform's odd entries are left out. */
export function readReport(report: { forEach(visit: (entry: unknown) => void): void }): StatsEntry[] {
  const entries: StatsEntry[] = [];
  report.forEach((raw) => {
    const parsed = v.safeParse(Entry, raw);
    if (parsed.success) entries.push(parsed.output);
  });
  return entries;
}

/** Cumulative counters of one stream at one moment, from which rates are made. */
export interface Sample {
  readonly atMs: number;
  readonly bytes: number;
  readonly packets: number;
  readonly packetsLost: number;
  readonly frames: number;
}

export interface StreamFigures {
  readonly width: number | null;
  readonly height: number | null;
  readonly frameRate: number | null;
  /** Null until there are two samples. */
  readonly bitrateBps: number | null;
  readonly packetsLost: number;
  /** Share of packets lost since the earlier sample, 0 to 1. */
  readonly lossRatio: number;
  readonly rttMs: number | null;
  readonly jitterMs: number | null;
  readonly freezeCount: number;
  readonly framesDecoded: number;
  readonly packetsReceived: number;
}

export interface Reading {
  readonly figures: StreamFigures;
  readonly sample: Sample;
}

const ms = (seconds: number | undefined): number | null => (seconds === undefined ? null : seconds * 1_000);

/** Round trip of the ICE pair in use, in ms. */
function pathRttMs(entries: readonly StatsEntry[]): number | null {
  const pair = entries.find(
    (entry) => entry.type === 'candidate-pair' && entry.nominated === true && entry.state === 'succeeded',
  );
  return ms(pair?.currentRoundTripTime);
}

function perSecond(now: number, before: number | undefined, elapsedMs: number): number | null {
  return before === undefined || elapsedMs <= 0 ? null : (Math.max(0, now - before) * 1_000) / elapsedMs;
}

/**
 * Figures of one received stream.
 *
 * @param ssrc The stream's SSRC as its description says.
 * @param previous The sample of an earlier reading of the same SSRC.
 * @returns null where the report does not know the stream (yet).
 */
export function readReceived(
  entries: readonly StatsEntry[],
  ssrc: number,
  nowMs: number,
  previous: Sample | undefined,
): Reading | null {
  const inbound = entries.find((entry) => entry.type === 'inbound-rtp' && entry.ssrc === ssrc);
  if (inbound === undefined) return null;
  const sample: Sample = {
    atMs: nowMs,
    bytes: inbound.bytesReceived ?? 0,
    packets: inbound.packetsReceived ?? 0,
    packetsLost: inbound.packetsLost ?? 0,
    frames: inbound.framesDecoded ?? 0,
  };
  const elapsedMs = nowMs - (previous?.atMs ?? nowMs);
  const lost = Math.max(0, sample.packetsLost - (previous?.packetsLost ?? 0));
  const expected = lost + Math.max(0, sample.packets - (previous?.packets ?? 0));
  const bytesPerSecond = perSecond(sample.bytes, previous?.bytes, elapsedMs);
  return {
    sample,
    figures: {
      width: inbound.frameWidth ?? null,
      height: inbound.frameHeight ?? null,
      frameRate: inbound.framesPerSecond ?? perSecond(sample.frames, previous?.frames, elapsedMs),
      bitrateBps: bytesPerSecond === null ? null : bytesPerSecond * 8,
      packetsLost: sample.packetsLost,
      lossRatio: expected === 0 ? 0 : lost / expected,
      rttMs: pathRttMs(entries),
      jitterMs: ms(inbound.jitter),
      freezeCount: inbound.freezeCount ?? 0,
      framesDecoded: sample.frames,
      packetsReceived: sample.packets,
    },
  };
}

/**
 * Figures of one sent stream; several simulcast layers count as one: their bits add up, and the size is the largest that
 * is being sent. Loss and jitter are what the server reported back.
 *
 * @param mid The stream's MID as its description says.
 */
export function readSent(
  entries: readonly StatsEntry[],
  mid: string,
  nowMs: number,
  previous: Sample | undefined,
): Reading | null {
  const layers = entries.filter((entry) => entry.type === 'outbound-rtp' && entry.mid === mid);
  if (layers.length === 0) return null;
  const ids = new Set(layers.map((layer) => layer.id));
  const remote = entries.filter(
    (entry) => entry.type === 'remote-inbound-rtp' && entry.localId !== undefined && ids.has(entry.localId),
  );
  const sum = (pick: (entry: StatsEntry) => number | undefined, list: readonly StatsEntry[]): number =>
    list.reduce((total, entry) => total + (pick(entry) ?? 0), 0);
  const sample: Sample = {
    atMs: nowMs,
    bytes: sum((entry) => entry.bytesSent, layers),
    packets: sum((entry) => entry.packetsSent, layers),
    packetsLost: sum((entry) => entry.packetsLost, remote),
    frames: 0,
  };
  const largest = layers.reduce((best, layer) =>
    (layer.frameHeight ?? 0) > (best.frameHeight ?? 0) ? layer : best,
  );
  const bytesPerSecond = perSecond(sample.bytes, previous?.bytes, nowMs - (previous?.atMs ?? nowMs));
  const report = remote[0];
  return {
    sample,
    figures: {
      width: largest.frameWidth ?? null,
      height: largest.frameHeight ?? null,
      frameRate: largest.framesPerSecond ?? null,
      bitrateBps: bytesPerSecond === null ? null : bytesPerSecond * 8,
      packetsLost: sample.packetsLost,
      lossRatio: Math.max(0, ...remote.map((entry) => entry.fractionLost ?? 0)),
      rttMs: ms(report?.roundTripTime) ?? pathRttMs(entries),
      jitterMs: ms(report?.jitter),
      freezeCount: 0,
      framesDecoded: 0,
      packetsReceived: 0,
    },
  };
}
