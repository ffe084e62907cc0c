/**
 * Unsigned LEB128 integers of up to 64 bits: 7 bits a byte, least significant group first, 0x80 says that more follow.
 *
 * What will surprise you:
 * - Encodings longer than needed are accepted (CCP-1 peers may send them); ours are always the shortest.
 * - Of a tenth byte only the lowest bit counts; its other value bits are dropped without an error, as CCP-1 peers do.
 * - Values above 2^53 come back rounded. Every limit is at most 2^32, so such a value is refused all the same.
 */
import { ProtocolError } from '../errors.ts';

/** Longest encoding of a 64-bit value, in bytes. */
export const MAX_VARINT_BYTES = 10;

export interface VarintRead {
  readonly value: number;
  /** Offset of the first byte after it. */
  readonly end: number;
}

/**
 * Reads one integer.
 * @param bytes where it is
 * @param start offset of its first byte
 * @param limit offset of the first byte that does not belong to the input any more
 * @returns null where the input ends before the integer does
 * @throws {ProtocolError} VarintOverflow where a tenth byte says that more follow
 */
export function readVarint(bytes: Uint8Array, start: number, limit: number): VarintRead | null {
  let value = 0;
  let scale = 1;
  for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
    const byte = start + index < limit ? bytes[start + index] : undefined;
    if (byte === undefined) return null;
    const isTenth = index === MAX_VARINT_BYTES - 1;
    value += (byte & (isTenth ? 0x01 : 0x7f)) * scale;
    if (byte < 0x80) return { value, end: start + index + 1 };
    scale *= 128;
  }
  throw new ProtocolError('VarintOverflow', 'an integer has more than 10 bytes');
}

/** Bytes that {@link writeVarint} takes for a value, an integer from 0 to 2^53 - 1. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length += 1;
  return length;
}

/**
 * Writes one integer in its shortest form.
 * @returns offset of the first byte after it
 */
export function writeVarint(target: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 128) {
    target[at] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
    at += 1;
  }
  target[at] = rest;
  return at + 1;
}
