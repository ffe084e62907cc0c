/**
 * The few elements of DER (ITU-T X.690) that a certificate is made of.
 *
 * What will surprise you: nothing here checks what it is given; it writes what this server makes, and reads back what it wrote.
 * Certificates from elsewhere are parsed by OpenSSL (node:crypto).
 */

export type Bytes = Uint8Array<ArrayBuffer>;

export interface Element {
  readonly tag: number;
  readonly body: Uint8Array;
}

/** Universal tags (X.680 section 8.6), constructed where that is their only form. */
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const GENERALIZED_TIME = 0x18;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;

/** One element with that tag around these, which are put one behind the other. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  const bytes = new Uint8Array(1 + size.length + length);
  bytes.set([tag, ...size]);
  let at = 1 + size.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export const sequence = (...parts: readonly Uint8Array[]): Bytes => element(SEQUENCE, ...parts);
export const set = (...parts: readonly Uint8Array[]): Bytes => element(SET, ...parts);
export const octetString = (body: Uint8Array): Bytes => element(OCTET_STRING, body);
export const utf8String = (text: string): Bytes => element(UTF8_STRING, new TextEncoder().encode(text));
/** Present only where true, as DER wants of a default of false. */
export const boolean = (): Bytes => element(BOOLEAN, Uint8Array.of(0xff));
/** @param body big-endian, with its sign in the first bit */
export const integer = (body: Uint8Array): Bytes => element(INTEGER, body);

/** @param unusedBits how many bits of the last byte do not count */
export function bitString(body: Uint8Array, unusedBits = 0): Bytes {
  return element(BIT_STRING, Uint8Array.of(unusedBits), body);
}

/** @param dotted as `2.5.29.17` */
export function objectIdentifier(dotted: string): Bytes {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return element(OBJECT_IDENTIFIER, Uint8Array.from(bytes));
}

/** RFC 5280 section 4.1.2.5: two digits of the year until 2049, four from then on; whole seconds. */
export function time(atMs: number): Bytes {
  const digits = new Date(atMs).toISOString().replace(/\.\d+/, '').replace(/[-:T]/g, '');
  const isShort = Number(digits.slice(0, 4)) < 2050;
  return element(
    isShort ? UTC_TIME : GENERALIZED_TIME,
    new TextEncoder().encode(isShort ? digits.slice(2) : digits),
  );
}

/** The elements inside a constructed one; ends early where a length does not fit. */
export function children(bytes: Uint8Array): readonly Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0;
    const extra = first < 0x80 ? 0 : first & 0x7f;
    const start = at + 2 + extra;
    const length =
      extra === 0 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
    if (start + length > bytes.length) break;
    found.push({ tag, body: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}
