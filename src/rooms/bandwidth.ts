/**
 * Shares each participant's way among what he sees, and has encoders, layers and publishers follow: twice a second for the whole room.
 *
 *   everybody's shares ─▶ target of each encode (transcodes, publishers with one layer)
 *                      └▶ what each consumer may have: held back, largest layer, priority ─▶ the tile's words
 *
 * What will surprise you:
 * - Of simulcast mediasoup chooses the layer, within what is allowed here, and holds a picture back by itself. What comes at one
 *   rate only it never thins: that is what is held back here.
 * - A publisher with one layer is asked for the rate that suits those who watch him, as a transcode is told: it is an encode
 *   with many watchers like any other. One that does not listen costs nobody but himself.
 */
import type { Bps } from '../../codecs/types.ts';
import {
  type EncodeRate,
  LOWEST_VIDEO_BPS,
  RisingTarget,
  ceilingBps,
  floorBps,
  paceBps,
  sharedTargetBps,
} from '../bandwidth/encodeTarget.ts';
import { type Fit, StreamHold } from '../bandwidth/hold.ts';
import { importanceOf } from '../bandwidth/importance.ts';
import { type ShareGrounds, WHOLE, heldBack, limited } from '../bandwidth/reasons.ts';
import { NarrowWay } from '../bandwidth/narrowWay.ts';
import { WayProof, type WaySample } from '../bandwidth/proof.ts';
import { FITS_SHARE, roomForVideo, splitRoom } from '../bandwidth/split.ts';
import type { StreamDemand, StreamShare } from '../bandwidth/types.ts';
import type { Logger } from '../observe/logger.ts';
import type { EncodeReading, WayReading } from '../observe/metrics.ts';
import type { EncodeSize, ParticipantId, SourceId } from '../plan/types.ts';
import type { LayerSteering } from '../sfu/layerSteering.ts';
import type { Clock } from '../time/clock.ts';
import type { DeliveredStream } from './deliveredStream.ts';
import type { Deliveries, Picture } from './deliveries.ts';
import type { Participant, Source } from './participant.ts';
import type { Transcoders } from './transcoders.ts';

/** As much of a delivered stream as matters here. */
export type SharedStream = Pick<
  DeliveredStream,
  'id' | 'producerId' | 'layerCount' | 'viewLayer' | 'allow' | 'prefer'
>;

export interface SharedPicture extends Omit<Picture, 'stream'> {
  readonly stream: SharedStream;
}

/** As much of somebody in the call as matters here. */
export interface Viewer {
  readonly participant: Pick<Participant, 'id' | 'way' | 'notify'>;
  readonly deliveries: Pick<Deliveries, 'counts'> & { pictures(): Iterable<SharedPicture> };
}

/** What is seen of somebody's way while it is a limit. */
interface WatchedWay {
  readonly proof: WayProof;
  measuring: boolean;
  measuredAtMs: number;
}

