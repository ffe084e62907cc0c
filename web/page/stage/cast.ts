/**
 * Who and what there is to show: one member for each person, one more for each shared screen, and which of them is large. Pure.
 *
 * What will surprise you: a member is the same object for as long as nothing about it changes, so that a tile is drawn again only
 * where its own member is another one.
 */
import type { Quality } from '../../../signaling/messages/requests.ts';
import type { Delivery, Why } from '../../../signaling/messages/notifications.ts';
import type { RemoteStream, StreamShare } from '../../sdk/index.ts';
import type { LayoutChoice } from '../app/layout-choice.ts';
import type { Layout } from './arrangement.ts';

export type PictureState = 'live' | 'waiting' | 'off' | 'unavailable';

export interface Member {
  /** Unique, and the same for the member's whole life. */
  readonly key: string;
  /** Null for oneself before the join. */
  readonly participantId: string | null;
  readonly name: string;
  readonly self: boolean;
  readonly source: 'camera' | 'screen';
  readonly state: PictureState;
  /** Somebody else's picture and sound. */
  readonly picture: RemoteStream | null;
  readonly sound: RemoteStream | null;
  /** One's own picture, where it is on. */
  readonly track: MediaStreamTrack | null;
  readonly delivery: Delivery | null;
  /** What one's own network takes of somebody else's picture; null: nothing is in its way. */
  readonly share: StreamShare | null;
  /** Why there is no picture, as the server says it. */
  readonly unavailable: string | null;
  readonly why: Why | null;
  /** The codec of one's own picture as it is sent; null: not sent. */
  readonly sentCodec: string | null;
  readonly muted: boolean;
  readonly handRaised: boolean;
  readonly quality: Quality;
}

export const SELF = 'self';
export const SELF_SCREEN = 'self/screen';

export const personKey = (participantId: string): string => participantId;
export const screenKey = (participantId: string): string => `${participantId}/screen`;

/** The earlier object for every member that did not change, and the earlier list where none did. */
export function keepMembers(before: readonly Member[], now: readonly Member[]): readonly Member[] {
  const earlier = new Map(before.map((member) => [member.key, member]));
  const kept = now.map((member) => {
    const old = earlier.get(member.key);
    return old !== undefined && sameMember(old, member) ? old : member;
  });
  return kept.length === before.length && kept.every((member, index) => member === before[index])
    ? before
    : kept;
}

function sameMember(a: Member, b: Member): boolean {
  return (
    a.participantId === b.participantId &&
    a.name === b.name &&
    a.state === b.state &&
    a.picture === b.picture &&
    a.sound === b.sound &&
    a.track === b.track &&
    a.delivery === b.delivery &&
    a.share === b.share &&
    a.unavailable === b.unavailable &&
    a.why === b.why &&
    a.sentCodec === b.sentCodec &&
    a.muted === b.muted &&
    a.handRaised === b.handRaised &&
    a.quality === b.quality
  );
}

export interface Focus {
  readonly layout: Layout;
  /** The large one; null in a grid. */
  readonly main: string | null;
  /** The small one in the corner. */
  readonly floating: string | null;
  /** Whom to show where only one fits, in picture-in-picture for example. */
  readonly subject: string | null;
}

/**
 * Which layout it becomes, and who is large. A pin wins, then a shared screen, then who spoke last. Someone who wants a grid
 * gets one, with the screen as a tile of it.
 *
 * @param screens Keys of others' screens, the latest last.
 * @param spoke Key of the other person who spoke last.
 */
export function focusOf(
  choice: LayoutChoice,
  cast: readonly Member[],
  {
    pinned,
    screens,
    spoke,
  }: { readonly pinned: string | null; readonly screens: readonly string[]; readonly spoke: string | null },
): Focus {
  const there = (key: string | null | undefined): string | null =>
    key !== null && key !== undefined && cast.some((member) => member.key === key) ? key : null;
  const pin = there(pinned);
  const screen = there(screens.at(-1));
  const person =
    there(spoke) ?? cast.find((member) => !member.self && member.source === 'camera')?.key ?? there(SELF);
  const subject = pin ?? screen ?? person;
  if (choice === 'spotlight') {
    return { layout: 'spotlight', main: subject, floating: subject === SELF ? null : there(SELF), subject };
  }
  if (pin !== null) {
    const layout = sourceOf(cast, pin) === 'screen' ? 'screen' : 'speaker';
    return { layout, main: pin, floating: null, subject };
  }
  if (screen !== null && choice !== 'grid') {
    return { layout: 'screen', main: screen, floating: null, subject };
  }
  if (choice === 'speaker') return { layout: 'speaker', main: person, floating: null, subject };
  return { layout: 'grid', main: null, floating: null, subject };
}

function sourceOf(cast: readonly Member[], key: string): Member['source'] | undefined {
  return cast.find((member) => member.key === key)?.source;
}
