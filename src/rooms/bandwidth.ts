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
 *   with many watchers like any other (`encodeRates.ts`).
 */
import type { Bps } from '../../codecs/types.ts';
import { LOWEST_VIDEO_BPS, floorBps, sharedTargetBps } from '../bandwidth/encodeTarget.ts';
import { type Fit, StreamHold } from '../bandwidth/hold.ts';
import { importanceOf } from '../bandwidth/importance.ts';
import { type ShareGrounds, WHOLE, heldBack, limited } from '../bandwidth/reasons.ts';
import { NarrowWay } from '../bandwidth/narrowWay.ts';
import type { WaySample } from '../bandwidth/proof.ts';
import { FITS_SHARE, byImportance, roomForVideo, splitRoom } from '../bandwidth/split.ts';
import type { StreamDemand, StreamShare } from '../bandwidth/types.ts';
import type { Logger } from '../observe/logger.ts';
import type { EncodeReading, WayReading } from '../observe/metrics.ts';
import { betweenKey } from '../plan/diff.ts';
import type { EncodeSize, ParticipantId, SourceId } from '../plan/types.ts';
import type { LayerSteering } from '../sfu/layerSteering.ts';
import type { Clock } from '../time/clock.ts';
import type { DeliveredStream } from './deliveredStream.ts';
import type { Deliveries, Picture } from './deliveries.ts';
import { EncodeRates, type Outputs, type WatchedEncode, differs, outputsOf } from './encodeRates.ts';
import type { Participant, Source } from './participant.ts';
import { ceilingOf } from './pictureRates.ts';
import type { Transcoders } from './transcoders.ts';
import { WayWatch } from './wayWatch.ts';

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
  /** The most that the stream can use. */
  readonly ceilingBps: Bps;
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
  /** The largest layer for which there is room; null: every one. */
  layer: number | null;
  told: {
    readonly bps: number | null;
    readonly held: boolean;
    readonly why: string;
    readonly atMs: number;
  } | null;
}

const LOOK_INTERVAL_MS = 500;
/** What fits into this part of the room has room to spare. */
const SPARE_ROOM = 0.85;
/** A figure that only moves is told this rarely. */
const TELL_INTERVAL_MS = 2000;
/** A layer of half the size has about a third of the rate; for layers that do not come just now. */
const LAYER_RATIO = 3;