export interface BandwidthOptions {
  readonly members: ReadonlyMap<ParticipantId, Viewer>;
  readonly transcoders: Pick<Transcoders, 'outputs' | 'setRate'>;
  readonly layers: Pick<LayerSteering, 'ratesOf'>;
  /** Looks at somebody's way now; null: there is nothing to see. */
  readonly measure: (id: ParticipantId) => Promise<WaySample | null>;
  /** Somebody needs a smaller encode than the others, or no longer does. */
  readonly onNarrow: () => void;
  /** Who is heard most now. */
  readonly speaker: () => ParticipantId | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One picture of one participant, with what was found out about it. */
interface Look {
  readonly member: Viewer;
  readonly picture: SharedPicture;
  readonly demand: StreamDemand;
  readonly priority: number;
  /** Of the whole room, and of a smaller one; null: the way sets no limit. */
  readonly share: StreamShare | null;
  readonly spare: StreamShare | null;
  /** What the whole way takes for pictures, bits per second; 0 where it is not known. */
  readonly roomBps: number;
  readonly mostImportant: boolean;
  /** How many pictures share the way. */
  readonly pictures: number;
}

/** What a consumer was told. */
interface Followed {
  readonly participantId: ParticipantId;
  readonly sourceId: SourceId;
  readonly hold: StreamHold;
  told: {
    readonly bps: number | null;
    readonly held: boolean;
    readonly why: string;
    readonly atMs: number;
  } | null;
}

/** An encode whose rate is decided here. */
interface Encode {
  readonly sourceId: SourceId;
  readonly target: RisingTarget;
  targetBps: number;
  /** Of a publisher: what he was asked for last; null: nothing yet. */
  askedBps: number | null;
}

const LOOK_INTERVAL_MS = 500;
/** Of a way that is a limit. */
const MEASURE_INTERVAL_MS = 1000;
/** What fits into this part of the room has room to spare. */
const SPARE_ROOM = 0.85;
/** A rate that differs by less is the same, to publishers and to people. */
const NOTICED = 0.12;
/** A figure that only moves is told this rarely. */
const TELL_INTERVAL_MS = 2000;
/** Assumed where a publisher did not say: what most cameras give. */
const DEFAULT_PICTURE = { width: 640, height: 360, frameRate: 30 };
/** A layer of half the size has about a third of the rate; for layers that do not come just now. */
const LAYER_RATIO = 3;

export class Bandwidth {
  readonly #options: BandwidthOptions;
  /** By consumer. */
  readonly #followed = new Map<string, Followed>();
  /** By producer. */
  readonly #encodes = new Map<string, Encode>();
  /** By subscriber and source. */
  readonly #ways = new Map<string, NarrowWay>();
  /** By participant. */
  readonly #watched = new Map<ParticipantId, WatchedWay>();
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(options: BandwidthOptions) {
    this.#options = options;
    this.#arm();
  }

  /** Where a transcode starts that these people will watch; afterwards it is followed. */
  startBps(source: Source, size: EncodeSize, watchers: readonly ParticipantId[]): Bps {
    const { members } = this.#options;
    const shares = watchers.map((id) => {
      const member = members.get(id);
      const availableBps = member?.participant.way.availableBps ?? null;
      if (member === undefined || availableBps === null) return null;
      const { videos, audios } = member.deliveries.counts();
      const proven = this.#provenBps(this.#options.clock.nowMs(), id);
      return roomForVideo(availableBps, proven, audios) / Math.max(1, videos);
    });
    return sharedTargetBps(shares, ceilingOf(source, size));
  }

  /** Whether somebody's way takes less of a source than an encode for the others would bring. */
  isNarrow(subscriber: ParticipantId, source: SourceId): boolean {
    return this.#ways.get(wayKey(subscriber, source))?.narrow === true;
  }

