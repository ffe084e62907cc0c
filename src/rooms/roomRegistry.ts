/**
 * All calls of this server. A room exists from its first join to its last leave; its key is valid before and after, and who
 * watches its lobby makes none.
 */
import { ProtocolError } from '../../signaling/errors.ts';
import { Lobbies, type Person } from './lobby.ts';
import { Room } from './room.ts';
import type { RoomOptions } from './roomOptions.ts';
import { type RoomId, RoomKeys, roomIdOf } from './roomKeys.ts';

export interface RoomRegistryOptions extends Omit<
  RoomOptions,
  'id' | 'callId' | 'resumeTokens' | 'lobbyWatched'
> {
  readonly keys: RoomKeys;
  readonly maxRooms: number;
}

/** Somebody who watches a room's lobby. */
export interface LobbyWatch {
  readonly people: readonly Person[];
  readonly maxParticipants: number;
  /** Idempotent. */
  readonly stop: () => void;
}

export class RoomRegistry {
  readonly #options: RoomRegistryOptions;
  readonly #rooms = new Map<RoomId, Room>();
  readonly #lobbies: Lobbies;
  #closed = false;

  constructor(options: RoomRegistryOptions) {
    this.#options = options;
    this.#lobbies = new Lobbies({
      clock: options.clock,
      peopleIn: (id) => this.#rooms.get(id)?.participants.map(({ name }) => ({ name })) ?? [],
      onWatched: (id) => this.#rooms.get(id)?.lobbyChanged(),
    });
  }

  get rooms(): readonly Room[] {
    return [...this.#rooms.values()];
  }

  /**
   * The call behind a room's key; begins it where there is none.
   * @param key as the client sent it
   * @throws ProtocolError NotFound where this server did not make the key, TooManyRooms
   */
  enter(key: string): Room {
    const id = this.#idOf(key);
    const known = this.#rooms.get(id);
    if (known !== undefined) return known;
    if (this.#rooms.size >= this.#options.maxRooms) throw new ProtocolError('TooManyRooms');
    const room = new Room({
      ...this.#options,
      id,
      callId: this.#options.randomId(),
      resumeTokens: this.#options.keys.resumeTokens,
      lobbyWatched: () => this.#lobbies.isWatched(id),
    });
    this.#rooms.set(id, room);
    room.on('people', () => this.#lobbies.changed(id));
    room.once('closed', () => {
      if (this.#rooms.get(id) === room) this.#rooms.delete(id);
      this.#lobbies.changed(id);
    });
    return room;
  }

  /**
   * Who is in a room, without joining it, now and on every change.
   * @throws ProtocolError NotFound where this server did not make the key, RateLimited where too many watch already
   */
  watch(key: string, tell: (people: readonly Person[]) => void): LobbyWatch {
    const id = this.#idOf(key);
    const stop = this.#lobbies.watch(id, tell);
    return {
      people: this.#rooms.get(id)?.participants.map(({ name }) => ({ name })) ?? [],
      maxParticipants: this.#options.limits.maxParticipants,
      stop,
    };
  }

  close(reason: string): void {
    this.#closed = true;
    this.#lobbies.close();
    for (const room of this.rooms) room.close(reason);
  }

  #idOf(key: string): RoomId {
    const valid = this.#options.keys.verify(key);
    if (valid === null) throw new ProtocolError('NotFound', 'no such room: check the link');
    if (this.#closed) throw new ProtocolError('MediaUnavailable', 'the server is closing');
    return roomIdOf(valid);
  }
}
