/**
 * One way through a call: before joining, in the call, over. Connects and looks into the room while the person still types a name.
 *
 * What will surprise you:
 * - Before the join a lost connection is made again quietly, with a pause; after it the call repairs itself (`Call`).
 * - The call's screen is drawn when the first picture of the others is set up, and not before.
 * - Own picture and sound are handed to the call before it joins, so that they go out with the join itself.
 * - A page that goes away leaves politely, so that nobody looks at a frozen picture; one that was only loaded again comes back to the
 *   same place by the token that the tab keeps.
 *
 * Ownership: owns the call and the devices; both end with the visit.
 */
import * as v from 'valibot';
import { DisplayName } from '../../../signaling/messages/requests.ts';
import { VIDEO_CODECS } from '../../../signaling/messages/media.ts';
import { Emitter, type Unsubscribe } from '../../sdk/emitter.ts';
import type { Call, CodecRestriction, EndCode, LobbyPerson, RemoteStream } from '../../sdk/index.ts';
import type { Switches } from '../address.ts';
import { publishOwn } from '../call/publishing.ts';
import type { Devices } from '../devices/devices.ts';
import type { Settings } from './settings.ts';

const RECONNECT_MS = 2_500;
/** A camera that is switched off in a call is back at once for this long. */
const CAMERA_HOLD_MS = 4_000;
/** How long the call's screen waits for the first picture to be set up. */
const SCREEN_PATIENCE_MS = 150;

export type Stage = 'prejoin' | 'joining' | 'call' | 'ended';
/** What is wrong with a name. */
export type NameProblem = 'missing' | 'refused';

export interface Ending {
  readonly code: EndCode;
  readonly error: Error | null;
}

/** Where a place in a call is kept over a reload. */
export interface PlaceMemory {
  /** What brings back to a place in this room; null: nothing. */
  readonly placeIn: (room: string) => string | null;
  readonly keepPlace: (room: string, resume: string) => void;
  readonly forgetPlace: () => void;
}

export interface VisitOptions {
  readonly room: string;
  readonly switches: Switches;
  readonly settings: Settings;
  readonly call: Call;
  readonly devices: Devices;
  readonly places: PlaceMemory;
  /** @returns what cancels it */
  readonly after: (delayMs: number, run: () => void) => () => void;
}

export class Visit extends Emitter<{ changed: [] }> {
  readonly room: string;
  readonly switches: Switches;
  readonly call: Call;
  readonly devices: Devices;
  readonly #options: VisitOptions;
  readonly #offs: Unsubscribe[] = [];
  #stage: Stage = 'prejoin';
  #failure: unknown = null;
  #nameProblem: NameProblem | null = null;
  #ending: Ending | null = null;
  #connected = false;
  #cancelReconnect: () => void = () => undefined;
  #closed = false;
  #revision = 0;

