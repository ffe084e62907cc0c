/** The room that a pasted link or key names. Pure. */
import * as v from 'valibot';
import { RoomKey } from '../../../signaling/messages/requests.ts';

/**
 * @param text A whole link of any server, its part behind #, or the key alone
 * @returns the room's key; null where there is none in it
 */
export function roomOf(text: string): string | null {
  const behindHash = /[^#]*$/.exec(text.trim())?.[0] ?? '';
  const key = v.safeParse(RoomKey, behindHash.trim());
  return key.success ? key.output : null;
}
