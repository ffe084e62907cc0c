/**
 * Watches a call and says who is to be shown, in which order, and who is large.
 *
 * What will surprise you:
 * - `scene` is replaced as a whole when something visible changed, and stays the same object otherwise: views compare identity.
 * - Streams change often and all at once, on a join for example; the scene is made anew once for each turn of the event loop.
 * - The own camera and microphone come from `Devices`; they never travel through the server to be shown here.
 * - Ownership: owns its listeners on the call, its streams and the devices. `close()` is idempotent.
 */
import type { Participant } from '../../../signaling/messages/requests.ts';
import type { Call, RemoteStream } from '../../sdk/index.ts';
import { Emitter, type Unsubscribe } from '../../sdk/emitter.ts';
import type { LayoutChoice } from '../app/layout-choice.ts';
import type { Devices } from '../devices/devices.ts';
import {
  type Focus,
  type Member,
  SELF,
  SELF_SCREEN,
  focusOf,
  keepMembers,
  personKey,
  screenKey,
} from './cast.ts';
import { bringIntoView, seatsFor } from './seats.ts';

/** What of a call the stage uses. */
export type StageCall = Pick<
  Call,
  | 'state'
  | 'on'
  | 'self'
  | 'participants'
  | 'participantId'
  | 'streams'
  | 'sentCodec'
  | 'view'
  | 'stats'
  | 'network'
>;
/** What of the devices the stage uses. */
export type StageDevices = Pick<Devices, 'on' | 'microphone' | 'camera' | 'isOn' | 'setOn'>;

export interface Scene {
  /** In order of arrival, oneself first: the order in which they are read out. */
  readonly cast: readonly Member[];
  /** Keys in order of places. */
  readonly order: readonly string[];
  readonly focus: Focus;
  /** Key of who is heard most now. */
  readonly speaking: string | null;
  readonly pinned: string | null;
}

/** What the page wishes of the stage. */
export interface Wishes {
  readonly ownName: string;
  readonly layout: LayoutChoice;
  readonly screen: MediaStreamTrack | null;
}

const NOBODY: Focus = { layout: 'grid', main: null, floating: null, subject: null };

export class Director extends Emitter<{ changed: [] }> {
  readonly #call: StageCall;
  readonly #devices: StageDevices;
  readonly #offs: Unsubscribe[];
  readonly #followed = new Map<RemoteStream, Unsubscribe[]>();
  /** Others' shared screens, the latest last. */
  readonly #screens: string[] = [];
  readonly #spokeAt = new Map<string, number>();
  #wishes: Wishes;
  #scene: Scene = { cast: [], order: [], focus: NOBODY, speaking: null, pinned: null };
  #visible: ReadonlySet<string> = new Set();
  #speaker: string | null = null;
  #spoke: string | null = null;
  #turn = 0;
  #pinned: string | null = null;
  #scheduled = false;
  #closed = false;

  constructor(call: StageCall, devices: StageDevices, wishes: Wishes) {
    super();
    this.#call = call;
    this.#devices = devices;
    this.#wishes = wishes;
    const later = (): void => this.#schedule();
    this.#offs = [
      call.on('state', later),
      call.on('participants', later),
      call.on('publications', later),
      call.on('stream', (stream) => {
        this.#follow(stream);
        later();
      }),
      call.on('stream-ended', (stream) => {
        this.#forget(stream);
        later();
      }),
      call.on('speaker', (id) => this.#heard(id)),
      devices.on('changed', later),
    ];
    for (const stream of call.streams) this.#follow(stream);
    this.#rebuild();
  }

  get scene(): Scene {
    return this.#scene;
  }

  setWishes(wishes: Wishes): void {
    const { ownName, layout, screen } = this.#wishes;
    if (wishes.ownName === ownName && wishes.layout === layout && wishes.screen === screen) return;
    this.#wishes = wishes;
    this.#rebuild();
  }

  /** Keeps one large until it is taken off again, by the same call. */
  togglePin(key: string): void {
    this.#pinned = this.#pinned === key ? null : key;
    this.#rebuild();
  }

