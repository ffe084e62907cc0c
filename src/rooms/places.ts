/**
 * The places of one room: who has one, in which order, and for how long after his connection broke.
 *
 *   (token or none) ─reserve─▶ reserved ─arrive─▶ arriving ─seat─▶ seated ◀─seat (came back)─┐
 *                                                                    └─▶ absent, for the grace time ─▶ free
 *
 * What will surprise you: a place is counted by its participant's id, from the moment it is reserved until it is free. Somebody
 * who comes back therefore always finds his own place, however full the room is.
 */
import { ProtocolError } from '../../signaling/errors.ts';
import type { ParticipantId } from '../plan/types.ts';
import type { Clock } from '../time/clock.ts';
import type { Participant } from './participant.ts';
import type { Member } from './reconciler.ts';
import type { ProvenPlace } from './resumeTokens.ts';

export interface PlacesOptions {
  readonly maxParticipants: number;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  readonly randomId: () => string;
}

export interface Reservation extends ProvenPlace {
  /** The transports are there, or could not be made; idempotent. */
  readonly release: () => void;
}

export class Places {
  readonly #options: PlacesOptions;
  readonly #members = new Map<ParticipantId, Member>();
  /** They have transports, and nobody knows of them yet. */
  readonly #arriving = new Map<ParticipantId, Participant>();
  /** One entry for each request that waits for its transports. */
  readonly #reserved: ParticipantId[] = [];
  readonly #cancelGrace = new Map<ParticipantId, () => void>();
  #lastJoinedAtMs = 0;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /** Everybody who is seated, those whose connection broke included. */
  get members(): ReadonlyMap<ParticipantId, Member> {
    return this.#members;
  }

  get arriving(): ReadonlyMap<ParticipantId, Participant> {
    return this.#arriving;
  }

  get empty(): boolean {
    return this.#members.size + this.#arriving.size + this.#reserved.length === 0;
  }

  /** In the order of their places. */
  get participants(): readonly Participant[] {
    return [...this.#members.values()].map(({ participant }) => participant).sort(byArrival);
  }

  /**
   * @param proven the place that somebody had before; null: a new one
   * @throws ProtocolError RoomFull
   */
  reserve(proven: ProvenPlace | null): Reservation {
    const taken = new Set([...this.#members.keys(), ...this.#arriving.keys(), ...this.#reserved]);
    const { maxParticipants, randomId } = this.#options;
    if (taken.size >= maxParticipants && (proven === null || !taken.has(proven.participantId))) {
      throw new ProtocolError('RoomFull', `this room takes ${maxParticipants} participants`);
    }
    const place = proven ?? {
      participantId: randomId() as ParticipantId,
      joinedAtMs: this.#nextJoinedAtMs(),
    };
    this.#reserved.push(place.participantId);
    let held = true;
    const release = (): void => {
      if (held) this.#reserved.splice(this.#reserved.indexOf(place.participantId), 1);
      held = false;
    };
    return { ...place, release };
  }

  /** @returns whoever was arriving at the same place, and no longer is */
  arrive(participant: Participant): Participant | null {
    const other = this.#arriving.get(participant.id) ?? null;
    this.#arriving.set(participant.id, participant);
    return other;
  }

  /** Whoever had this place until now, absent or on another connection, has it no more. */
  seat(member: Member): void {
    const { id } = member.participant;
    this.#arriving.delete(id);
    this.#endGrace(id);
    this.#members.set(id, member);
  }

  /** Whether this very participant, not one who took over its place, is seated. */
  isSeated(participant: Participant): boolean {
    return this.#members.get(participant.id)?.participant === participant;
  }

  /** Whether this very participant is arriving. */
  isArriving(participant: Participant): boolean {
    return this.#arriving.get(participant.id) === participant;
  }

  /** Keeps an absent participant's place for so long. */
  keepFor(id: ParticipantId, graceMs: number, onOver: () => void): void {
    this.#endGrace(id);
    this.#cancelGrace.set(
      id,
      this.#options.clock.after(graceMs, () => {
        this.#cancelGrace.delete(id);
        onOver();
      }),
    );
  }

  /** The place of this very participant is free; does nothing where another one has it by now. */
  free(participant: Participant): void {
    const { id } = participant;
    if (this.isArriving(participant)) this.#arriving.delete(id);
    if (!this.isSeated(participant)) return;
    this.#endGrace(id);
    this.#members.delete(id);
  }

  clear(): void {
    for (const id of [...this.#cancelGrace.keys()]) this.#endGrace(id);
    this.#members.clear();
    this.#arriving.clear();
  }

  /** No two alike: the order of places is an order. */
  #nextJoinedAtMs(): number {
    this.#lastJoinedAtMs = Math.max(this.#lastJoinedAtMs + 1, Math.floor(this.#options.epochMs()));
    return this.#lastJoinedAtMs;
  }

  #endGrace(id: ParticipantId): void {
    this.#cancelGrace.get(id)?.();
    this.#cancelGrace.delete(id);
  }
}

/** Two whose places were given before and after a restart may have come in the same millisecond. */
function byArrival(a: Participant, b: Participant): number {
  return a.joinedAtMs - b.joinedAtMs || (a.id < b.id ? -1 : 1);
}