export class Bandwidth {
  readonly #options: BandwidthOptions;
  /** By consumer. */
  readonly #followed = new Map<string, Followed>();
  /** By {@link betweenKey}. */
  readonly #narrowWays = new Map<string, NarrowWay>();
  readonly #encodes: EncodeRates;
  readonly #ways: WayWatch;
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(options: BandwidthOptions) {
    this.#options = options;
    this.#encodes = new EncodeRates(options);
    this.#ways = new WayWatch({ ...options, onRelief: (id) => this.#relieve(id) });
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
      const proven = this.#ways.provenBps(this.#options.clock.nowMs(), id);
      return roomForVideo(availableBps, proven, audios) / Math.max(1, videos);
    });
    return sharedTargetBps(shares, ceilingOf(source, size));
  }

  /** Whether somebody's way takes less of a source than an encode for the others would bring. */
  isNarrow(subscriber: ParticipantId, source: SourceId): boolean {
    return this.#narrowWays.get(betweenKey({ subscriber, source }))?.narrow === true;
  }

  /** How the ways are shared now, for the metrics. */
  get ways(): readonly Omit<WayReading, 'call'>[] {
    const nowMs = this.#options.clock.nowMs();
    return [...this.#options.members.values()].map(({ participant: { id, way } }) => ({
      participant: id,
      availableBps: way.availableBps,
      isLimit: way.isLimit,
      provenBps: this.#ways.provenBps(nowMs, id),
      shares: [...this.#followed.values()].flatMap(({ participantId, sourceId, told }) =>
        participantId !== id || told === null
          ? []
          : [{ source: sourceId, bps: told.bps, held: told.held, why: told.why }],
      ),
    }));
  }

  /** Every encode whose rate is followed, for the metrics. */
  get encodes(): readonly Omit<EncodeReading, 'call'>[] {
    return this.#encodes.readings(outputsOf(this.#options.transcoders));
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#followed.clear();
    this.#narrowWays.clear();
    this.#encodes.close();
    this.#ways.close();
  }

  #arm(): void {
    this.#cancel = this.#options.clock.after(LOOK_INTERVAL_MS, () => {
      this.#look();
      if (!this.#closed) this.#arm();
    });
  }

  #look(): void {
    const nowMs = this.#options.clock.nowMs();
    this.#ways.look(nowMs);
    const outputs = outputsOf(this.#options.transcoders);
    const looks = [...this.#options.members.values()].flatMap((one) => this.#shareOut(nowMs, one, outputs));
    this.#judgeWays(nowMs, looks, outputs);
    const targets = this.#encodes.follow(nowMs, encodesOf(looks), outputs);
    for (const look of looks) this.#follow(nowMs, look, targets.get(look.picture.stream.producerId) ?? null);
    const consumers = new Set(looks.map(({ picture }) => picture.stream.id));
    for (const id of this.#followed.keys()) if (!consumers.has(id)) this.#followed.delete(id);
  }

  #shareOut(nowMs: number, member: Viewer, outputs: Outputs): readonly Look[] {
    const { participant, deliveries } = member;
    const pictures = [...deliveries.pictures()];
    const speaker = this.#options.speaker();
    const importance = new Map(
      importanceOf(
        pictures.map(({ stream, source, view }) => ({
          id: stream.id,
          source: source.name === 'screen' ? 'screen' : 'camera',
          speaks: source.owner === speaker,
          view,
        })),
      ).map((one) => [one.id, one]),
    );
    const weighed = pictures.flatMap((picture) => {
      const found = importance.get(picture.stream.id);
      if (found === undefined) return [];
      const { id, weight, priority } = found;
      const ceilingBps = ceilingOfStream(picture, outputs);
      return [
        { picture, priority, ceilingBps, demand: { id, weight, ...this.#ratesOf(picture, ceilingBps) } },
      ];
    });
    const demands = weighed.map(({ demand }) => demand);
    const { availableBps, isLimit } = participant.way;
    const { audios } = deliveries.counts();
    const proven = this.#ways.provenBps(nowMs, participant.id);
    const room = availableBps === null || !isLimit ? null : roomForVideo(availableBps, proven, audios);
    const shares = room === null ? null : splitRoom(room, demands);
    const spare = room === null ? null : splitRoom(room * SPARE_ROOM, demands);
    const [mostImportant] = [...demands].sort(byImportance);
    return weighed.map((one) => ({
      ...one,
      member,
      share: shares?.get(one.demand.id) ?? null,
      spare: spare?.get(one.demand.id) ?? null,
      roomBps: room ?? 0,
      mostImportant: one.demand === mostImportant,
      pictures: demands.length,
    }));
  }

  /** The rates that a stream can come at. */
  #ratesOf({ stream, source }: SharedPicture, ceilingBps: Bps): Pick<StreamDemand, 'stepsBps' | 'elastic'> {
    if (stream.layerCount === 1) {
      // Also who watches a smaller encode is asked about the whole one: else nobody would see that he could have it again.
      const isOwn = source.producer?.id === stream.producerId;
      const most = isOwn ? ceilingBps : ceilingOf(source, 'whole');
      return { elastic: true, stepsBps: [LOWEST_VIDEO_BPS as Bps, most] };
    }
    const measured = this.#options.layers.ratesOf(stream.producerId);
    const wanted = (stream.viewLayer ?? stream.layerCount - 1) + 1;
    const stepsBps: Bps[] = [];
    for (let layer = 0; layer < wanted; layer += 1) {
      const rate = measured[layer] ?? 0;
      const usual = ceilingBps / LAYER_RATIO ** (stream.layerCount - 1 - layer);
      stepsBps.push(Math.round(Math.max(rate > 0 ? rate : usual, stepsBps.at(-1) ?? 0)) as Bps);
    }
    return { elastic: false, stepsBps };
  }

  /** Who needs a smaller encode, and who no longer does. */
  #judgeWays(nowMs: number, looks: readonly Look[], outputs: Outputs): void {
    const seen = new Set<string>();
    let changed = false;
    for (const { member, picture, share } of looks) {
      if (!outputs.has(picture.stream.producerId)) continue;
      const key = betweenKey({ subscriber: member.participant.id, source: picture.source.id });
      seen.add(key);
      const way = this.#narrowWays.get(key) ?? new NarrowWay();
      this.#narrowWays.set(key, way);
      const before = way.narrow;
      way.look(nowMs, share?.bps ?? null, floorBps(ceilingOf(picture.source, 'whole')));
      changed ||= way.narrow !== before;
    }
    for (const key of this.#narrowWays.keys()) if (!seen.has(key)) this.#narrowWays.delete(key);
    if (changed) this.#options.onNarrow();
  }

  #follow(nowMs: number, look: Look, target: Bps | null): void {
    const { picture, priority } = look;
    const { stream } = picture;
    const followed = this.#followed.get(stream.id) ?? {
      participantId: look.member.participant.id,
      sourceId: picture.source.id,
      hold: new StreamHold(),
      layer: null,
      told: null,
    };
    this.#followed.set(stream.id, followed);
    const { held, step } = followed.hold.look(nowMs, fitOf(look, target));
    const relieved = this.#ways.isRelieved(nowMs, look.member.participant.id);
    followed.layer = look.demand.elastic ? null : step;
    this.#attempt(() => stream.allow(held || relieved, followed.layer));
    this.#attempt(() => stream.prefer(priority));
    this.#tell(nowMs, look, followed, held);
  }

  /** At once, and not at the next look: each moment of a storm makes the queue longer. */
  #relieve(id: ParticipantId): void {
    for (const { stream } of this.#options.members.get(id)?.deliveries.pictures() ?? []) {
      const layer = this.#followed.get(stream.id)?.layer ?? null;
      this.#attempt(() => stream.allow(true, layer));
    }
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

