/**
 * A stream of somebody else as a view knows it: a microphone, a camera, a screen or its sound, which stays the same while what
 * carries it (the consumer, its codec, its SSRC) is replaced below.
 *
 * What will surprise you: `track` changes during the life of a stream, and the earlier track stays open for a moment longer,
 * so that a view can show the new one before it lets go of the old. A view keeps the last frame when nothing comes.
 */
import type { Delivery, Why } from '../../signaling/messages/notifications.ts';
import type { SourceName } from '../../signaling/messages/requests.ts';
import type { MediaTrack } from './capabilities.ts';
import { Emitter } from './emitter.ts';

/** Which kind of media a source is. */
export function kindOf(source: SourceName): 'audio' | 'video' {
  return source === 'microphone' || source === 'screen-audio' ? 'audio' : 'video';
}

/** What this participant's way takes of a picture, as the server shares it out. */
export interface StreamShare {
  /** Bits per second; null: as much as it needs. */
  readonly bps: number | null;
  /** Nothing of it is sent, for want of room: the last picture stays. */
  readonly held: boolean;
  /** In words, in English. */
  readonly reason: string;
  readonly why: Why;
}

export interface RemoteStreamEvents {
  /** Another track carries the stream now: show it as soon as it has a frame. */
  track: [MediaTrack];
  /** `paused`, `delivery`, `share` or `unavailable` changed. */
  changed: [];
  /** The source is gone. Nothing follows. */
  ended: [];
}

export class RemoteStream extends Emitter<RemoteStreamEvents> {
  readonly participantId: string;
  readonly source: SourceName;
  readonly kind: 'audio' | 'video';
  #track: MediaTrack | null = null;
  #paused = false;
  #delivery: Delivery | null = null;
  #share: StreamShare | null = null;
  #unavailable: string | null = null;
  #why: Why | null = null;
  #ended = false;

  constructor(participantId: string, source: SourceName) {
    super();
    this.participantId = participantId;
    this.source = source;
    this.kind = kindOf(source);
  }

  /** The key under which a call knows the stream: one for each participant and source. */
  static key(participantId: string, source: SourceName): string {
    return `${participantId}/${source}`;
  }

  get key(): string {
    return RemoteStream.key(this.participantId, this.source);
  }
  /** What to show or play now; null before the first consumer. */
  get track(): MediaTrack | null {
    return this.#track;
  }
  /** The publisher muted it, or switched the camera off. */
  get paused(): boolean {
    return this.#paused;
  }
  /** How it reaches this participant, and why. */
  get delivery(): Delivery | null {
    return this.#delivery;
  }
  /** What the network takes of it; null: nothing was ever in its way. */
  get share(): StreamShare | null {
    return this.#share;
  }
  /** Why it cannot be had, in words; null where it can. */
  get unavailable(): string | null {
    return this.#unavailable;
  }
  /** Why it cannot be had, for programs; null where it can. */
  get why(): Why | null {
    return this.#why;
  }
  get ended(): boolean {
    return this.#ended;
  }

  /** For the receiver, which owns the stream. */
  setTrack(track: MediaTrack): void {
    this.#track = track;
    this.emit('track', track);
  }

  /** For the receiver, which owns the stream. */
  update(change: {
    readonly paused?: boolean;
    readonly delivery?: Delivery;
    readonly share?: StreamShare | null;
    /** Null: it can be had. */
    readonly unavailable?: { readonly reason: string; readonly why: Why } | null;
  }): void {
    this.#paused = change.paused ?? this.#paused;
    this.#delivery = change.delivery ?? this.#delivery;
    if (change.share !== undefined) this.#share = change.share;
    if (change.unavailable !== undefined) {
      this.#unavailable = change.unavailable?.reason ?? null;
      this.#why = change.unavailable?.why ?? null;
    }
    this.emit('changed');
  }

  /** For the receiver, which owns the stream. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.emit('ended');
    this.removeAllListeners();
  }
}
