import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { participantId } from '../plan/types.ts';
import { RoomKeys, roomIdOf } from './roomKeys.ts';

const secret = new Uint8Array(32).fill(7);
const keys = new RoomKeys(secret, randomBytes);
const room = roomIdOf(keys.create());
const place = { participantId: participantId('p4rt-icip_nt'), joinedAtMs: 1_790_000_000_123 };

describe('resume tokens', () => {
  it('prove a place, also after a restart', () => {
    const token = keys.resumeTokens.issue(room, place);
    expect(token).toMatch(/^[A-Za-z0-9_-]{16,128}$/);
    expect(new RoomKeys(secret, randomBytes).resumeTokens.verify(room, token)).toEqual(place);
  });

  it('prove nothing for another room, of another server, with any bit changed, or where they are no token', () => {
    const { resumeTokens } = keys;
    const token = resumeTokens.issue(room, place);
    expect(resumeTokens.verify(roomIdOf(keys.create()), token)).toBeNull();
    const stranger = new RoomKeys(new Uint8Array(32).fill(8), randomBytes).resumeTokens;
    expect(stranger.verify(room, token)).toBeNull();
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(resumeTokens.verify(room, changed.toString('base64url'))).toBeNull();
    }
    for (const text of ['', 'x', `${token}A`, `${token}=`, token.slice(4), 'A'.repeat(128)]) {
      expect(resumeTokens.verify(room, text)).toBeNull();
    }
  });
});
