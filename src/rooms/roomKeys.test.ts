import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RoomKeys, roomIdOf } from './roomKeys.ts';

const secret = new Uint8Array(32).fill(7);

describe('room keys', () => {
  it('verifies its own keys, also after a restart', () => {
    const key = new RoomKeys(secret, randomBytes).create();
    expect(new RoomKeys(secret, randomBytes).verify(key)).toBe(key);
    expect(key).toMatch(/^[A-Za-z0-9_-]{32}$/);
  });

  it('makes a new key each time, and an id that does not contain it', () => {
    const keys = new RoomKeys(secret, randomBytes);
    const [a, b] = [keys.create(), keys.create()];
    expect(a).not.toBe(b);
    expect(roomIdOf(a)).toMatch(/^[0-9a-f]{16}$/);
    expect(roomIdOf(a)).not.toBe(roomIdOf(b));
  });

  it("refuses another server's key, a key with any bit changed, and what is no key", () => {
    const keys = new RoomKeys(secret, randomBytes);
    const key = keys.create();
    expect(new RoomKeys(new Uint8Array(32).fill(8), randomBytes).verify(key)).toBeNull();
    const bytes = Buffer.from(key, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(keys.verify(changed.toString('base64url'))).toBeNull();
    }
    for (const text of ['', 'x', `${key}A`, `${key}=`, ` ${key}`, key.slice(1)]) {
      expect(keys.verify(text)).toBeNull();
    }
  });

  it('refuses a short secret', () => {
    expect(() => new RoomKeys(new Uint8Array(31), randomBytes)).toThrow(RangeError);
  });
});
