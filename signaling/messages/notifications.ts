/**
 * What the server tells a client by itself: the JSON payload of each CCP-1 control frame in that direction.
 *
 * What will surprise you: media offers are answered by a CALL_ANSWER request of the client (`ready`), not by an ACK, so one
 * direction carries requests only and a client can never block the server.
 */
import * as v from 'valibot';
import { RtpParameters, TransportOffer, VideoCodec } from './media.ts';
import {
  ChatMessage,
  EmulatedNetwork,
  LobbyPerson,
  Participant,
  Problem,
  Quality,
  Reaction,
  SourceName,
} from './requests.ts';

const Id = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

/**
 * The reason of a decision, for programs: `code` names the sentence, `args` what stands in it. Clients put it into the language of
 * their user; one that does not know the code shows `reason`, the same in English. Codes: docs/protocol/reasons.md.
 */
export const Why = v.object({
  code: v.string(),
  args: v.record(v.string(), v.union([v.string(), v.number()])),
});
export type Why = v.InferOutput<typeof Why>;

/** How a stream reaches this participant, and why: what the tile shows. */
export const Delivery = v.object({
  via: v.picklist(['forward', 'transcode']),
  /** What the publisher sends. */
  from: v.string(),
  /** What this participant receives. */
  to: v.string(),
  reason: v.string(),
  why: Why,
});
export type Delivery = v.InferOutput<typeof Delivery>;

export const CallOfferEvent = v.variant('op', [
  /** A stream for this participant. With `replaces`: show it when its first frame is decoded, then say `playing`. */
  v.object({
    op: v.literal('consume'),
    consumer_id: Id,
    producer_id: Id,
    participant_id: Id,
    source_id: Id,
    source: SourceName,
    kind: v.picklist(['audio', 'video']),
    rtp_parameters: RtpParameters,
    paused: v.boolean(),
    replaces: v.exactOptional(Id),
    delivery: Delivery,
  }),
  /** Please send this source in another codec: publish again with `replaces`. */
  v.object({
    op: v.literal('switch'),
    source_id: Id,
    codec: VideoCodec,
    reason: v.string(),
  }),
  /** The publisher paused or resumed. */
  v.object({ op: v.literal('paused'), consumer_id: Id, paused: v.boolean() }),
  /** The same stream, for another reason than before. */
  v.object({ op: v.literal('delivery'), consumer_id: Id, delivery: Delivery }),
  /**
   * How many layers of a stream of this participant anybody watches, from the smallest; 0: nobody watches it. The others need
   * not be sent. A stream without simulcast has one layer.
   */
  v.object({ op: v.literal('send'), producer_id: Id, layers: v.number() }),
  /** The most that those who watch this stream of this participant can take of it: bits per second, for its only layer. */
  v.object({ op: v.literal('rate'), producer_id: Id, max_bps: v.number() }),
  /** What this participant's way takes of a picture, and why. */
  v.object({
    op: v.literal('share'),
    consumer_id: Id,
    /** Bits per second; null: as much as it needs. */
    bps: v.nullable(v.number()),
    /** Nothing of it is sent, for want of room. */
    held: v.boolean(),
    reason: v.string(),
    why: Why,
  }),
  /** This source cannot reach this participant: what the tile says instead of a picture. */
  v.object({
    op: v.literal('unavailable'),
    participant_id: Id,
    source_id: Id,
    source: SourceName,
    reason: v.string(),
    why: Why,
  }),
]);
export type CallOfferEvent = v.InferOutput<typeof CallOfferEvent>;

export const CallEndEvent = v.variant('op', [
  v.object({ op: v.literal('consumer'), consumer_id: Id, reason: v.string() }),
  v.object({ op: v.literal('source'), participant_id: Id, source_id: Id }),
  /** A stream of this participant that another one has replaced: nobody watches it any more, stop sending it. */
  v.object({ op: v.literal('producer'), producer_id: Id }),
  /** This participant is no longer in the call; the connection stays. */
  v.object({ op: v.literal('call'), reason: v.string() }),
]);
export type CallEndEvent = v.InferOutput<typeof CallEndEvent>;

export const PresenceEvent = v.variant('op', [
  v.object({ op: v.literal('joined'), participant: Participant }),
  v.object({ op: v.literal('updated'), participant: Participant }),
  v.object({ op: v.literal('left'), participant_id: Id, reason: v.string() }),
  /** Who is heard most now; null when nobody is. */
  v.object({ op: v.literal('speaker'), participant_id: v.nullable(Id) }),
  v.object({ op: v.literal('reaction'), participant_id: Id, reaction: Reaction }),
  /** How good somebody's network is now, as the server sees it. */
  v.object({ op: v.literal('quality'), participant_id: Id, quality: Quality }),
  /** To those who watch a room and have not joined. */
  v.object({ op: v.literal('lobby'), participants: v.array(LobbyPerson) }),
]);
export type PresenceEvent = v.InferOutput<typeof PresenceEvent>;

/** All transports are new, publish again: the media process below this call was replaced, or a test network began or ended. */
export const TransportUpdateEvent = v.object({
  op: v.literal('reset'),
  reason: v.string(),
  send_transport: TransportOffer,
  receive_transport: TransportOffer,
  /** The test network that these transports are in; null: none. */
  network: v.optional(v.nullable(EmulatedNetwork), null),
});
export type TransportUpdateEvent = v.InferOutput<typeof TransportUpdateEvent>;

/** What the server measures of this participant's own network, every two seconds; null: not measured. */
export const CallStatsEvent = v.object({
  /** The server's estimate of what the way to this participant takes, bits per second. */
  receive_available_bps: v.nullable(v.number()),
  /** Round trip of the receiving transport, milliseconds. */
  rtt_ms: v.nullable(v.number()),
  /** Shares of packets lost, 0 to 1: to this participant, and from him. */
  receive_loss: v.nullable(v.number()),
  send_loss: v.nullable(v.number()),
});
export type CallStatsEvent = v.InferOutput<typeof CallStatsEvent>;

export const NOTIFICATION_SCHEMAS = {
  CALL_OFFER: CallOfferEvent,
  CALL_END: CallEndEvent,
  PRESENCE: PresenceEvent,
  TRANSPORT_UPDATE: TransportUpdateEvent,
  CALL_STATS: CallStatsEvent,
  MSG: ChatMessage,
  ERROR: Problem,
} as const;
export type NotificationType = keyof typeof NOTIFICATION_SCHEMAS;
export type Notification<T extends NotificationType> = v.InferOutput<(typeof NOTIFICATION_SCHEMAS)[T]>;
