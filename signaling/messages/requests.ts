/**
 * What a client asks of the server: the JSON payload of each CCP-1 control frame, and of the ACK that answers it.
 *
 * What will surprise you: every request is answered by exactly one ACK frame on the same channel, `{ack: <sequence>, …}`, or
 * `{ack, error: <RFC 9457 problem>}`; an ERROR frame is never an answer: it ends the connection. The names of frame types are
 * CCP-1's; `op` tells apart the several things that a type is used for.
 */
import * as v from 'valibot';
import {
  CodecRestriction,
  DtlsParameters,
  IceParameters,
  IceServer,
  RtpCapabilities,
  RtpParameters,
  TransportOffer,
  VIDEO_CODECS,
  VideoCodec,
} from './media.ts';

const Id = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const Count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));
/** A name that people see: trimmed, no control characters. */
export const DisplayName = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1),
  v.maxLength(64),
  v.regex(/^\P{C}+$/u, 'control characters in name'),
);
/** `screen-audio`: the sound of what is shared. */
export const SourceName = v.picklist(['microphone', 'camera', 'screen', 'screen-audio']);
export type SourceName = v.InferOutput<typeof SourceName>;
/** The secret in a room's link: 12 random bytes and a 12-byte MAC of the server over them, in base64url. */
export const RoomKey = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{32}$/, 'not a room key'));

export const Hello = v.object({
  supported_versions: v.pipe(
    v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))),
    v.minLength(1),
    v.maxLength(16),
  ),
  client: v.exactOptional(
    v.object({ name: v.pipe(v.string(), v.maxLength(64)), version: v.pipe(v.string(), v.maxLength(32)) }),
  ),
});
export const HelloAck = v.object({
  ack: v.number(),
  handshake: v.literal('ok'),
  protocol_version: v.literal(1),
  session_id: Id,
  /** What the server's routers can carry; needed before a client can say what it can receive. */
  router_rtp_capabilities: RtpCapabilities,
  /** Relays that a client may use; they reach nothing but this server's own media addresses. */
  ice_servers: v.pipe(v.array(IceServer), v.maxLength(8)),
  /** Whether participants may have a test network. */
  emulation: v.optional(v.boolean(), false),
});

/**
 * Test networks: what a server can put between itself and one participant's media, for people to see what a call makes of it.
 * `narrow`: a slow line; `steps`: a line that falls and rises; `mobile`: a phone on the move; `lossy`: bursts of loss.
 */
export const EmulatedNetwork = v.picklist(['narrow', 'steps', 'mobile', 'lossy']);
export type EmulatedNetwork = v.InferOutput<typeof EmulatedNetwork>;

/** Proof of a place in a call, to come back to it: participant, time of arrival, and a MAC of the server over both and the room. */
export const ResumeToken = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{16,128}$/, 'not a resume token'));
export const Quality = v.picklist(['good', 'fair', 'poor', 'lost']);
export type Quality = v.InferOutput<typeof Quality>;
export const Reaction = v.picklist(['thumbs-up', 'heart', 'laugh', 'clap', 'wow', 'party']);
export type Reaction = v.InferOutput<typeof Reaction>;

export const Join = v.object({
  room: RoomKey,
  name: DisplayName,
  /** What this device can decode, already matched with the router's. */
  receive: RtpCapabilities,
  /** Video codecs that this device can encode, in order of preference. */
  send_video: v.pipe(v.array(VideoCodec), v.maxLength(VIDEO_CODECS.length)),
  restriction: v.optional(CodecRestriction, null),
  /** Back to the place that an earlier connection had: same id, same order, same raised hand. */
  resume: v.exactOptional(ResumeToken),
  /** The test network that its media begins in; one that cannot be had is left out, and the answer says so. */
  network: v.optional(v.nullable(EmulatedNetwork), null),
});
export const Participant = v.object({
  participant_id: Id,
  name: v.string(),
  restriction: CodecRestriction,
  /** Milliseconds since 1970 on the server's clock: the order of places. */
  joined_at: v.number(),
  /** Since when the hand is up, milliseconds since 1970; null: it is down. */
  hand_raised_at: v.nullable(v.number()),
  /** `lost`: the connection broke a moment ago, and the place is kept. */
  quality: Quality,
  sources: v.array(
    v.object({
      source_id: Id,
      source: SourceName,
      kind: v.picklist(['audio', 'video']),
      paused: v.boolean(),
    }),
  ),
});
export type Participant = v.InferOutput<typeof Participant>;
/** What a person writes: plain text, shown as it is. */
export const ChatText = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(4000));
/** The payload of a MSG frame from a client: JSON in UTF-8 (MSG itself is opaque bytes in CCP-1). */
export const ChatInput = v.object({ text: ChatText });
/** The payload of a MSG frame from the server, to everybody in the call, the writer included. */
export const ChatMessage = v.object({
  message_id: Id,
  participant_id: Id,
  name: v.string(),
  text: v.string(),
  /** Milliseconds since 1970 on the server's clock. */
  sent_at: v.number(),
});
export type ChatMessage = v.InferOutput<typeof ChatMessage>;

export const JoinAck = v.object({
  ack: v.number(),
  /** The channel on which every further frame of this call travels. */
  channel: v.number(),
  /** The call's id in log lines, here and on the server. */
  call_id: Id,
  participant_id: Id,
  participants: v.array(Participant),
  send_transport: TransportOffer,
  receive_transport: TransportOffer,
  /** The test network that these transports are in; null: none. */
  network: v.optional(v.nullable(EmulatedNetwork), null),
  resume_token: ResumeToken,
  /** What was written in this call so far, the latest few hundred, oldest first. */
  messages: v.array(ChatMessage),
});

