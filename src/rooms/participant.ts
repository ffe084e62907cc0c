/** One person (or device) in a call, as the room sees it: what it can, its transports, its streams. */
import type { types } from 'mediasoup';
import type { CodecName, ParticipantId, SourceId } from '../plan/types.ts';
import type { CodecRestriction, RtpCapabilities } from '../../signaling/messages/media.ts';
import type { Notification, NotificationType } from '../../signaling/messages/notifications.ts';
import type { Participant as ParticipantView, SourceName } from '../../signaling/messages/requests.ts';
import { codecName } from '../sfu/routerCodecs.ts';
import type { Transports } from './transports.ts';

/** How the room reaches this person's device; must not throw, and a device that is gone swallows it. */
export type Notify = <T extends NotificationType>(type: T, payload: Notification<T>) => void;

/** Something that a participant publishes. It outlives its producer: after a switch or a lost worker it gets another. */
export interface Source {
  readonly id: SourceId;
  readonly owner: ParticipantId;
  readonly name: SourceName;
  readonly kind: 'audio' | 'video';
  /** What carries it now; null between a lost worker and the new publication. */
  producer: types.Producer | null;
  /** Producers that were replaced and may still be watched. */
  retiring: types.Producer[];
  sends: CodecName;
  paused: boolean;
  width: number | undefined;
  height: number | undefined;
  frameRate: number | undefined;
}

export interface Participant {
  readonly id: ParticipantId;
  readonly name: string;
  readonly receive: RtpCapabilities;
  readonly sendVideo: readonly ('VP8' | 'H264')[];
  readonly notify: Notify;
  restriction: CodecRestriction;
  transports: Transports | null;
  readonly sources: Map<SourceId, Source>;
  /** Codecs that it claims to receive, and that the router cannot send to it (another profile, for example). */
  readonly unreceivable: Set<string>;
  /** Codecs that its device refused when it was asked to switch to them. */
  readonly refusedCodecs: Set<CodecName>;
  /** mediasoup's estimate of its receiving network, bits per second; null: none yet. */
  availableBps: number | null;
}

export function sourceId(owner: ParticipantId, name: SourceName): SourceId {
  return `${owner}:${name}` as SourceId;
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
    sources: [...participant.sources.values()].map(({ id, name, kind, paused }) => ({
      source_id: id,
      source: name,
      kind,
      paused,
    })),
  };
}
