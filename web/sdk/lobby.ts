/**
 * A look into a room before joining it: who is in there, now and at every change.
 *
 * What will surprise you: where the connection is lost meanwhile, it is made again and the room watched again, for as long as
 * nobody joins; only a refusal ends that. Owns one timer; `close()` is idempotent, and after it `people` stays as it was last.
 */
import { type LobbyPerson, WatchAck } from '../../signaling/messages/requests.ts';
import { type CancelTimer, type Clock, backoffMs } from './clock.ts';
import type { Connection } from './connection.ts';
import { AlreadyJoined, isPermanent } from './errors.ts';

export interface LobbyActions {
  /** Connects, or finds the connection that there is. */
  connect(): Promise<Connection>;
  changed(people: readonly LobbyPerson[]): void;
  failed(error: unknown): void;
}

export class Lobby {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #actions: LobbyActions;
  #room: string | null = null;
  #people: readonly LobbyPerson[] | null = null;
  #roomSize: number | null = null;
  #attempt = 0;
  #cancelRetry: CancelTimer | null = null;
  #closed = false;

  constructor(clock: Clock, random: () => number, actions: LobbyActions) {
    this.#clock = clock;
    this.#random = random;
    this.#actions = actions;
  }

  /** Null until a room is watched. */
  get people(): readonly LobbyPerson[] | null {
    return this.#people;
  }
  /** How many people the room takes; null until one is watched. */
  get roomSize(): number | null {
    return this.#roomSize;
  }

  /** @throws AlreadyJoined; ClientError where the server cannot be reached or refuses */
  async watch(room: string): Promise<void> {
    if (this.#closed) throw new AlreadyJoined('the call was joined already');
    this.#stopRetry();
    const connection = await this.#actions.connect();
    await connection.request('PRESENCE', { op: 'watch', room }, WatchAck, (ack) => {
      this.#room = room;
      this.#attempt = 0;
      this.#roomSize = ack.max_participants;
      this.handle(ack.participants);
    });
  }

  /** The server told who is in the room now. */
  handle(people: readonly LobbyPerson[]): void {
    if (this.#closed) return;
    this.#people = people;
    this.#actions.changed(people);
  }

  /** The connection over which the room was watched is gone. */
  connectionLost(): void {
    if (this.#room !== null && !this.#closed) this.#retryAfter(backoffMs(this.#attempt++, this.#random()));
  }

  /** Ends a pause between two attempts. */
  retryNow(): void {
    if (this.#cancelRetry !== null) this.#retryAfter(0);
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#stopRetry();
  }

  #retryAfter(delayMs: number): void {
    this.#stopRetry();
    this.#cancelRetry = this.#clock.after(delayMs, () => {
      this.#cancelRetry = null;
      const room = this.#room;
      if (room === null || this.#closed) return;
      this.watch(room).catch((error: unknown) => {
        if (this.#closed || this.#cancelRetry !== null) return;
        if (isPermanent(error)) this.#actions.failed(error);
        else this.connectionLost();
      });
    });
  }

  #stopRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
  }
}
