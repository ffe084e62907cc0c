/** Open bitstream units of AV1: headers and sizes (AV1 bitstream specification, sections 4.10.5 and 5.3). */
import { concatBytes } from './concat.ts';
import { PayloadError } from './errors.ts';

export const OBU_SEQUENCE_HEADER = 1;
const OBU_TEMPORAL_DELIMITER = 2;
const OBU_TILE_LIST = 8;
const OBU_PADDING = 15;
const FORBIDDEN = 0x80;
const HAS_EXTENSION = 0x04;
const HAS_SIZE = 0x02;
/** Sizes are below 2^32, in at most 8 bytes. */
const MAX_LEB128_BYTES = 8;

/** Whether RTP carries it: all but what the payload format says to leave out. */
export function isCarried(type: number): boolean {
  return type !== OBU_TEMPORAL_DELIMITER && type !== OBU_TILE_LIST && type !== OBU_PADDING;
}

/** @param obu not empty */
export function obuType(obu: Uint8Array): number {
  return ((obu[0] ?? 0) >> 3) & 0x0f;
}

/** @throws PayloadError where it is cut off or too long. */
export function readLeb128(
  data: Uint8Array,
  offset: number,
): { readonly value: number; readonly bytes: number } {
  let value = 0;
  for (let i = 0; i < MAX_LEB128_BYTES; i++) {
    const byte = data[offset + i];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if ((byte & 0x80) === 0) {
      if (value > 0xffff_ffff) break;
      return { value, bytes: i + 1 };
    }
  }
  throw new PayloadError('AV1_TRUNCATED', 'an AV1 size that is cut off or too long');
}

/** In as few bytes as there need to be. */
export function leb128(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 0x80;
    rest = Math.floor(rest / 0x80);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return Uint8Array.from(bytes);
}

/** Where the payload of an OBU begins, and how long it is, which without a size field is all that follows. */
function bodyOf(obu: Uint8Array): {
  readonly headBytes: number;
  readonly start: number;
  readonly end: number;
} {
  const head = obu[0] ?? FORBIDDEN;
  if ((head & FORBIDDEN) !== 0) {
    throw new PayloadError('AV1_OBU_INVALID', 'an AV1 OBU with its forbidden bit set');
  }
  const headBytes = (head & HAS_EXTENSION) === 0 ? 1 : 2;
  if (obu.length < headBytes) throw new PayloadError('AV1_TRUNCATED', 'an AV1 OBU header cut off');
  if ((head & HAS_SIZE) === 0) return { headBytes, start: headBytes, end: obu.length };
  const size = readLeb128(obu, headBytes);
  const start = headBytes + size.bytes;
  const end = start + size.value;
  if (end > obu.length) throw new PayloadError('AV1_TRUNCATED', `an AV1 OBU of ${size.value} bytes cut off`);
  return { headBytes, start, end };
}

/**
 * The OBUs of a unit in the low overhead format, as views.
 * @throws PayloadError where one is cut off.
 */
export function splitObus(unit: Uint8Array): Uint8Array[] {
  const obus: Uint8Array[] = [];
  for (let offset = 0; offset < unit.length;) {
    const rest = unit.subarray(offset);
    const { end } = bodyOf(rest);
    obus.push(rest.subarray(0, end));
    offset += end;
  }
  return obus;
}

/** The same OBU with its size field. @throws PayloadError for what is no OBU. */
export function withSize(obu: Uint8Array): Uint8Array {
  const { headBytes, start, end } = bodyOf(obu);
  const head = obu.slice(0, headBytes);
  head[0] = (head[0] ?? 0) | HAS_SIZE;
  return concatBytes([head, leb128(end - start), obu.subarray(start, end)]);
}

/** The same OBU without a size field. @throws PayloadError for what is no OBU. */
export function withoutSize(obu: Uint8Array): Uint8Array {
  const { headBytes, start, end } = bodyOf(obu);
  const head = obu.slice(0, headBytes);
  head[0] = (head[0] ?? 0) & ~HAS_SIZE;
  return concatBytes([head, obu.subarray(start, end)]);
}
