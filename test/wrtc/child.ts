/**
 * The process in which a wrtc client lives: it does what its parent asks by IPC, and ends with it.
 *
 * What will surprise you: it ends by `process.exit`, because wrtc's native part may crash when a process ends by itself.
 */
import process from 'node:process';
import type { Person } from '../harness/callMember.ts';
import { WrtcClient } from './client.ts';

/** What the parent asks; `id` comes back with the answer. */
export type WrtcRequest =
  | {
      readonly id: number;
      readonly op: 'join';
      readonly origin: string;
      readonly room: string;
      readonly person: Person;
    }
  | { readonly id: number; readonly op: 'badge'; readonly of: Person }
  | { readonly id: number; readonly op: 'wait-for-picture'; readonly of: Person; readonly timeoutMs: number }
  | { readonly id: number; readonly op: 'watch-frames'; readonly of: Person; readonly windowMs: number }
  | { readonly id: number; readonly op: 'record-tone'; readonly of: Person; readonly windowMs: number }
  | { readonly id: number; readonly op: 'leave' };

export type WrtcAnswer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly message: string };

let client: WrtcClient | null = null;

function joined(): WrtcClient {
  if (client === null) throw new Error('join first');
  return client;
}

async function carryOut(request: WrtcRequest): Promise<unknown> {
  switch (request.op) {
    case 'join':
      client = await WrtcClient.join(request.origin, request.room, request.person);
      return null;
    case 'badge':
      return joined().badge(request.of);
    case 'wait-for-picture':
      await joined().waitForPicture(request.of, request.timeoutMs);
      return null;
    case 'watch-frames':
      return joined().watchFrames(request.of, request.windowMs);
    case 'record-tone':
      return joined().recordTone(request.of, request.windowMs);
    case 'leave':
      await joined().leave();
      return null;
  }
}

function answer(message: WrtcAnswer): void {
  process.send?.(message);
}

process.on('message', (request: WrtcRequest) => {
  const { id } = request;
  carryOut(request).then(
    (value) => answer({ id, ok: true, value }),
    (error: unknown) => answer({ id, ok: false, message: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