  /** The view tells who has a place on the page that is shown. */
  setVisible(visible: ReadonlySet<string>): void {
    this.#visible = visible;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const off of this.#offs.splice(0)) off();
    for (const offs of this.#followed.values()) for (const off of offs) off();
    this.#followed.clear();
    this.removeAllListeners();
  }

  #follow(stream: RemoteStream): void {
    if (this.#followed.has(stream)) return;
    const later = (): void => this.#schedule();
    this.#followed.set(stream, [stream.on('changed', later), stream.on('track', later)]);
    if (stream.source === 'screen') this.#screens.push(screenKey(stream.participantId));
  }

  #forget(stream: RemoteStream): void {
    for (const off of this.#followed.get(stream) ?? []) off();
    this.#followed.delete(stream);
    const index = stream.source === 'screen' ? this.#screens.indexOf(screenKey(stream.participantId)) : -1;
    if (index >= 0) this.#screens.splice(index, 1);
  }

  #heard(participantId: string | null): void {
    const isSelf = participantId !== null && participantId === this.#call.participantId;
    this.#speaker = participantId === null ? null : isSelf ? SELF : personKey(participantId);
    if (this.#speaker !== null) {
      this.#spokeAt.set(this.#speaker, ++this.#turn);
      if (!isSelf) this.#spoke = this.#speaker;
    }
    this.#rebuild();
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#closed) this.#rebuild();
    });
  }

  #rebuild(): void {
    const before = this.#scene;
    const cast = keepMembers(before.cast, this.#members());
    const present = cast.map(({ key }) => key);
    const here = new Set(present);
    for (const key of this.#spokeAt.keys()) if (!here.has(key)) this.#spokeAt.delete(key);
    if (this.#pinned !== null && !here.has(this.#pinned)) this.#pinned = null;
    const focus = sameFocus(
      before.focus,
      focusOf(this.#wishes.layout, cast, {
        pinned: this.#pinned,
        screens: this.#screens.filter((key) => here.has(key)),
        spoke: this.#spoke,
      }),
    );
    const scene: Scene = {
      cast,
      order: this.#order(seatsFor(before.order, placesOf(cast)), focus),
      focus,
      speaking: this.#speaker !== null && here.has(this.#speaker) ? this.#speaker : null,
      pinned: this.#pinned,
    };
    const same =
      scene.cast === before.cast &&
      scene.order === before.order &&
      scene.focus === before.focus &&
      scene.speaking === before.speaking &&
      scene.pinned === before.pinned;
    if (same) return;
    this.#scene = scene;
    this.emit('changed');
  }

  /** Who speaks and is out of view comes into view. */
  #order(order: readonly string[], { main, layout }: Focus): readonly string[] {
    const speaker = this.#speaker;
    if (speaker === null || speaker === main || layout === 'spotlight' || this.#visible.size === 0) {
      return order;
    }
    const fixed = new Set([SELF, SELF_SCREEN, ...this.#screens, ...(main === null ? [] : [main])]);
    return bringIntoView(order, speaker, { visible: this.#visible, fixed, spokeAt: this.#spokeAt });
  }

  #members(): Member[] {
    const bySource = new Map(this.#call.streams.map((stream) => [stream.key, stream]));
    const others = this.#call.participants.flatMap((participant) => {
      const of = (source: RemoteStream['source']): RemoteStream | null =>
        bySource.get(`${participant.participant_id}/${source}`) ?? null;
      const screen = of('screen');
      const screenSound = of('screen-audio');
      const person = otherPerson(
        participant,
        of('camera'),
        of('microphone'),
        screen === null ? screenSound : null,
      );
      return screen === null ? [person] : [person, otherScreen(participant, screen, screenSound)];
    });
    return [...this.#own(), ...others];
  }

  #own(): Member[] {
    const { self, participantId } = this.#call;
    const { microphone, camera } = this.#devices;
    const track = this.#devices.isOn('camera') ? camera : null;
    const person: Member = {
      ...PLAIN,
      key: SELF,
      participantId,
      name: self?.name ?? this.#wishes.ownName,
      self: true,
      state: track === null ? 'off' : 'live',
      track,
      sentCodec: track === null ? null : this.#call.sentCodec('camera'),
      muted: microphone === null || !this.#devices.isOn('microphone'),
      handRaised: (self?.hand_raised_at ?? null) !== null,
      // What the server said last is no longer true, and it cannot say anything new.
      quality: this.#call.state === 'recovering' ? 'lost' : (self?.quality ?? 'good'),
    };
    const { screen } = this.#wishes;
    if (screen === null) return [person];
    const shared: Member = {
      ...person,
      key: SELF_SCREEN,
      source: 'screen',
      state: 'live',
      track: screen,
      sentCodec: this.#call.sentCodec('screen'),
      handRaised: false,
    };
    return [person, shared];
  }
}

const PLAIN = {
  source: 'camera',
  picture: null,
  sound: null,
  track: null,
  delivery: null,
  share: null,
  unavailable: null,
  why: null,
  sentCodec: null,
} as const;

function otherPerson(
  participant: Participant,
  picture: RemoteStream | null,
  voice: RemoteStream | null,
  spareSound: RemoteStream | null,
): Member {
  const announced = (source: RemoteStream['source']): boolean =>
    participant.sources.some((one) => one.source === source && !one.paused);
  return {
    ...PLAIN,
    ...pictureOf(picture, announced('camera')),
    key: personKey(participant.participant_id),
    participantId: participant.participant_id,
    name: participant.name,
    self: false,
    sound: voice ?? spareSound,
    muted: voice === null ? !announced('microphone') : voice.paused,
    handRaised: participant.hand_raised_at !== null,
    quality: participant.quality,
  };
}

function otherScreen(participant: Participant, picture: RemoteStream, sound: RemoteStream | null): Member {
  return {
    ...PLAIN,
    ...pictureOf(picture, true),
    key: screenKey(participant.participant_id),
    participantId: participant.participant_id,
    name: participant.name,
    self: false,
    source: 'screen',
    sound,
    muted: sound === null || sound.paused,
    handRaised: false,
    quality: participant.quality,
  };
}

type Picture = Pick<Member, 'picture' | 'state' | 'delivery' | 'share' | 'unavailable' | 'why'>;

function pictureOf(stream: RemoteStream | null, announced: boolean): Picture {
  if (stream === null) {
    return {
      picture: null,
      state: announced ? 'waiting' : 'off',
      delivery: null,
      share: null,
      unavailable: null,
      why: null,
    };
  }
  const { paused, track, delivery, share, unavailable, why } = stream;
  const state = unavailable !== null ? 'unavailable' : paused ? 'off' : track === null ? 'waiting' : 'live';
  return { picture: stream, state, delivery, share, unavailable, why };
}

/** Oneself, then others' screens, which are looked at first, then the others; one's own screen comes last. */
function placesOf(cast: readonly Member[]): string[] {
  const others = cast.filter(({ self }) => !self);
  const screens = others.filter(({ source }) => source === 'screen');
  const people = others.filter(({ source }) => source === 'camera');
  const own = cast.filter(({ key }) => key === SELF_SCREEN);
  return [SELF, ...[...screens, ...people, ...own].map(({ key }) => key)];
}

function sameFocus(before: Focus, now: Focus): Focus {
  const same =
    before.layout === now.layout &&
    before.main === now.main &&
    before.floating === now.floating &&
    before.subject === now.subject;
  return same ? before : now;
}
