/**
 * Keys of rooms: the secret part of a room's link.
 *
 * What will surprise you: no list of rooms is kept. A key carries 12 random bytes and the server's MAC over them
 * (HMAC-SHA-256 cut to 12 bytes, RFC 2104 section 5), so only the server can make one, everybody's link survives a restart,
 * and a guess has one chance in 2^96. The room's public id is a hash of the key: logs name it without giving entrance.
 */
import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { ResumeTokens } from './resumeTokens.ts';

export type RoomKey = string & { readonly __brand: 'RoomKey' };
export type RoomId = string & { readonly __brand: 'RoomId' };

const RANDOM_BYTES = 12;
const MAC_BYTES = 12;

export class RoomKeys {
  /** Made of the same secret: a place is proved by the server that made the room's key. */
  readonly resumeTokens: ResumeTokens;
  readonly #macKey: Buffer;
  readonly #randomBytes: (size: number) => Uint8Array;

  /**
   * @param serverSecret at least 32 bytes; keys made with another secret are not valid
   * @param randomBytes the system's source of randomness
   */
  constructor(serverSecret: Uint8Array, randomBytes: (size: number) => Uint8Array) {
    if (serverSecret.byteLength < 32) throw new RangeError('the server secret has less than 32 bytes');
    this.#macKey = Buffer.from(hkdfSync('sha256', serverSecret, '', 'commucat room key', 32));
    this.resumeTokens = new ResumeTokens(
      new Uint8Array(hkdfSync('sha256', serverSecret, '', 'commucat resume token', 32)),
    );
    this.#randomBytes = randomBytes;
  }

  create(): RoomKey {
    const random = this.#randomBytes(RANDOM_BYTES);
    return Buffer.concat([random, this.#mac(random)]).toString('base64url') as RoomKey;
  }

  /** @returns the same text as a key, or null where this server did not make it */
  verify(text: string): RoomKey | null {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.byteLength !== RANDOM_BYTES + MAC_BYTES || bytes.toString('base64url') !== text) return null;
    const mac = this.#mac(bytes.subarray(0, RANDOM_BYTES));
    return timingSafeEqual(mac, bytes.subarray(RANDOM_BYTES)) ? (text as RoomKey) : null;
  }

  #mac(random: Uint8Array): Buffer {
    return createHmac('sha256', this.#macKey).update(random).digest().subarray(0, MAC_BYTES);
  }
}

/** The name of a room in logs and metrics. */
export function roomIdOf(key: RoomKey): RoomId {
  return createHash('sha256').update('commucat room id').update(key).digest('hex').slice(0, 16) as RoomId;
}