  /** How the ways are shared now, for the metrics. */
  get ways(): readonly Omit<WayReading, 'call'>[] {
    const nowMs = this.#options.clock.nowMs();
    return [...this.#options.members.values()].map(({ participant: { id, way } }) => ({
      participant: id,
      availableBps: way.availableBps,
      isLimit: way.isLimit,
      provenBps: this.#provenBps(nowMs, id),
      shares: [...this.#followed.values()].flatMap(({ participantId, sourceId, told }) =>
        participantId !== id || told === null
          ? []
          : [{ source: sourceId, bps: told.bps, held: told.held, why: told.why }],
      ),
    }));
  }

  /** Every encode whose rate is followed, for the metrics. */
  get encodes(): readonly Omit<EncodeReading, 'call'>[] {
    const outputs = new Map(this.#options.transcoders.outputs.map((one) => [one.outputProducerId, one]));
    return [...this.#encodes].map(([producerId, { sourceId, targetBps }]) => {
      const output = outputs.get(producerId);
      return output === undefined
        ? { source: sourceId, by: 'publisher', codec: '', size: 'whole', targetBps }
        : { source: sourceId, by: 'transcode', codec: output.codec, size: output.size, targetBps };
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#followed.clear();
    this.#encodes.clear();
    this.#ways.clear();
    this.#watched.clear();
  }

  #arm(): void {
    this.#cancel = this.#options.clock.after(LOOK_INTERVAL_MS, () => {
      this.#look();
      if (!this.#closed) this.#arm();
    });
  }

  #look(): void {
    const nowMs = this.#options.clock.nowMs();
    this.#measureWays(nowMs);
    const looks = [...this.#options.members.values()].flatMap((member) => this.#shareOut(nowMs, member));
    this.#judgeWays(nowMs, looks);
    const targets = this.#setTargets(nowMs, looks);
    for (const look of looks) this.#follow(nowMs, look, targets.get(look.picture.stream.producerId) ?? null);
    const consumers = new Set(looks.map(({ picture }) => picture.stream.id));
    for (const id of this.#followed.keys()) if (!consumers.has(id)) this.#followed.delete(id);
    for (const id of this.#encodes.keys()) if (!targets.has(id)) this.#encodes.delete(id);
  }

  /** Ways that are a limit are looked at once a second. */
  #measureWays(nowMs: number): void {
    const { members, measure, logger } = this.#options;
    for (const id of this.#watched.keys()) {
      if (members.get(id)?.participant.way.isLimit !== true) this.#watched.delete(id);
    }
    for (const [id, { participant }] of members) {
      if (!participant.way.isLimit) continue;
      const watched = this.#watched.get(id) ?? {
        proof: new WayProof(),
        measuring: false,
        measuredAtMs: -Infinity,
      };
      this.#watched.set(id, watched);
      if (watched.measuring || nowMs - watched.measuredAtMs < MEASURE_INTERVAL_MS) continue;
      watched.measuring = true;
      watched.measuredAtMs = nowMs;
      measure(id)
        .then((sample) => {
          if (sample !== null) watched.proof.look(this.#options.clock.nowMs(), sample);
        })
        .catch((error: unknown) =>
          logger.warn({ participantId: id, error: String(error) }, 'a way was not measured'),
        )
        .finally(() => {
          watched.measuring = false;
        });
    }
  }

  #provenBps(nowMs: number, id: ParticipantId): number | null {
    return this.#watched.get(id)?.proof.provenBps(nowMs) ?? null;
  }

  #shareOut(nowMs: number, member: Viewer): readonly Look[] {
    const { participant, deliveries } = member;
    const pictures = [...deliveries.pictures()];
    const speaker = this.#options.speaker();
    const importance = importanceOf(
      pictures.map(({ stream, source, view }) => ({
        id: stream.id,
        source: source.name === 'screen' ? 'screen' : 'camera',
        speaks: source.owner === speaker,
        view,
      })),
    );
    const weighed = pictures.flatMap((picture, index) => {
      const found = importance[index];
      return found === undefined ? [] : [{ picture, ...found }];
    });
    const demands = weighed.map(({ picture, id, weight }) => ({ id, weight, ...this.#ratesOf(picture) }));
    const { availableBps, isLimit } = participant.way;
    const { audios } = deliveries.counts();
    const proven = this.#provenBps(nowMs, participant.id);
    const room = availableBps === null || !isLimit ? null : roomForVideo(availableBps, proven, audios);
    const shares = room === null ? null : splitRoom(room, demands);
    const spare = room === null ? null : splitRoom(room * SPARE_ROOM, demands);
    const mostImportant = mostImportantOf(demands);
    return weighed.flatMap(({ picture, priority }, index) => {
      const demand = demands[index];
      if (demand === undefined) return [];
      return [
        {
          member,
          picture,
          demand,
          priority,
          share: shares?.get(demand.id) ?? null,
          spare: spare?.get(demand.id) ?? null,
          roomBps: room ?? 0,
          mostImportant: demand.id === mostImportant,
          pictures: demands.length,
        },
      ];
    });
  }

  /** The rates that a stream can come at. */
  #ratesOf({ stream, source }: SharedPicture): Pick<StreamDemand, 'stepsBps' | 'elastic'> {
    const ceiling = this.#ceilingOf(stream.producerId, source);
    if (stream.layerCount === 1) {
      // Also who watches a smaller encode is asked about the whole one: else nobody would see that he could have it again.
      const most = Math.max(
        ceiling,
        source.producer?.id === stream.producerId ? 0 : ceilingOf(source, 'whole'),
      );
      return { elastic: true, stepsBps: [LOWEST_VIDEO_BPS as Bps, most as Bps] };
    }
    const measured = this.#options.layers.ratesOf(stream.producerId);
    const wanted = (stream.viewLayer ?? stream.layerCount - 1) + 1;
    const stepsBps: Bps[] = [];
    for (let layer = 0; layer < wanted; layer += 1) {
      const rate = measured[layer] ?? 0;
      const usual = ceiling / LAYER_RATIO ** (stream.layerCount - 1 - layer);
      stepsBps.push(Math.round(Math.max(rate > 0 ? rate : usual, stepsBps.at(-1) ?? 0)) as Bps);
    }
    return { elastic: false, stepsBps };
  }

  /** What a stream can use: of a publisher what he announced, of an encode what its size can. */
  #ceilingOf(producerId: string, source: Source): Bps {
    const { outputs } = this.#options.transcoders;
    const output = outputs.find(({ outputProducerId }) => outputProducerId === producerId);
    if (output !== undefined) return ceilingOf(source, output.size);
    const encodings = source.producer?.id === producerId ? source.producer.rtpParameters.encodings : [];
    const announced = encodings?.length === 1 ? encodings[0]?.maxBitrate : undefined;
    return announced === undefined
      ? ceilingOf(source, 'whole')
      : (Math.max(announced, LOWEST_VIDEO_BPS) as Bps);
  }

  /** Who needs a smaller encode, and who no longer does. */
  #judgeWays(nowMs: number, looks: readonly Look[]): void {
    const derived = new Set(
      this.#options.transcoders.outputs.map(({ outputProducerId }) => outputProducerId),
    );
    const seen = new Set<string>();
    let changed = false;
    for (const { member, picture, share } of looks) {
      if (!derived.has(picture.stream.producerId)) continue;
      const key = wayKey(member.participant.id, picture.source.id);
      seen.add(key);
      const way = this.#ways.get(key) ?? new NarrowWay();
      this.#ways.set(key, way);
      const before = way.narrow;
      way.look(nowMs, share?.bps ?? null, floorBps(ceilingOf(picture.source, 'whole')));
      changed ||= way.narrow !== before;
    }
    for (const key of this.#ways.keys()) if (!seen.has(key)) this.#ways.delete(key);
    if (changed) this.#options.onNarrow();
  }

  /** @returns the target of each encode that can follow one, by producer */
  #setTargets(nowMs: number, looks: readonly Look[]): ReadonlyMap<string, Bps> {
    const watched = new Map<string, Look[]>();
    for (const look of looks) {
      if (!look.demand.elastic) continue;
      const { producerId } = look.picture.stream;
      const group = watched.get(producerId);
      if (group === undefined) watched.set(producerId, [look]);
      else group.push(look);
    }
    const targets = new Map<string, Bps>();
    for (const [producerId, group] of watched) {
      const [{ picture } = { picture: null }] = group;
      if (picture === null) continue;
      const encode = this.#encodes.get(producerId) ?? {
        sourceId: picture.source.id,
        target: new RisingTarget(),
        targetBps: 0,
        askedBps: null,
      };
      this.#encodes.set(producerId, encode);
      const ceiling = this.#ceilingOf(producerId, picture.source);
      const wanted = sharedTargetBps(
        group.map(({ share }) => share?.bps ?? null),
        ceiling,
      );
      const target = encode.target.next(nowMs, wanted);
      targets.set(producerId, target);
      encode.targetBps = target;
      const isNarrow = group.some(({ share }) => share !== null);
      const rate: EncodeRate = { targetBps: target, paceBps: isNarrow ? paceBps(target) : null };
      this.#setRate(producerId, picture.source, encode, rate, ceiling);
    }
    return targets;
  }

  #setRate(producerId: string, source: Source, encode: Encode, rate: EncodeRate, ceiling: Bps): void {
    const { transcoders, members, logger } = this.#options;
    const output = transcoders.outputs.find(({ outputProducerId }) => outputProducerId === producerId);
    if (output !== undefined) {
      const { codec, size } = output;
      transcoders.setRate(output.producerId, { codec, size }, rate);
      return;
    }
    const { targetBps: target } = rate;
    const before = encode.askedBps ?? ceiling;
    const isBack = target === ceiling && before !== ceiling;
    if (!isBack && !differs(target, before)) return;
    encode.askedBps = target;
    logger.debug({ sourceId: source.id, producerId, maxBps: target }, 'rate asked for');
    members
      .get(source.owner)
      ?.participant.notify('CALL_OFFER', { op: 'rate', producer_id: producerId, max_bps: target });
  }

  #follow(nowMs: number, look: Look, target: Bps | null): void {
    const { picture, priority } = look;
    const { stream } = picture;
    const followed = this.#followed.get(stream.id) ?? {
      participantId: look.member.participant.id,
      sourceId: picture.source.id,
      hold: new StreamHold(),
      told: null,
    };
    this.#followed.set(stream.id, followed);
    const { held, step } = followed.hold.look(nowMs, fitOf(look, target));
    this.#attempt(() => stream.allow(held, look.demand.elastic ? null : step));
    this.#attempt(() => stream.prefer(priority));
    this.#tell(nowMs, look, followed, held);
  }

  #tell(nowMs: number, look: Look, followed: Followed, held: boolean): void {
    const { member, picture, share, roomBps, pictures } = look;
    const { told } = followed;
    const bps = held ? 0 : (share?.bps ?? null);
    const same = told !== null && told.held === held && (told.bps === null) === (bps === null);
    if (same && (nowMs - told.atMs < TELL_INTERVAL_MS || !differs(bps ?? 0, told.bps ?? 0))) return;
    // What was never limited need not be told so.
    if (told === null && bps === null) return;
    const grounds = groundsOf(held, bps, roomBps, pictures);
    followed.told = { bps, held, why: grounds.why.code, atMs: nowMs };
    if (told?.held !== held) {
      this.#options.logger.info(
        { participantId: member.participant.id, sourceId: picture.source.id, held },
        grounds.reason,
      );
    }
    member.participant.notify('CALL_OFFER', {
      op: 'share',
      consumer_id: picture.stream.id,
      bps,
      held,
      ...grounds,
    });
  }

  #attempt(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      this.#options.logger.warn({ error: String(error) }, 'a stream could not follow its share');
    });
  }
}

