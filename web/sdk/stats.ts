/**
 * The few figures that a tile shows, from a statistics report. Pure: rates follow from two samples, and the caller keeps the
 * earlier one.
 *
 * What will surprise you:
 * - One report covers a whole transport, and streams are found in it by SSRC (received) or MID (sent), because not every
 *   platform has statistics of a single receiver.
 * - Which layer is received is told by nobody: it is concluded from the sizes that were seen, and unknown until every layer of
 *   the stream was seen once.
 */
import type { StatsEntry } from './stats-report.ts';

/** Cumulative counters of one stream at one moment, from which rates are made. */
export interface Sample {
  readonly atMs: number;
  readonly bytes: number;
  readonly packets: number;
  readonly packetsLost: number;
  readonly frames: number;
  readonly jitterBufferMs: number;
  readonly jitterBufferCount: number;
  /** Bytes by RID, of a sent stream. */
  readonly layers: ReadonlyMap<string, number>;
}

/** What the received and the sent streams have alike. */
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
  /** How long frames or sound waited in the jitter buffer lately; null for what is sent, and until something came out. */
  readonly jitterBufferMs: number | null;
  readonly freezeCount: number;
  /** How long the picture stood still, over the whole time of the stream. */
  readonly freezeMs: number;
  readonly framesDecoded: number;
  /** Whole frames that came; 0 of what is sent. */
  readonly framesReceived: number;
  readonly packetsReceived: number;
}

/** One layer of a sent stream. */
export interface SentLayer {
  /** `r0` is the smallest; null where the stream has one layer. */
  readonly rid: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly frameRate: number | null;
  readonly bitrateBps: number | null;
  /** False: nobody watches it, so it is not sent. */
  readonly active: boolean;
}

/** The layer that is received. */
export interface ReceivedLayer {
  /** 0 is the smallest; null where it cannot be told. */
  readonly index: number | null;
  readonly count: number;
}

/** What holds the sending encoder back (W3C webrtc-stats, RTCQualityLimitationReason). */
export type LimitedBy = 'none' | 'cpu' | 'bandwidth' | 'other';

export interface SentFigures extends StreamFigures {
  /** From the smallest to the largest; one for sound. */
  readonly layers: readonly SentLayer[];
  readonly limitedBy: LimitedBy | null;
  /** This side's estimate of what the way to the server takes, for all streams together, bits per second. */
  readonly availableOutgoingBps: number | null;
}

/** The network path of one transport. */
export interface PathFigures {
  /** How packets leave this device: to the server, or to the relay. */
  readonly protocol: 'udp' | 'tcp' | 'tls' | null;
  readonly relayed: boolean;
  readonly rttMs: number | null;
}

export interface Reading<Figures> {
  readonly figures: Figures;
  readonly sample: Sample;
}

const NO_LAYERS: ReadonlyMap<string, number> = new Map();
const ms = (seconds: number | undefined): number | null => (seconds === undefined ? null : seconds * 1_000);

/** The ICE pair in use. */
function pairInUse(entries: readonly StatsEntry[]): StatsEntry | undefined {
  const selected = entries.find((entry) => entry.type === 'transport')?.selectedCandidatePairId;
  const pairs = entries.filter((entry) => entry.type === 'candidate-pair');
  return (
    pairs.find((pair) => pair.id === selected) ??
    pairs.find((pair) => pair.nominated === true && pair.state === 'succeeded')
  );
}

/** @returns null where no path is in use (yet). */
export function readPath(entries: readonly StatsEntry[]): PathFigures | null {
  const pair = pairInUse(entries);
  if (pair === undefined) return null;
  const local = entries.find(
    (entry) => entry.type === 'local-candidate' && entry.id === pair.localCandidateId,
  );
  const relayed = local?.candidateType === 'relay';
  const protocol = relayed ? local.relayProtocol : local?.protocol;
  return {
    protocol: protocol === 'udp' || protocol === 'tcp' || protocol === 'tls' ? protocol : null,
    relayed,
    rttMs: ms(pair.currentRoundTripTime),
  };
}

function perSecond(now: number, before: number | undefined, elapsedMs: number): number | null {
  return before === undefined || elapsedMs <= 0 ? null : (Math.max(0, now - before) * 1_000) / elapsedMs;
}

