/**
 * RTP header extension elements: RFC 8285, both forms, and the transport-wide sequence number
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 2) as one of them.
 *
 * What will surprise you: element 15 of the one-byte form ends the block, whatever follows (RFC 8285 section 4.2).
 */
import { RtpParseError, RtpWriteError } from './errors.ts';
import type { RtpHeaderExtension } from './packet.ts';

const ONE_BYTE_PROFILE = 0xbede;
const TWO_BYTE_PROFILE = 0x1000;
const ONE_BYTE_STOP = 15;

export interface HeaderElement {
  /** 1 to 14 in the one-byte form, 1 to 255 in the two-byte form. */
  readonly id: number;
  /** 1 to 16 bytes in the one-byte form, 0 to 255 in the two-byte form. */
  readonly data: Uint8Array;
}

/**
 * @returns the elements in order; none where the profile is an application's own
 * @throws RtpParseError where an element is cut off
 */
export function parseHeaderElements({ profile, data }: RtpHeaderExtension): HeaderElement[] {
  const oneByte = profile === ONE_BYTE_PROFILE;
  if (!oneByte && (profile & 0xfff0) !== TWO_BYTE_PROFILE) return [];
  const elements: HeaderElement[] = [];
  let at = 0;
  while (at < data.length) {
    const first = data[at] ?? 0;
    // Padding.
    if (first === 0) {
      at += 1;
      continue;
    }
    const id = oneByte ? first >> 4 : first;
    if (oneByte && id === ONE_BYTE_STOP) break;
    const start = at + (oneByte ? 1 : 2);
    const bytes = oneByte ? (first & 0x0f) + 1 : data[at + 1];
    if (bytes === undefined || start + bytes > data.length) {
      throw new RtpParseError('RTP_BAD_EXTENSION', `header extension element ${id} is cut off`);
    }
    if (id !== 0) elements.push({ id, data: data.subarray(start, start + bytes) });
    at = start + bytes;
  }
  return elements;
}

/**
 * Writes the one-byte form.
 * @throws RtpWriteError where an element needs the two-byte form
 */
export function writeHeaderElements(elements: readonly HeaderElement[]): RtpHeaderExtension {
  const usedBytes = elements.reduce((sum, { data }) => sum + 1 + data.length, 0);
  const bytes = new Uint8Array(Math.ceil(usedBytes / 4) * 4);
  let at = 0;
  for (const { id, data } of elements) {
    if (!Number.isInteger(id) || id < 1 || id >= ONE_BYTE_STOP || data.length < 1 || data.length > 16) {
      throw new RtpWriteError(`element ${id} of ${data.length} bytes does not fit the one-byte form`);
    }
    bytes[at] = (id << 4) | (data.length - 1);
    bytes.set(data, at + 1);
    at += 1 + data.length;
  }
  return { profile: ONE_BYTE_PROFILE, data: bytes };
}

/** @param sequence 16 bits, one more with each packet of the transport, whichever stream it is of */
export function transportSequenceElement(id: number, sequence: number): HeaderElement {
  return { id, data: Uint8Array.of((sequence >> 8) & 0xff, sequence & 0xff) };
}

/**
 * @param id what `extmap` calls the transport-wide sequence number
 * @returns 16 bits; null where the packet carries none
 * @throws RtpParseError where it is not two bytes long (or four, as version 02 has it), or the block is damaged
 */
export function readTransportSequence(extension: RtpHeaderExtension | null, id: number): number | null {
  if (extension === null) return null;
  const element = parseHeaderElements(extension).find((candidate) => candidate.id === id);
  if (element === undefined) return null;
  const [high, low] = element.data;
  if (high === undefined || low === undefined || (element.data.length !== 2 && element.data.length !== 4)) {
    throw new RtpParseError(
      'RTP_BAD_EXTENSION',
      `transport-wide sequence number of ${element.data.length} bytes`,
    );
  }
  return (high << 8) | low;
}