export const Leave = v.object({});

export const CallOffer = v.variant('op', [
  /** A new stream of this participant. With `replaces`, it takes over that producer's place (another codec, same source). */
  v.object({
    op: v.literal('publish'),
    source: SourceName,
    kind: v.picklist(['audio', 'video']),
    rtp_parameters: RtpParameters,
    replaces: v.exactOptional(Id),
    paused: v.optional(v.boolean(), false),
    /** Size and rate of the captured picture: the planner's cost of transcoding follows from them. */
    width: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(8192))),
    height: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(8192))),
    frame_rate: v.exactOptional(v.pipe(v.number(), v.minValue(1), v.maxValue(240))),
  }),
  v.object({ op: v.literal('pause'), producer_id: Id, paused: v.boolean() }),
  /** The restriction is lifted (null) or set, during the call. */
  v.object({ op: v.literal('restrict'), restriction: CodecRestriction }),
  /**
   * How large this participant shows a stream, in device pixels; 0 x 0: not at all, and nothing is sent to him then. The
   * server chooses the smallest layer that fills it.
   */
  v.object({
    op: v.literal('view'),
    consumer_id: Id,
    width: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(16_384)),
    height: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(16_384)),
  }),
]);
export type CallOffer = v.InferOutput<typeof CallOffer>;
export const PublishAck = v.object({ ack: v.number(), producer_id: Id, source_id: Id });

export const CallAnswer = v.variant('op', [
  /** The local half exists: media may flow. */
  v.object({ op: v.literal('ready'), consumer_id: Id }),
  /** The first frame of a stream that replaces another one was decoded: the old one may end. */
  v.object({ op: v.literal('playing'), consumer_id: Id }),
  /** Frames come, or should, and none is decoded for a while: the server does something about it. */
  v.object({
    op: v.literal('stalled'),
    consumer_id: Id,
    /** Since the last `stalled`, or since the stream began: whole frames that came, and packets that were lost. */
    frames_received: v.exactOptional(Count),
    packets_lost: v.exactOptional(Count),
  }),
  /** A switch of codec that the server asked for cannot be made by this device. */
  v.object({
    op: v.literal('switch-refused'),
    source_id: Id,
    codec: VideoCodec,
    detail: v.pipe(v.string(), v.maxLength(256)),
  }),
]);
export type CallAnswer = v.InferOutput<typeof CallAnswer>;

export const CallEnd = v.object({ op: v.literal('unpublish'), producer_id: Id });

export const TransportUpdate = v.variant('op', [
  v.object({ op: v.literal('connect'), transport_id: Id, dtls_parameters: DtlsParameters }),
  v.object({ op: v.literal('restart-ice'), transport_id: Id }),
  /**
   * Before joining, on channel 0: a transport that is there only to see whether media would get through, and by which way.
   * `connect` follows for it; it ends by itself after some seconds, with the next one, and with JOIN.
   */
  v.object({ op: v.literal('probe'), protocol: v.picklist(['udp', 'tcp']) }),
  /**
   * Puts this participant's media into a test network, or takes it out (null). Where that needs other transports, TRANSPORT_UPDATE
   * `reset` comes before the answer.
   */
  v.object({ op: v.literal('emulate'), network: v.nullable(EmulatedNetwork) }),
]);
export type TransportUpdate = v.InferOutput<typeof TransportUpdate>;
export const ProbeAck = v.object({ ack: v.number(), transport: TransportOffer });
export const RestartIceAck = v.object({ ack: v.number(), ice_parameters: IceParameters });

export const Presence = v.variant('op', [
  /** Before joining: who is in the room? Answered by `WatchAck`, then by PRESENCE `lobby` on every change, until JOIN. */
  v.object({ op: v.literal('watch'), room: RoomKey }),
  v.object({ op: v.literal('hand'), raised: v.boolean() }),
  v.object({ op: v.literal('reaction'), reaction: Reaction }),
  /** Is the connection alive? At any time after HELLO, on any channel. */
  v.object({ op: v.literal('ping') }),
]);
export type Presence = v.InferOutput<typeof Presence>;
/** Somebody in a room, as those see him who have not joined. */
export const LobbyPerson = v.object({ name: v.string() });
export type LobbyPerson = v.InferOutput<typeof LobbyPerson>;
export const WatchAck = v.object({
  ack: v.number(),
  participants: v.array(LobbyPerson),
  max_participants: v.number(),
});

/** Frame types that a client may send, and the schema of each payload. */
export const REQUEST_SCHEMAS = {
  HELLO: Hello,
  JOIN: Join,
  LEAVE: Leave,
  CALL_OFFER: CallOffer,
  CALL_ANSWER: CallAnswer,
  CALL_END: CallEnd,
  TRANSPORT_UPDATE: TransportUpdate,
  PRESENCE: Presence,
  MSG: ChatInput,
} as const;
export type RequestType = keyof typeof REQUEST_SCHEMAS;
export type Request<T extends RequestType> = v.InferOutput<(typeof REQUEST_SCHEMAS)[T]>;
/** What a client may hand to the wire before defaults are filled in. */
export type RequestInput<T extends RequestType> = v.InferInput<(typeof REQUEST_SCHEMAS)[T]>;

/** The plainest answer: done. */
export const PlainAck = v.object({ ack: v.number() });
export const Problem = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.exactOptional(v.string()),
  code: v.string(),
});
export type Problem = v.InferOutput<typeof Problem>;
export const ErrorAck = v.object({ ack: v.number(), error: Problem });
