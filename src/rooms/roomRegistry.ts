/** All calls of this server. A room exists from its first join to its last leave; its key is valid before and after. */
import { ProtocolError } from '../../signaling/errors.ts';
import { Room, type RoomOptions } from './room.ts';
import { type RoomId, RoomKeys, roomIdOf } from './roomKeys.ts';

export interface RoomRegistryOptions extends Omit<RoomOptions, 'id' | 'callId'> {
  readonly keys: RoomKeys;
  readonly maxRooms: number;
}

export class RoomRegistry {
  readonly #options: RoomRegistryOptions;
  readonly #rooms = new Map<RoomId, Room>();
  #closed = false;

  constructor(options: RoomRegistryOptions) {
    this.#options = options;
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
    const valid = this.#options.keys.verify(key);
    if (valid === null) throw new ProtocolError('NotFound', 'no such room: check the link');
    if (this.#closed) throw new ProtocolError('MediaUnavailable', 'the server is closing');
    const id = roomIdOf(valid);
    const known = this.#rooms.get(id);
    if (known !== undefined) return known;
    if (this.#rooms.size >= this.#options.maxRooms) throw new ProtocolError('TooManyRooms');
    const room = new Room({ ...this.#options, id, callId: this.#options.randomId() });
    this.#rooms.set(id, room);
    room.once('closed', () => {
      if (this.#rooms.get(id) === room) this.#rooms.delete(id);
    });
    return room;
  }

  close(reason: string): void {
    this.#closed = true;
    for (const room of this.rooms) room.close(reason);
  }
}
