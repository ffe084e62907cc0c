/**
 * What the planner reads and what it answers.
 *
 * What will surprise you:
 * - The order of `receives` and `canSend` means something (preference); the order of every other list means nothing.
 * - `current` is simply the last plan that was carried out, less what has failed since. It makes plans stable: whoever
 *   leaves it out gets a correct plan that may prefer other work to the work that is running.
 */

export type ParticipantId = string & { readonly __brand: 'ParticipantId' };
export type SourceId = string & { readonly __brand: 'SourceId' };

export function participantId(text: string): ParticipantId {
  return text as ParticipantId;
}

export function sourceId(text: string): SourceId {
  return text as SourceId;
}

export type MediaKind = 'audio' | 'video';

/** What a router can forward. What can be transcoded is a matter of {@link RoomSnapshot.transcodable}, and is less. */
export type CodecName = 'opus' | 'PCMU' | 'VP8' | 'VP9' | 'H264' | 'AV1';

export interface ParticipantSnapshot {
  readonly id: ParticipantId;
  /** Audio and video codecs, best first. None of a kind: it receives nothing of that kind. */
  readonly receives: readonly CodecName[];
}

export interface SourceSnapshot {
  readonly id: SourceId;
  readonly owner: ParticipantId;
  readonly kind: MediaKind;
  /** The codec of the stream that arrives now. It changes when packets of the new stream arrive, not when asked for. */
  readonly sends: CodecName;
  /**
   * What the owner could send, the one it likes best first. Lacks `sends` where a restriction has just forbidden it; then
   * a switch is asked for. Empty: nothing can be asked of the owner.
   */
  readonly canSend: readonly CodecName[];
  /** Publishing now. */
  readonly live: boolean;
  /** Pixels and frames a second, for the cost of a transcode; absent: 1280 x 720 at 30. Video only. */
  readonly width?: number;
  readonly height?: number;
  readonly frameRate?: number;
}

export interface SubscriptionSnapshot {
  readonly subscriber: ParticipantId;
  readonly source: SourceId;
  /** The subscriber's way takes less than an encode for the others would bring; a smaller one would suit him. */
  readonly narrow?: boolean;
  /** Codecs in which no picture of this source appeared on the subscriber's device, although it came: they count as not received. */
  readonly unshown?: readonly CodecName[];
  /** An encode for this subscriber is made in the smaller size, whatever his way takes, because the whole one did not appear. */
  readonly small?: boolean;
}

/** One direction that the codec engine can do. */
export interface CodecPair {
  readonly from: CodecName;
  readonly to: CodecName;
}

export interface RoomSnapshot {
  readonly participants: readonly ParticipantSnapshot[];
  readonly sources: readonly SourceSnapshot[];
  readonly subscriptions: readonly SubscriptionSnapshot[];
  readonly policy: { readonly transcoding: 'allowed' | 'never' };
  /** Empty where no media worker runs. */
  readonly transcodable: readonly CodecPair[];
  /** Milli-cores that all transcodes of the room may cost together; `Infinity` for no limit. */
  readonly budget: { readonly transcodeCost: number };
  /** The last plan that was carried out, less what has failed since. Mentions of sources that have left are ignored. */
  readonly current?: Plan;
}

export interface SwitchRequest {
  readonly source: SourceId;
  readonly from: CodecName;
  readonly to: CodecName;
  /** What will be transcoded to once the owner has switched; the budget keeps room for it. */
  readonly afterwards: readonly CodecName[];
  readonly reason: string;
}

/** Of an encode: the source's own size, or half its width and height. */
export type EncodeSize = 'whole' | 'smaller';

/** One (source, codec, size), shared by all its subscribers. */
export interface Transcode {
  readonly source: SourceId;
  readonly from: CodecName;
  readonly to: CodecName;
  readonly size: EncodeSize;
  /** Milli-cores. */
  readonly cost: number;
  readonly subscribers: readonly ParticipantId[];
  readonly reason: string;
}

/**
 * - `forwarded`, `forwarded-until-switch`: as it is, for good or until the owner has switched.
 * - `transcoded-until-switch`: only until the owner has switched.
 * - `transcoded-sender-limited`: the owner cannot send what this subscriber receives.
 * - `transcoded-suits-all`: the owner could, and something else serves everybody together better.
 * - `transcoded-smaller`: to a smaller size than for the others, because this subscriber's way is narrow.
 * - `transcoded-not-shown`: what is sent came to this subscriber, and no picture appeared.
 * - `transcoded-whole-not-shown`: to a smaller size, because the whole one came and did not appear.
 * - `transcoding-fails`: planned, and no media worker survives it.
 */
export type WhyCode =
  | 'forwarded'
  | 'forwarded-until-switch'
  | 'transcoded-until-switch'
  | 'transcoded-sender-limited'
  | 'transcoded-suits-all'
  | 'transcoded-smaller'
  | 'transcoded-not-shown'
  | 'transcoded-whole-not-shown'
  | 'transcoding-fails'
  | UndeliverableCode;

/** A reason for programs: which sentence, and what stands in it (codecs as people write them, lists joined by ", "). */
export interface Why {
  readonly code: WhyCode;
  readonly args: Readonly<Record<string, string | number>>;
}

export interface Delivery {
  readonly source: SourceId;
  readonly subscriber: ParticipantId;
  readonly via: 'forward' | 'transcode';
  /** What the owner sends; the same as `codec` where forwarded. */
  readonly from: CodecName;
  /** What the subscriber gets. */
  readonly codec: CodecName;
  /** `smaller` only where transcoded. */
  readonly size: EncodeSize;
  readonly reason: string;
  readonly why: Why;
}

/**
 * - `not-live`: nothing is being published.
 * - `receives-none`: the subscriber takes no codec of this kind.
 * - `shows-none`: no codec is left in which a picture of it appeared on the subscriber's device.
 * - `switch-pending`: the owner has been asked for another codec, and delivery follows.
 * - `transcoding-off`: only a transcode could help, and the room's policy forbids it.
 * - `not-transcodable`: only a transcode could help, and the engine has none from the one codec to the other.
 * - `budget`: the transcode does not fit into the room's budget.
 */
export type UndeliverableCode =
  | 'not-live'
  | 'receives-none'
  | 'shows-none'
  | 'switch-pending'
  | 'transcoding-off'
  | 'not-transcodable'
  | 'budget';

export interface Undeliverable {
  readonly source: SourceId;
  readonly subscriber: ParticipantId;
  readonly code: UndeliverableCode;
  readonly reason: string;
  readonly why: Why;
}

/** Sorted by source, then by codec (the whole size first) or subscriber. Every subscription is in exactly one of the last two lists. */
export interface Plan {
  readonly switches: readonly SwitchRequest[];
  readonly transcodes: readonly Transcode[];
  readonly deliveries: readonly Delivery[];
  readonly undeliverable: readonly Undeliverable[];
}
