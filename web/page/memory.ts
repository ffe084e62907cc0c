/**
 * What this tab remembers until it is closed: the token for making calls, and the place in a call, for when the page is loaded again.
 *
 * What will surprise you: storage may be forbidden; then nothing is remembered, and nothing fails. A tab that is duplicated takes
 * a copy along; so the place is given only to a page that was loaded again.
 */
import * as v from 'valibot';
import { ResumeToken, RoomKey } from '../../signaling/messages/requests.ts';

const TOKEN = 'commucat.create-token';
const PLACE = 'commucat.place';
const Place = v.object({ room: RoomKey, resume: ResumeToken });

function read(key: string): string | null {
  try {
    return window.sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) window.sessionStorage.removeItem(key);
    else window.sessionStorage.setItem(key, value);
  } catch {
    // Forbidden or full: it is asked for again next time.
  }
}

export const memory = {
  /** For making calls, where the server wants one. */
  get token(): string | null {
    return read(TOKEN);
  },
  set token(value: string | null) {
    write(TOKEN, value);
  },

  /** What brings this tab back to its place in a room; null: it has none there. */
  placeIn(room: string): string | null {
    try {
      const place = v.safeParse(Place, JSON.parse(read(PLACE) ?? 'null'));
      return place.success && place.output.room === room ? place.output.resume : null;
    } catch {
      return null;
    }
  },
  keepPlace(room: string, resume: string): void {
    write(PLACE, JSON.stringify({ room, resume }));
  },
  forgetPlace(): void {
    write(PLACE, null);
  },
};

/** Whether this page was loaded again in its tab, and not opened, duplicated or gone back to. */
export function wasReloaded(): boolean {
  const [entry] = performance.getEntriesByType('navigation');
  return entry instanceof PerformanceNavigationTiming && entry.type === 'reload';
}
