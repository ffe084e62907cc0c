/** One person (or device) in a call, as the room sees it: what it can, its transports, its streams. */
import type { types } from 'mediasoup';
import type { CodecName, ParticipantId, SourceId } from '../plan/types.ts';
import type { CodecRestriction, RtpCapabilities, VideoCodec } from '../../signaling/messages/media.ts';
import type { Notification, NotificationType } from '../../signaling/messages/notifications.ts';
import type {
  EmulatedNetwork,
  Participant as ParticipantView,
  Quality,
  SourceName,
} from '../../signaling/messages/requests.ts';
import { UNMEASURED } from '../bandwidth/estimate.ts';
import type { WayEstimate } from '../bandwidth/types.ts';
import { codecName } from '../sfu/routerCodecs.ts';
import type { ViewSize } from '../sfu/viewLayer.ts';
import type { Transports } from './transports.ts';

/** How the room reaches this person's device; must not throw, and a device that is gone swallows it. */
export type Notify = <T extends NotificationType>(type: T, payload: Notification<T>) => void;

/** What a device says of itself when it joins, and how it is reached. */
export interface Joining {
  readonly name: string;
  readonly receive: RtpCapabilities;
  readonly sendVideo: readonly VideoCodec[];
  readonly restriction: CodecRestriction;
  /** The test network that its media shall go through; null: none. */
  readonly network: EmulatedNetwork | null;
  readonly notify: Notify;
  /** The same participant is here on another connection now: this one may do nothing more, and shall end. */
  readonly onTakenOver: () => void;
}

/** Something that a participant publishes. It outlives its producer: after a switch or a lost worker it gets another. */
export interface Source {
  readonly id: SourceId;
  readonly owner: ParticipantId;
  readonly name: SourceName;
  readonly kind: 'audio' | 'video';
  /** What carries it now; null between a lost worker or connection and the new publication. */
  producer: types.Producer | null;
  /** Producers that were replaced and may still be watched. */
  retiring: types.Producer[];
  sends: CodecName;
  paused: boolean;
  width: number | undefined;
  height: number | undefined;
  frameRate: number | undefined;
}

export interface Participant extends Omit<Joining, 'restriction' | 'network'> {
  readonly id: ParticipantId;
  /** Milliseconds since 1970, no two alike in a room: the order of places. */
  readonly joinedAtMs: number;
  /** Milliseconds since 1970; null: the hand is down. */
  handRaisedAtMs: number | null;
  quality: Quality;
  /** Its connection broke: the place is kept for a while, nothing comes from there, and nothing is sent there. */
  absent: boolean;
  restriction: CodecRestriction;
  network: EmulatedNetwork | null;
  transports: Transports | null;
  readonly sources: Map<SourceId, Source>;
  /** Codecs that it claims to receive, and that the router cannot send to it (another profile, for example). */
  readonly unreceivable: Set<string>;
  /** Codecs that its device refused when it was asked to switch to them. */
  readonly refusedCodecs: Set<CodecName>;
  /** Pictures that came and did not appear on its device, and what was changed for them. */
  readonly unshown: Map<SourceId, Unshown>;
  /** What is known of the way to it. */
  way: WayEstimate;
}

/** Of one source: in which codecs it does not appear, and whether it has to be smaller. */
export interface Unshown {
  readonly codecs: readonly CodecName[];
  readonly small: boolean;
}

/** The size of the captured picture, where its publisher said it. */
export function pictureOf({ width, height }: Source): ViewSize | null {
  return width === undefined || height === undefined ? null : { width, height };
}

export function sourceId(owner: ParticipantId, name: SourceName): SourceId {
  return `${owner}:${name}` as SourceId;
}

/** Somebody who has just come, with nothing published. */
export function newParticipant(
  joining: Joining,
  place: Pick<Participant, 'id' | 'joinedAtMs' | 'transports'>,
): Participant {
  return {
    ...joining,
    ...place,
    handRaisedAtMs: null,
    quality: 'good',
    absent: false,
    sources: new Map(),
    unreceivable: new Set(),
    refusedCodecs: new Set(),
    unshown: new Map(),
    way: UNMEASURED,
  };
}

/** Takes over what another connection of the same participant left: its hand, and its sources without their streams. */
export function inherit(heir: Participant, from: Participant): void {
  heir.handRaisedAtMs = from.handRaisedAtMs;
  loseStreams(from);
  for (const [id, source] of from.sources) heir.sources.set(id, source);
}

/** The transports are gone, and all streams with them; what is published stays known by name. */
export function loseStreams(participant: Participant): void {
  participant.way = UNMEASURED;
  for (const source of participant.sources.values()) {
    source.producer = null;
    source.retiring = [];
  }
}

/** Video codecs that the device can decode and its restriction allows, and Opus; in the order of its capabilities. */
export function receivableCodecs({
  receive,
  restriction,
  unreceivable,
}: Pick<Participant, 'receive' | 'restriction' | 'unreceivable'>): readonly CodecName[] {
  const codecs: CodecName[] = [];
  for (const { mimeType } of receive.codecs) {
    const codec = codecName(mimeType);
    if (codec === null || codecs.includes(codec) || unreceivable.has(codec)) continue;
    if (codec !== 'opus' && restriction !== null && codec !== restriction) continue;
    codecs.push(codec);
  }
  return codecs;
}

/** Codecs in which the device can send a source of this kind now. */
export function sendableCodecs(participant: Participant, kind: 'audio' | 'video'): readonly CodecName[] {
  if (kind === 'audio') return ['opus'];
  return participant.sendVideo.filter(
    (codec) =>
      !participant.refusedCodecs.has(codec) &&
      (participant.restriction === null || codec === participant.restriction),
  );
}

/** What the others are told of a participant. */
export function viewOf(participant: Participant): ParticipantView {
  return {
    participant_id: participant.id,
    name: participant.name,
    restriction: participant.restriction,
    joined_at: participant.joinedAtMs,
    hand_raised_at: participant.handRaisedAtMs,
    quality: participant.quality,
    sources: [...participant.sources.values()].map(({ id, name, kind, paused }) => ({
      source_id: id,
      source: name,
      kind,
      paused,
    })),
  };
}
