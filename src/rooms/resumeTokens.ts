/**
 * Tokens with which a participant comes back to its place: `base64url(joinedAt | MAC | participant id)`.
 *
 * What will surprise you: nothing is kept. The token says who came when, and carries the server's MAC over that and the room
 * (HMAC-SHA-256 cut to 16 bytes, RFC 2104 section 5), so a place survives a restart of the server. It proves who somebody was,
 * not that his place is still held: a raised hand, for example, lasts only as long as the room remembers it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ParticipantId } from '../plan/types.ts';
import type { RoomId } from './roomKeys.ts';

export interface ProvenPlace {
  readonly participantId: ParticipantId;
  /** Milliseconds since 1970. */
  readonly joinedAtMs: number;
}

/** Milliseconds since 1970 for the next 8900 years. */
const TIME_BYTES = 6;
const MAC_BYTES = 16;
/** Ids are made by this server and are shorter than this. */
const MAX_ID_BYTES = 64;

export class ResumeTokens {
  readonly #macKey: Uint8Array;

  /** @param macKey 32 bytes, for this purpose only */
  constructor(macKey: Uint8Array) {
    this.#macKey = macKey;
  }

  issue(room: RoomId, { participantId, joinedAtMs }: ProvenPlace): string {
    const time = Buffer.alloc(TIME_BYTES);
    time.writeUIntBE(joinedAtMs, 0, TIME_BYTES);
    const id = Buffer.from(participantId, 'utf8');
    return Buffer.concat([time, this.#mac(room, time, id), id]).toString('base64url');
  }

  /** @returns what the token proves, or null where this server did not issue it for this room */
  verify(room: RoomId, token: string): ProvenPlace | null {
    const bytes = Buffer.from(token, 'base64url');
    const id = bytes.subarray(TIME_BYTES + MAC_BYTES);
    if (id.byteLength === 0 || id.byteLength > MAX_ID_BYTES || bytes.toString('base64url') !== token) {
      return null;
    }
    const time = bytes.subarray(0, TIME_BYTES);
    const mac = bytes.subarray(TIME_BYTES, TIME_BYTES + MAC_BYTES);
    if (!timingSafeEqual(mac, this.#mac(room, time, id))) return null;
    return {
      participantId: id.toString('utf8') as ParticipantId,
      joinedAtMs: time.readUIntBE(0, TIME_BYTES),
    };
  }

  /** A room's id and the time have one length each, so no two places have one text. */
  #mac(room: RoomId, time: Uint8Array, id: Uint8Array): Buffer {
    return createHmac('sha256', this.#macKey)
      .update(room)
      .update(time)
      .update(id)
      .digest()
      .subarray(0, MAC_BYTES);
  }
}
