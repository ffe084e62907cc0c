/**
 * What the people of one call know of each other: who came and went, who speaks, whose hand is up, who reacts, how good each
 * one's network is, and what they write.
 *
 * What will surprise you: everything goes to everybody, also to the one it is about, so that all pages show the same.
 */
import { KeyedTokenBuckets } from '../../signaling/connection/tokenBucket.ts';
import { ProtocolError } from '../../signaling/errors.ts';
import type { Notification, NotificationType } from '../../signaling/messages/notifications.ts';
import type { ChatMessage, Quality, Reaction } from '../../signaling/messages/requests.ts';
import type { ParticipantId } from '../plan/types.ts';
import { Chat, type ChatOptions } from './chat.ts';
import { type Participant, viewOf } from './participant.ts';

export interface PresenceOptions extends ChatOptions {
  /** Everybody who is seated. */
  readonly participants: () => Iterable<Participant>;
}

/** Hands and reactions of one person: a burst of joy, not a stream. */
const GESTURE_BURST = 10;
const GESTURES_PER_SECOND = 2;

export class Presence {
  readonly #options: PresenceOptions;
  readonly #chat: Chat;
  readonly #gestures = new KeyedTokenBuckets(GESTURE_BURST, GESTURES_PER_SECOND);
  #speaker: ParticipantId | null = null;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#chat = new Chat(options);
  }

  /** Who is heard most now; null: nobody. */
  get speaker(): ParticipantId | null {
    return this.#speaker;
  }

  /** What was written so far, oldest first. */
  get messages(): readonly ChatMessage[] {
    return this.#chat.history;
  }

  /** @throws ProtocolError RateLimited, InvalidMessage */
  write(author: Participant, text: string): void {
    this.tell('MSG', this.#chat.write(author, text));
  }

  /** @throws ProtocolError RateLimited */
  raiseHand(participant: Participant, raised: boolean): void {
    this.#limitGestures(participant);
    if (raised === (participant.handRaisedAtMs !== null)) return;
    participant.handRaisedAtMs = raised ? Math.floor(this.#options.epochMs()) : null;
    this.updated(participant);
  }

  /** @throws ProtocolError RateLimited */
  react({ id }: Participant, reaction: Reaction): void {
    this.#limitGestures({ id });
    this.tell('PRESENCE', { op: 'reaction', participant_id: id, reaction });
  }

  /** The one who came has the others from the answer to his JOIN. */
  joined(participant: Participant): void {
    const view = viewOf(participant);
    for (const other of this.#options.participants()) {
      if (other !== participant) other.notify('PRESENCE', { op: 'joined', participant: view });
    }
  }

  updated(participant: Participant): void {
    this.tell('PRESENCE', { op: 'updated', participant: viewOf(participant) });
  }

  left(id: ParticipantId, reason: string): void {
    this.tell('PRESENCE', { op: 'left', participant_id: id, reason });
  }

  setQuality(participant: Participant, quality: Quality): void {
    participant.quality = quality;
    this.tell('PRESENCE', { op: 'quality', participant_id: participant.id, quality });
  }

  setSpeaker(speaker: ParticipantId | null): void {
    if (speaker === this.#speaker) return;
    this.#speaker = speaker;
    this.tell('PRESENCE', { op: 'speaker', participant_id: speaker });
  }

  /** Nothing is heard from him any more. */
  silence(id: ParticipantId): void {
    if (this.#speaker === id) this.setSpeaker(null);
  }

  tell<T extends NotificationType>(type: T, payload: Notification<T>): void {
    for (const { notify } of this.#options.participants()) notify(type, payload);
  }

  #limitGestures({ id }: Pick<Participant, 'id'>): void {
    if (!this.#gestures.take(id, this.#options.nowMs())) {
      throw new ProtocolError('RateLimited', 'too many hands and reactions');
    }
  }
}
