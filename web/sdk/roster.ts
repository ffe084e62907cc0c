/**
 * Who is in the call: this participant, and the others in the order of their places.
 *
 * What will surprise you: after a restart of the server everybody comes back within some seconds, one after the other. Who was
 * here before and is not back yet keeps his place for that time, marked `lost`, so that views need not move twice. Owns one
 * timer; `close()` is idempotent.
 */
import type { Notification } from '../../signaling/messages/notifications.ts';
import type { Participant } from '../../signaling/messages/requests.ts';
import type { CancelTimer, Clock } from './clock.ts';
import type { Joined } from './session.ts';

/** Longer than the longest pause between attempts to reconnect, and what an attempt takes. */
const RETURN_PATIENCE_MS = 8_000;

export class Roster {
  readonly #clock: Clock;
  readonly #left: (participantId: string) => void;
  readonly #people = new Map<string, Participant>();
  /** Who is expected back. */
  readonly #awaited = new Set<string>();
  #cancelTimer: CancelTimer = () => undefined;
  #selfId: string | null = null;
  #callId: string | null = null;
  #others: readonly Participant[] = [];

  /** @param left Told of everybody who was expected back and did not come. */
  constructor(clock: Clock, left: (participantId: string) => void) {
    this.#clock = clock;
    this.#left = left;
  }

  get self(): Participant | null {
    return this.#selfId === null ? null : (this.#people.get(this.#selfId) ?? null);
  }

  /** Whether this participant's hand is up. */
  isHandUp(): boolean {
    return typeof this.self?.hand_raised_at === 'number';
  }

  /** Ordered by time of arrival. The same array until somebody comes, changes or leaves. */
  get others(): readonly Participant[] {
    return this.#others;
  }

  /** The call was entered, or entered again. */
  entered(joined: Joined): void {
    this.#cancelTimer();
    // The same call on the same server: who is not listed has left. Another one: he may be on his way.
    const isNewCall = this.#callId !== null && this.#callId !== joined.call_id;
    const before = isNewCall ? this.#others : [];
    this.#callId = joined.call_id;
    this.#selfId = joined.participant_id;
    this.#people.clear();
    this.#awaited.clear();
    for (const participant of joined.participants) {
      this.#people.set(participant.participant_id, participant);
    }
    for (const participant of before) {
      const id = participant.participant_id;
      if (this.#people.has(id) || id === this.#selfId) continue;
      this.#awaited.add(id);
      this.#people.set(id, { ...participant, quality: 'lost' });
    }
    if (this.#awaited.size > 0) {
      this.#cancelTimer = this.#clock.after(RETURN_PATIENCE_MS, () => {
        for (const id of [...this.#awaited]) this.#left(id);
      });
    }
    this.#sort();
  }

  /** @returns Whether anything changed. */
  apply(event: Extract<Notification<'PRESENCE'>, { op: 'joined' | 'updated' | 'quality' }>): boolean {
    if (event.op === 'quality') {
      const participant = this.#people.get(event.participant_id);
      if (participant === undefined || participant.quality === event.quality) return false;
      this.#people.set(event.participant_id, { ...participant, quality: event.quality });
    } else {
      this.#awaited.delete(event.participant.participant_id);
      this.#people.set(event.participant.participant_id, event.participant);
    }
    this.#sort();
    return true;
  }

  remove(participantId: string): void {
    this.#awaited.delete(participantId);
    this.#people.delete(participantId);
    this.#sort();
  }

  /** Idempotent. */
  close(): void {
    this.#cancelTimer();
  }

  #sort(): void {
    if (this.#awaited.size === 0) this.#cancelTimer();
    this.#others = [...this.#people.values()]
      .filter(({ participant_id: id }) => id !== this.#selfId)
      .sort((a, b) => a.joined_at - b.joined_at || a.participant_id.localeCompare(b.participant_id));
  }
}