/** The most that a stream can use: of a publisher what he announced, of an encode what its size can. */
function ceilingOfStream({ stream, source }: SharedPicture, outputs: Outputs): Bps {
  const { producerId } = stream;
  const output = outputs.get(producerId);
  if (output !== undefined) return ceilingOf(source, output.size);
  const encodings = source.producer?.id === producerId ? source.producer.rtpParameters.encodings : [];
  const announced = encodings?.length === 1 ? encodings[0]?.maxBitrate : undefined;
  return announced === undefined
    ? ceilingOf(source, 'whole')
    : (Math.max(announced, LOWEST_VIDEO_BPS) as Bps);
}

/** The encodes that can follow a rate, with what each watcher can take. */
function encodesOf(looks: readonly Look[]): ReadonlyMap<string, WatchedEncode> {
  const encodes = new Map<string, WatchedEncode>();
  for (const { picture, demand, ceilingBps, share } of looks) {
    if (!demand.elastic) continue;
    const { source, stream } = picture;
    const encode = encodes.get(stream.producerId) ?? { source, ceilingBps, shares: [] };
    encodes.set(stream.producerId, encode);
    encode.shares.push(share?.bps ?? null);
  }
  return encodes;
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

/** The largest layer; null where that is all that is wanted. */
function stepOf(share: StreamShare | null, { stepsBps }: StreamDemand): number | null {
  if (share === null || share.step === stepsBps.length - 1) return null;
  return share.step ?? 0;
}

function groundsOf(held: boolean, bps: number | null, roomBps: number, pictures: number): ShareGrounds {
  if (held) return heldBack(roomBps, pictures);
  return bps === null ? WHOLE : limited(bps, roomBps, pictures);
}
