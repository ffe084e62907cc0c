/**
 * What the page's address says: which view, which room, and the switches for trying things out. Pure.
 *
 * What will surprise you: the room's key and the token for making calls stand behind `#`, so that they reach neither the
 * server's log nor a referrer.
 */
import * as v from 'valibot';
import { RoomKey } from '../../signaling/messages/requests.ts';
import { type CodecRestriction, VIDEO_CODECS } from '../../signaling/messages/media.ts';
import type { DegradationPreference } from '../sdk/index.ts';
import { LAYOUT_CHOICES, type LayoutChoice } from './app/layout-choice.ts';
import type { Language } from './words/translate.ts';

/** Query parameters; absent ones leave the choice to the person and the page. */
export interface Switches {
  /** `?codecs=vp8`, `vp9`, `h264`, `av1`, `auto`. */
  readonly codecs?: CodecRestriction;
  /** `?name=Ada` */
  readonly name?: string;
  /** `?maxHeight=360`: pixels of the captured picture. */
  readonly maxHeight?: number;
  /** `?frameRate=15`: of the captured picture. */
  readonly frameRate?: number;
  /** `?simulcast=0` */
  readonly simulcast?: boolean;
  /** `?degradation=maintain-resolution` */
  readonly degradation?: DegradationPreference;
  /** `?join=1`: without waiting for the button. */
  readonly join?: boolean;
  /** `?stats=1`: every tile's details are open. */
  readonly stats?: boolean;
  /** `?forceRelay=1`: media goes through the server's relay only, as where all else is blocked. */
  readonly forceRelay?: boolean;
  /** `?layout=grid|speaker|spotlight|auto` */
  readonly layout?: LayoutChoice;
  /** `?blur=1`: the camera's background is blurred. */
  readonly blur?: boolean;
}

/** How the page looks, in every place: counts for this visit and is not remembered. */
export interface Looks {
  /** `?ui=ru` */
  readonly language?: Language;
  /** `?theme=dark` */
  readonly theme?: 'light' | 'dark';
}

export type Place =
  | { readonly view: 'start'; readonly token: string | null }
  | { readonly view: 'test' }
  | { readonly view: 'call'; readonly room: string; readonly switches: Switches }
  | { readonly view: 'broken-link' };

const CODECS: ReadonlyMap<string, CodecRestriction> = new Map<string, CodecRestriction>([
  ...VIDEO_CODECS.map((codec) => [codec.toLowerCase(), codec] as const),
  ['auto', null],
]);
const Layout = v.picklist(LAYOUT_CHOICES);
const Ui = v.picklist(['en', 'ru']);
const Theme = v.picklist(['light', 'dark']);
const Degradation = v.picklist(['maintain-framerate', 'maintain-resolution', 'balanced']);
const flag = (value: string | null): boolean | undefined =>
  value === null ? undefined : value !== '0' && value !== 'false';

/** One of the values that a parameter may have; anything else counts as absent. */
function picked<const Schema extends v.GenericSchema>(
  schema: Schema,
  value: string | null,
): v.InferOutput<Schema> | undefined {
  const result = v.safeParse(schema, value);
  return result.success ? result.output : undefined;
}

function wholeNumber(value: string | null, min: number, max: number): number | undefined {
  if (value === null || !/^\d{1,5}$/.test(value)) return undefined;
  return Math.min(max, Math.max(min, Number(value)));
}

/** Leaves out what is undefined. */
function given<T extends object>(entry: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const result: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const key in entry) {
    const value = entry[key];
    if (isGiven(value)) result[key] = value;
  }
  return result;
}

function isGiven<T>(value: T): value is Exclude<T, undefined> {
  return value !== undefined;
}

/** @param query `location.search` */
export function readSwitches(query: string): Switches {
  const parameters = new URLSearchParams(query);
  const codecs = parameters.get('codecs')?.toLowerCase() ?? '';
  return given({
    codecs: CODECS.get(codecs),
    name: parameters.get('name')?.trim().slice(0, 64) || undefined,
    maxHeight: wholeNumber(parameters.get('maxHeight'), 90, 2160),
    frameRate: wholeNumber(parameters.get('frameRate'), 1, 60),
    simulcast: flag(parameters.get('simulcast')),
    degradation: picked(Degradation, parameters.get('degradation')),
    join: flag(parameters.get('join')),
    stats: flag(parameters.get('stats')),
    forceRelay: flag(parameters.get('forceRelay')),
    layout: picked(Layout, parameters.get('layout')),
    blur: flag(parameters.get('blur')),
  });
}

/** @param query `location.search` */
export function readLooks(query: string): Looks {
  const parameters = new URLSearchParams(query);
  return given({
    language: picked(Ui, parameters.get('ui')),
    theme: picked(Theme, parameters.get('theme')),
  });
}

/** @param location The address, as the browser takes it apart. */
export function readPlace({ pathname, search, hash }: Pick<Location, 'pathname' | 'search' | 'hash'>): Place {
  const fragment = hash.slice(1);
  if (pathname === '/test') return { view: 'test' };
  if (pathname !== '/call') {
    const token = new URLSearchParams(fragment).get('create');
    return { view: 'start', token: token === null || token === '' ? null : token };
  }
  const room = v.safeParse(RoomKey, fragment);
  return room.success
    ? { view: 'call', room: room.output, switches: readSwitches(search) }
    : { view: 'broken-link' };
}