/** What the shares say of a picture, given what its encode is sent at. */
function fitOf({ demand, share, spare, mostImportant }: Look, target: Bps | null): Fit {
  if (!demand.elastic) {
    const steps = { step: stepOf(share, demand), stepSurely: stepOf(spare, demand) };
    return { fits: true, fitsSurely: true, mostImportant, ...steps };
  }
  const least = (target ?? 0) * FITS_SHARE;
  const fits = (one: StreamShare | null): boolean => one === null || (one.step !== null && one.bps >= least);
  return { fits: fits(share), fitsSurely: fits(spare), mostImportant, step: null, stepSurely: null };
}

/** The id of what has most weight; of equals the one that the split serves first. */
function mostImportantOf(demands: readonly StreamDemand[]): string | null {
  const [first] = [...demands].sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1));
  return first?.id ?? null;
}

/** The largest layer; null where that is all that is wanted. */
function stepOf(share: StreamShare | null, { stepsBps }: StreamDemand): number | null {
  if (share === null || share.step === stepsBps.length - 1) return null;
  return share.step ?? 0;
}

function groundsOf(held: boolean, bps: number | null, roomBps: number, pictures: number): ShareGrounds {
  if (held) return heldBack(roomBps, pictures);
  return bps === null ? WHOLE : limited(bps, roomBps, pictures);
}

function differs(a: number, b: number): boolean {
  return Math.abs(a - b) > NOTICED * Math.max(a, b, 1);
}

/** The most that a source's picture can use, in one of the sizes that it is encoded in. */
export function ceilingOf({ width, height, frameRate }: Source, size: EncodeSize): Bps {
  const scale = scaleOf(size);
  return ceilingBps(
    (width ?? DEFAULT_PICTURE.width) * scale,
    (height ?? DEFAULT_PICTURE.height) * scale,
    frameRate ?? DEFAULT_PICTURE.frameRate,
  );
}

/** Width and height of an encode against its source's. */
export function scaleOf(size: EncodeSize): number {
  return size === 'whole' ? 1 : 0.5;
}

/** The length keeps any two ids apart, whatever they contain. */
function wayKey(subscriber: ParticipantId, source: SourceId): string {
  return `${subscriber.length} ${subscriber} ${source}`;
}
