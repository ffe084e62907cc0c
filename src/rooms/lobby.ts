/**
 * Those who stand before the doors of rooms: they have not joined, and are told who is in there.
 *
 * What will surprise you: a lobby needs no room. It belongs to a room's id, so watching an empty room creates nothing but an
 * entry here, which ends with its last watcher. Changes are told together, at most a few times a second.
 */
import { ProtocolError } from '../../signaling/errors.ts';
import type { LobbyPerson } from '../../signaling/messages/requests.ts';
import type * as v from 'valibot';
import type { Clock } from '../time/clock.ts';
import type { RoomId } from './roomKeys.ts';

export type Person = v.InferOutput<typeof LobbyPerson>;
type Tell = (people: readonly Person[]) => void;

interface Lobby {
  /** Each with what it was told last, as text: only a difference is told. */
  readonly watchers: Map<Tell, string>;
  cancelTell: (() => void) | null;
}

export interface LobbiesOptions {
  readonly clock: Clock;
  /** Everybody in this room now; empty where there is none. */
  readonly peopleIn: (room: RoomId) => readonly Person[];
  /** The first watcher of this room came, or the last one went. */
  readonly onWatched: (room: RoomId) => void;
}

/** Far more than join at once; each change of a room costs one message to each of them. */
export const MAX_WATCHERS = 100;
const TELL_INTERVAL_MS = 250;

export class Lobbies {
  readonly #options: LobbiesOptions;
  readonly #lobbies = new Map<RoomId, Lobby>();

  constructor(options: LobbiesOptions) {
    this.#options = options;
  }

  /** How many rooms are watched. */
  get size(): number {
    return this.#lobbies.size;
  }

  isWatched(room: RoomId): boolean {
    return this.#lobbies.has(room);
  }

  /**
   * @param tell hears of every change from now on
   * @returns what ends it; idempotent
   * @throws ProtocolError RateLimited where too many watch already
   */
  watch(room: RoomId, tell: Tell): () => void {
    let lobby = this.#lobbies.get(room);
    if (lobby !== undefined && lobby.watchers.size >= MAX_WATCHERS) {
      throw new ProtocolError('RateLimited', 'too many watch this room');
    }
    if (lobby === undefined) {
      lobby = { watchers: new Map(), cancelTell: null };
      this.#lobbies.set(room, lobby);
      this.#options.onWatched(room);
    }
    const { watchers } = lobby;
    watchers.set(tell, JSON.stringify(this.#options.peopleIn(room)));
    return () => {
      if (watchers.delete(tell) && watchers.size === 0) this.#end(room);
    };
  }

  /** Somebody came, went, or has another name. */
  changed(room: RoomId): void {
    const lobby = this.#lobbies.get(room);
    if (lobby === undefined || lobby.cancelTell !== null) return;
    lobby.cancelTell = this.#options.clock.after(TELL_INTERVAL_MS, () => {
      lobby.cancelTell = null;
      const people = this.#options.peopleIn(room);
      const text = JSON.stringify(people);
      for (const [tell, told] of [...lobby.watchers]) {
        if (told === text) continue;
        lobby.watchers.set(tell, text);
        tell(people);
      }
    });
  }

  close(): void {
    for (const room of [...this.#lobbies.keys()]) this.#end(room);
  }

  #end(room: RoomId): void {
    const lobby = this.#lobbies.get(room);
    if (lobby === undefined) return;
    lobby.cancelTell?.();
    lobby.watchers.clear();
    this.#lobbies.delete(room);
    this.#options.onWatched(room);
  }
}
