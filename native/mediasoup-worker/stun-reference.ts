// What a client sends an ICE-lite server to choose a pair: one STUN binding request (RFC 8489, and RFC 8445, section 7.2.2).
import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const MAGIC_COOKIE = 0x2112a442;
const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const PRIORITY = 0x0024;
const USE_CANDIDATE = 0x0025;
const FINGERPRINT = 0x8028;
const ICE_CONTROLLING = 0x802a;

/**
 * @param usernameFragment the server's
 * @param password the server's
 */
export function bindingRequest(usernameFragment: string, password: string): Buffer {
  const transactionId = randomBytes(12);
  const priority = Buffer.alloc(4);
  priority.writeUInt32BE(0x6e7f1eff);
  let attributes = Buffer.concat([
    attribute(USERNAME, Buffer.from(`${usernameFragment}:client`)),
    attribute(PRIORITY, priority),
    attribute(ICE_CONTROLLING, randomBytes(8)),
    attribute(USE_CANDIDATE, Buffer.alloc(0)),
  ]);
  // Both checks are over the message so far, with a length that counts them in.
  const upTo = (bytesToCome: number): Buffer =>
    Buffer.concat([header(transactionId, attributes.length + bytesToCome), attributes]);
  const integrity = createHmac('sha1', password).update(upTo(24)).digest();
  attributes = Buffer.concat([attributes, attribute(MESSAGE_INTEGRITY, integrity)]);
  const fingerprint = Buffer.alloc(4);
  fingerprint.writeUInt32BE((crc32(upTo(8)) ^ 0x5354554e) >>> 0);
  attributes = Buffer.concat([attributes, attribute(FINGERPRINT, fingerprint)]);
  return upTo(0);
}

function header(transactionId: Buffer, attributeBytes: number): Buffer {
  const fixed = Buffer.alloc(8);
  fixed.writeUInt16BE(0x0001, 0);
  fixed.writeUInt16BE(attributeBytes, 2);
  fixed.writeUInt32BE(MAGIC_COOKIE, 4);
  return Buffer.concat([fixed, transactionId]);
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}