function bitsPerSecond(now: number, before: number | undefined, elapsedMs: number): number | null {
  const bytes = perSecond(now, before, elapsedMs);
  return bytes === null ? null : bytes * 8;
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
): Reading<StreamFigures> | null {
  const inbound = entries.find((entry) => entry.type === 'inbound-rtp' && entry.ssrc === ssrc);
  if (inbound === undefined) return null;
  const sample: Sample = {
    atMs: nowMs,
    bytes: inbound.bytesReceived ?? 0,
    packets: inbound.packetsReceived ?? 0,
    packetsLost: inbound.packetsLost ?? 0,
    frames: inbound.framesDecoded ?? 0,
    jitterBufferMs: ms(inbound.jitterBufferDelay) ?? 0,
    jitterBufferCount: inbound.jitterBufferEmittedCount ?? 0,
    layers: NO_LAYERS,
  };
  const elapsedMs = nowMs - (previous?.atMs ?? nowMs);
  const lost = Math.max(0, sample.packetsLost - (previous?.packetsLost ?? 0));
  const expected = lost + Math.max(0, sample.packets - (previous?.packets ?? 0));
  const emitted = sample.jitterBufferCount - (previous?.jitterBufferCount ?? 0);
  const waitedMs = sample.jitterBufferMs - (previous?.jitterBufferMs ?? 0);
  return {
    sample,
    figures: {
      width: inbound.frameWidth ?? null,
      height: inbound.frameHeight ?? null,
      frameRate: inbound.framesPerSecond ?? perSecond(sample.frames, previous?.frames, elapsedMs),
      bitrateBps: bitsPerSecond(sample.bytes, previous?.bytes, elapsedMs),
      packetsLost: sample.packetsLost,
      lossRatio: expected === 0 ? 0 : lost / expected,
      rttMs: ms(pairInUse(entries)?.currentRoundTripTime),
      jitterMs: ms(inbound.jitter),
      jitterBufferMs: emitted > 0 && waitedMs >= 0 ? waitedMs / emitted : null,
      freezeCount: inbound.freezeCount ?? 0,
      freezeMs: ms(inbound.totalFreezesDuration) ?? 0,
      framesDecoded: sample.frames,
      framesReceived: inbound.framesReceived ?? 0,
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
): Reading<SentFigures> | null {
  const outbound = entries.filter((entry) => entry.type === 'outbound-rtp' && entry.mid === mid);
  if (outbound.length === 0) return null;
  outbound.sort((a, b) => (a.rid ?? '').localeCompare(b.rid ?? ''));
  const ids = new Set(outbound.map((layer) => layer.id));
  const remote = entries.filter(
    (entry) => entry.type === 'remote-inbound-rtp' && entry.localId !== undefined && ids.has(entry.localId),
  );
  const elapsedMs = nowMs - (previous?.atMs ?? nowMs);
  const sum = (pick: (entry: StatsEntry) => number | undefined, list: readonly StatsEntry[]): number =>
    list.reduce((total, entry) => total + (pick(entry) ?? 0), 0);
  const sample: Sample = {
    atMs: nowMs,
    bytes: sum((entry) => entry.bytesSent, outbound),
    packets: sum((entry) => entry.packetsSent, outbound),
    packetsLost: sum((entry) => entry.packetsLost, remote),
    frames: 0,
    jitterBufferMs: 0,
    jitterBufferCount: 0,
    layers: new Map(outbound.map((layer) => [layer.rid ?? '', layer.bytesSent ?? 0])),
  };
  const sending = outbound.filter(({ active }) => active !== false);
  const largest = sending.reduce<StatsEntry | undefined>(
    (best, layer) =>
      best === undefined || (layer.frameHeight ?? 0) > (best.frameHeight ?? 0) ? layer : best,
    undefined,
  );
  const pair = pairInUse(entries);
  const report = remote[0];
  return {
    sample,
    figures: {
      width: largest?.frameWidth ?? null,
      height: largest?.frameHeight ?? null,
      frameRate: largest?.framesPerSecond ?? null,
      bitrateBps: bitsPerSecond(sample.bytes, previous?.bytes, elapsedMs),
      packetsLost: sample.packetsLost,
      lossRatio: Math.max(0, ...remote.map((entry) => entry.fractionLost ?? 0)),
      rttMs: ms(report?.roundTripTime) ?? ms(pair?.currentRoundTripTime),
      jitterMs: ms(report?.jitter),
      jitterBufferMs: null,
      freezeCount: 0,
      freezeMs: 0,
      framesDecoded: 0,
      framesReceived: 0,
      packetsReceived: 0,
      layers: outbound.map((layer) => ({
        rid: layer.rid ?? null,
        width: layer.frameWidth ?? null,
        height: layer.frameHeight ?? null,
        frameRate: layer.framesPerSecond ?? null,
        bitrateBps: bitsPerSecond(layer.bytesSent ?? 0, previous?.layers.get(layer.rid ?? ''), elapsedMs),
        active: layer.active ?? true,
      })),
      limitedBy: limitation(largest?.qualityLimitationReason),
      availableOutgoingBps: pair?.availableOutgoingBitrate ?? null,
    },
  };
}

function limitation(reason: string | undefined): LimitedBy | null {
  return reason === 'none' || reason === 'cpu' || reason === 'bandwidth' || reason === 'other'
    ? reason
    : null;
}

/** Heights that differ by less than this are one layer's: encoders round. */
const SAME_HEIGHT = 0.1;

/**
 * Which layer a picture is of.
 *
 * @param heights Every height that was seen of the stream, in any order.
 * @param count How many layers the stream has.
 */
export function layerOf(height: number | null, heights: Iterable<number>, count: number): ReceivedLayer {
  if (count <= 1) return { index: 0, count: 1 };
  const distinct: number[] = [];
  for (const one of [...heights].sort((a, b) => a - b)) {
    const last = distinct.at(-1);
    if (last === undefined || one > last * (1 + SAME_HEIGHT)) distinct.push(one);
  }
  if (height === null || distinct.length !== count) return { index: null, count };
  const index = distinct.findLastIndex((one) => height >= one);
  return { index: index < 0 ? null : index, count };
}
