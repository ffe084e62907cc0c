/**
 * The tiles of a call: one for each person, and one more for a shared screen, kept in step with the call's events.
 *
 * Ownership: owns its tiles, its listeners on the call and the observer of its own size. `close()` is idempotent.
 */
import { type Call, type CallStats, type RemoteStream } from '../sdk/index.ts';
import { h, setAttributes } from './dom.ts';
import { columnsFor } from './layout.ts';
import { Tile } from './tile.ts';

export interface TileGridOptions {
  readonly call: Call;
  readonly ownName: string;
  readonly detailsOpen: boolean;
  readonly soundBlocked: (play: () => void) => void;
}

export class TileGrid {
  readonly element = h('section', {
    class: 'grid',
    'aria-label': 'People in the call',
    'data-testid': 'grid',
  });
  readonly own: Tile;
  readonly #options: TileGridOptions;
  readonly #tiles = new Map<string, Tile>();
  readonly #offs: (() => void)[];
  readonly #observer = new ResizeObserver(() => this.#arrange());
  #nextId = 1;

  constructor(options: TileGridOptions) {
    this.#options = options;
    const { call } = options;
    this.own = this.#makeTile(options.ownName, true);
    this.element.append(this.own.element);
    this.#offs = [
      call.on('participants', () => this.#syncPeople()),
      call.on('stream', (stream) => this.#attach(stream)),
      call.on('stream-ended', (stream) => {
        if (stream.source === 'screen') this.#remove(tileKey(stream));
      }),
      call.on('speaker', (speaker) => this.#showSpeaker(speaker)),
    ];
    this.#syncPeople();
    for (const stream of call.streams) this.#attach(stream);
    this.#observer.observe(this.element);
  }

  showStats(stats: CallStats): void {
    this.own.showStats(stats);
    for (const tile of this.#tiles.values()) tile.showStats(stats);
  }

  close(): void {
    this.#observer.disconnect();
    for (const off of this.#offs.splice(0)) off();
    for (const tile of this.#tiles.values()) tile.close();
    this.#tiles.clear();
    this.own.close();
  }

  #syncPeople(): void {
    const here = new Set<string>();
    for (const { participant_id: id, name, sources } of this.#options.call.participants) {
      here.add(id);
      const tile = this.#tiles.get(id) ?? this.#add(id, name);
      tile.rename(name);
      tile.setHasCamera(sources.some(({ source }) => source === 'camera'));
    }
    for (const key of [...this.#tiles.keys()]) {
      const owner = key.split('/')[0] ?? key;
      if (!here.has(owner)) this.#remove(key);
    }
    this.#arrange();
  }

  #attach(stream: RemoteStream): void {
    const key = tileKey(stream);
    const name = this.#nameOf(stream.participantId);
    const tile =
      this.#tiles.get(key) ?? this.#add(key, stream.source === 'screen' ? `${name}: screen` : name);
    if (stream.kind === 'audio') tile.attachSound(stream);
    else tile.attachPicture(stream);
  }

  #nameOf(participantId: string): string {
    const found = this.#options.call.participants.find((one) => one.participant_id === participantId);
    return found?.name ?? 'Somebody';
  }

  #add(key: string, name: string): Tile {
    const tile = this.#makeTile(name, false);
    this.#tiles.set(key, tile);
    this.element.append(tile.element);
    this.#arrange();
    return tile;
  }

  #remove(key: string): void {
    this.#tiles.get(key)?.close();
    this.#tiles.delete(key);
    this.#arrange();
  }

  #makeTile(name: string, self: boolean): Tile {
    const { detailsOpen, soundBlocked } = this.#options;
    return new Tile({ id: String(this.#nextId++), name, self, detailsOpen, soundBlocked });
  }

  #showSpeaker(speaker: string | null): void {
    this.own.setSpeaking(speaker !== null && speaker === this.#options.call.participantId);
    for (const [key, tile] of this.#tiles) tile.setSpeaking(key === speaker);
  }

  #arrange(): void {
    const count = this.#tiles.size + 1;
    const columns = columnsFor(count, this.element.clientWidth, this.element.clientHeight);
    const rows = Math.ceil(count / columns);
    setAttributes(this.element, { 'data-count': count });
    this.element.style.setProperty('--columns', String(columns));
    this.element.style.setProperty('--rows', String(rows));
  }
}

function tileKey(stream: RemoteStream): string {
  return stream.source === 'screen' ? `${stream.participantId}/screen` : stream.participantId;
}