  constructor(options: VisitOptions) {
    super();
    this.#options = options;
    const { room, switches, call, devices } = options;
    this.room = room;
    this.switches = switches;
    this.call = call;
    this.devices = devices;
    this.#offs.push(
      call.on('lobby', () => this.#changed()),
      call.on('state', (state) => {
        if (state === 'idle' && this.#stage === 'prejoin') this.#lostBeforeJoin();
      }),
      call.on('participants', () => this.#keepPlace()),
      call.on('closed', (code, error) => this.#end({ code, error })),
    );
  }

  /** Another number after every change. */
  get revision(): number {
    return this.#revision;
  }
  get stage(): Stage {
    return this.#stage;
  }
  /** Why the last attempt to connect or to join failed; null: it did not. */
  get failure(): unknown {
    return this.#failure;
  }
  get nameProblem(): NameProblem | null {
    return this.#nameProblem;
  }
  /** How the call ended; null: it did not. */
  get ending(): Ending | null {
    return this.#ending;
  }
  /** Who is in the room; null: not known yet. */
  get lobby(): readonly LobbyPerson[] | null {
    return this.call.lobby;
  }
  get isFull(): boolean {
    const { lobby, roomSize } = this.call;
    return lobby !== null && roomSize !== null && lobby.length >= roomSize;
  }
  get connected(): boolean {
    return this.#connected;
  }

  /** Opens devices and connection; joins at once where the address says so. Never rejects. */
  async start(): Promise<void> {
    void this.#connect();
    await this.devices.start();
    if (this.switches.join === true && !this.#closed) await this.join(this.#options.settings.value.name);
  }

  /** Enters the call, or says why not: `failure`, `nameProblem`. Never rejects. */
  async join(typed: string): Promise<void> {
    if (this.#stage !== 'prejoin' || this.#closed) return;
    const { settings, places } = this.#options;
    const name = v.safeParse(DisplayName, typed.toWellFormed());
    this.#nameProblem = name.success ? null : typed.trim() === '' ? 'missing' : 'refused';
    if (!name.success) {
      this.#changed();
      return;
    }
    settings.set({ name: name.output });
    this.#stage = 'joining';
    this.#failure = null;
    this.#cancelReconnect();
    this.#changed();
    try {
      publishOwn(this.call, this.devices, this.switches);
      const resume = places.placeIn(this.room);
      await this.call.join({
        room: this.room,
        name: name.output,
        restriction: restrictionOf(settings.value.codec),
        ...(resume === null ? {} : { resume }),
      });
      this.devices.releaseAfterMs = CAMERA_HOLD_MS;
      this.#keepPlace();
      await this.#firstPicture();
      if (this.#isOver()) return;
      this.#stage = 'call';
    } catch (error) {
      // What ended meanwhile says so itself.
      if (this.#isOver()) return;
      this.#failure = error;
      this.#stage = 'prejoin';
      if (this.call.state === 'idle') this.#lostBeforeJoin();
    }
    this.#changed();
  }

  /** The network or the device may have been away: look at once. */
  wake(): void {
    if (this.#closed) return;
    if (this.#stage === 'prejoin' && this.call.state === 'idle') void this.#connect();
    else this.call.checkNow();
  }

  /** The person leaves. */
  leave(): void {
    this.#options.places.forgetPlace();
    void this.call.leave();
  }

  /** The page goes away: the server is told, nobody waits for its answer. */
  vanish(): void {
    void this.call.leave();
    this.devices.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelReconnect();
    for (const off of this.#offs) off();
    this.call.close();
    this.devices.close();
    this.removeAllListeners();
  }

  async #connect(): Promise<void> {
    this.#cancelReconnect();
    try {
      await this.call.connect();
      await this.call.watch(this.room);
      this.#connected = true;
      this.#failure = null;
    } catch (error) {
      if (this.#closed || this.#stage !== 'prejoin') return;
      this.#failure = error;
      if (this.call.state === 'idle') this.#lostBeforeJoin();
    }
    this.#changed();
  }

  #lostBeforeJoin(): void {
    this.#connected = false;
    this.#cancelReconnect();
    this.#cancelReconnect = this.#options.after(RECONNECT_MS, () => {
      if (this.#stage === 'prejoin') void this.#connect();
    });
    this.#changed();
  }

  /**
   * Resolves when the first picture of somebody is set up, or after a moment; at once where nobody shows one. Drawing the call's screen
   * takes a busy machine as long as setting up a picture: whoever joins wants the picture first.
   */
  #firstPicture(): Promise<void> {
    const { call } = this;
    if (!call.someoneShows) return Promise.resolve();
    return new Promise((resolve) => {
      const offs: Unsubscribe[] = [];
      const done = (): void => {
        for (const off of offs.splice(0)) off();
        resolve();
      };
      const watch = (stream: RemoteStream): void => {
        if (stream.kind === 'video') offs.push(stream.on('track', done));
      };
      offs.push(
        this.#options.after(SCREEN_PATIENCE_MS, done),
        call.on('stream', watch),
        call.on('closed', done),
      );
      for (const stream of call.streams) watch(stream);
    });
  }

  #keepPlace(): void {
    const { resumeToken } = this.call;
    if (resumeToken !== null && this.call.state !== 'closed') {
      this.#options.places.keepPlace(this.room, resumeToken);
    }
  }

  #isOver(): boolean {
    return this.#ending !== null || this.#closed;
  }

  #changed(): void {
    this.#revision += 1;
    this.emit('changed');
  }

  #end(ending: Ending): void {
    if (this.#closed) return;
    this.#ending = ending;
    this.#stage = 'ended';
    this.#cancelReconnect();
    this.devices.close();
    this.#changed();
  }
}

/** `auto` leaves the codec to the server. */
export function restrictionOf(choice: string): CodecRestriction {
  return VIDEO_CODECS.find((codec) => codec === choice) ?? null;
}
