/**
 * AV1 in RTP: RTP Payload Format For AV1 (Alliance for Open Media, v1.0), section 4. Units are temporal units in the low overhead
 * format (AV1 specification section 5.2): a temporal delimiter, then OBUs with their sizes.
 *
 * What will surprise you:
 * - On the wire OBUs have no size field and there is no temporal delimiter; both come back when a unit is joined.
 * - Without the dependency descriptor nothing tells a unit's first packet from a later one that begins with a new OBU, but for the N
 *   bit of a new sequence; so such packets only may begin a unit.
 * - Output has at most three OBUs a packet, so that their number fits the W field and the last one needs no length.
 */
import { concatBytes } from './concat.ts';
import { PayloadError } from './errors.ts';
import type { AssembledUnit, Depacketiser, Packetiser, PayloadSummary } from './format.ts';
import { requirePayloadSize } from './fragments.ts';
import {
  isCarried,
  leb128,
  OBU_SEQUENCE_HEADER,
  obuType,
  splitObus,
  withoutSize,
  withSize,
  readLeb128,
} from './obu.ts';

const CONTINUES_BEFORE = 0x80;
const CONTINUES_AFTER = 0x40;
const NEW_SEQUENCE = 0x08;
const MAX_COUNTED = 3;
/** OBU_TEMPORAL_DELIMITER with a size of 0. */
const TEMPORAL_DELIMITER = Uint8Array.of(0x12, 0x00);

interface Aggregate {
  readonly continuesBefore: boolean;
  readonly continuesAfter: boolean;
  readonly newSequence: boolean;
  readonly elements: readonly Uint8Array[];
}

/** @throws PayloadError where the payload is cut off, empty, or contradicts itself. */
export function parseAv1Payload(payload: Uint8Array): Aggregate {
  const [head] = payload;
  if (head === undefined || payload.length === 1) {
    throw new PayloadError('PAYLOAD_EMPTY', 'AV1 payload without any OBU');
  }
  const continuesBefore = (head & CONTINUES_BEFORE) !== 0;
  const newSequence = (head & NEW_SEQUENCE) !== 0;
  if (continuesBefore && newSequence) {
    throw new PayloadError('AV1_FRAGMENT_ORDER', 'an AV1 sequence that begins with a continuation');
  }
  const counted = (head >> 4) & 0x03;
  const elements: Uint8Array[] = [];
  let offset = 1;
  while (offset < payload.length || elements.length < counted) {
    if (counted > 0 && elements.length === counted) {
      throw new PayloadError('AV1_TRUNCATED', `AV1 payload with more than its ${counted} OBUs`);
    }
    let end = payload.length;
    if (counted === 0 || elements.length < counted - 1) {
      const length = readLeb128(payload, offset);
      offset += length.bytes;
      end = offset + length.value;
    }
    if (end > payload.length || offset > payload.length) {
      throw new PayloadError(
        'AV1_TRUNCATED',
        `AV1 payload of ${payload.length} bytes with an OBU up to ${end}`,
      );
    }
    elements.push(payload.subarray(offset, end));
    offset = end;
  }
  return { continuesBefore, continuesAfter: (head & CONTINUES_AFTER) !== 0, newSequence, elements };
}

export class Av1Depacketiser implements Depacketiser {
  inspect(payload: Uint8Array): PayloadSummary {
    const { continuesBefore, newSequence } = parseAv1Payload(payload);
    const mayStart = continuesBefore ? 'no' : 'possible';
    return {
      startsUnit: newSequence ? 'yes' : mayStart,
      keyFrame: newSequence,
      disposable: false,
      temporal: null,
    };
  }

  assemble(payloads: readonly Uint8Array[]): AssembledUnit {
    const obus: Uint8Array[] = [];
    let keyFrame = false;
    let pieces: Uint8Array[] = [];
    for (const payload of payloads) {
      const { continuesBefore, continuesAfter, newSequence, elements } = parseAv1Payload(payload);
      if (continuesBefore !== pieces.length > 0) {
        throw new PayloadError('AV1_FRAGMENT_ORDER', 'an AV1 OBU without its first or its last part');
      }
      keyFrame ||= newSequence;
      for (const [i, element] of elements.entries()) {
        pieces.push(element);
        if (i === elements.length - 1 && continuesAfter) continue;
        const obu = concatBytes(pieces);
        pieces = [];
        if (obu.length > 0 && isCarried(obuType(obu))) obus.push(withSize(obu));
      }
    }
    if (pieces.length > 0) throw new PayloadError('AV1_FRAGMENT_ORDER', 'an AV1 OBU without its last part');
    if (obus.length === 0) throw new PayloadError('AV1_NO_OBU', 'AV1 unit without any OBU');
    return { data: concatBytes([TEMPORAL_DELIMITER, ...obus]), keyFrame };
  }
}

export class Av1Packetiser implements Packetiser {
  readonly #maxPayloadBytes: number;

  /** @throws PayloadError where the size is out of range. */
  constructor(options: { readonly maxPayloadBytes: number }) {
    requirePayloadSize(options.maxPayloadBytes);
    this.#maxPayloadBytes = options.maxPayloadBytes;
  }

  packetise(temporalUnit: Uint8Array): Uint8Array[] {
    const obus = splitObus(temporalUnit).filter((obu) => isCarried(obuType(obu)));
    if (obus.length === 0) throw new PayloadError('AV1_NO_OBU', 'AV1 unit without any OBU');
    const newSequence = obus.some((obu) => obuType(obu) === OBU_SEQUENCE_HEADER);
    const elements = obus.map(withoutSize);
    const limitBytes = evenLimit(elements, this.#maxPayloadBytes);
    const payloads: Uint8Array[] = [];
    for (let at: Position = { element: 0, offset: 0 }; at.element < elements.length;) {
      const { payload, next } = fill(elements, at, limitBytes);
      if (payloads.length === 0 && newSequence) payload[0] = (payload[0] ?? 0) | NEW_SEQUENCE;
      payloads.push(payload);
      at = next;
    }
    return payloads;
  }
}

interface Position {
  readonly element: number;
  readonly offset: number;
}

/** So many bytes a payload that all become nearly equal. */
function evenLimit(elements: readonly Uint8Array[], maxPayloadBytes: number): number {
  // The aggregation header, and lengths of two OBUs.
  const most = 1 + 2 * leb128(maxPayloadBytes).length;
  const total = elements.reduce((sum, { length }) => sum + length, 0);
  const count = Math.ceil(total / (maxPayloadBytes - most));
  return Math.min(maxPayloadBytes, Math.ceil(total / count) + most);
}

/** One payload from where the last one ended. */
function fill(
  elements: readonly Uint8Array[],
  from: Position,
  limitBytes: number,
): { readonly payload: Uint8Array; readonly next: Position } {
  const parts: Uint8Array[] = [];
  let room = limitBytes - 1;
  let { element, offset } = from;
  let counted = 0;
  while (element < elements.length && counted < MAX_COUNTED && room > 0) {
    const rest = elements[element]?.subarray(offset) ?? new Uint8Array();
    const length = leb128(rest.length);
    counted += 1;
    // It stands with its length where at least a byte of another one fits behind it.
    const isLast =
      counted === MAX_COUNTED || element === elements.length - 1 || rest.length + length.length >= room;
    if (isLast) {
      const taken = rest.subarray(0, room);
      parts.push(taken);
      if (taken.length < rest.length) offset += taken.length;
      else [element, offset] = [element + 1, 0];
      break;
    }
    parts.push(length, rest);
    room -= length.length + rest.length;
    [element, offset] = [element + 1, 0];
  }
  const before = from.offset > 0 ? CONTINUES_BEFORE : 0;
  const after = offset > 0 ? CONTINUES_AFTER : 0;
  const payload = concatBytes([Uint8Array.of(before | after | (counted << 4)), ...parts]);
  return { payload, next: { element, offset } };
}
