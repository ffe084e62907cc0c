/**
 * H.264 from RTP: RFC 6184, single NAL unit packets (5.6), STAP-A (5.7.1) and FU-A (5.8), which are all that packetization
 * modes 0 and 1 allow. Access units come out in Annex B form.
 *
 * What will surprise you: an IDR without parameter sets in its own unit gets the last ones seen put before it, as a decoder
 * that starts there needs them; where none were ever seen the unit is refused.
 */
import { concatBytes } from './concat.ts';
import { PayloadError } from './errors.ts';
import type { AssembledUnit, Depacketiser, PayloadSummary } from './format.ts';
import { ANNEX_B_START_CODE, isSlice, NAL, nalType } from './h264-nal.ts';

/** RFC 6184 allows 32 SPS and 256 PPS; real streams use one or two of each. */
const MAX_PARAMETER_SETS = 16;

/** A NAL unit, or a fragment of one, found in a packet. */
interface NalPart {
  /** The NAL unit header, rebuilt for fragments. */
  readonly header: number;
  /** What follows the header. */
  readonly body: Uint8Array;
  readonly first: boolean;
  readonly last: boolean;
}

/** @throws PayloadError for payloads outside of packetization modes 0 and 1, or cut off. */
function partsOf(payload: Uint8Array): NalPart[] {
  const indicator = payload[0];
  if (indicator === undefined) throw new PayloadError('PAYLOAD_EMPTY', 'H.264 payload without any byte');
  if ((indicator & 0x80) !== 0) {
    throw new PayloadError('H264_FORBIDDEN_BIT', 'H.264 forbidden_zero_bit is set: the sender marks damage');
  }
  const type = nalType(indicator);
  if (type >= 1 && type <= 23) {
    if (payload.length < 2) throw new PayloadError('H264_TRUNCATED', 'H.264 NAL unit without a body');
    return [{ header: indicator, body: payload.subarray(1), first: true, last: true }];
  }
  if (type === NAL.stapA) return aggregatedParts(payload);
  if (type === NAL.fuA) {
    const fuHeader = payload[1];
    if (fuHeader === undefined || payload.length < 3) {
      throw new PayloadError('H264_TRUNCATED', 'FU-A without a body');
    }
    const first = (fuHeader & 0x80) !== 0;
    const last = (fuHeader & 0x40) !== 0;
    if (first && last) throw new PayloadError('H264_FRAGMENT_ORDER', 'FU-A that is both first and last');
    return [{ header: (indicator & 0xe0) | (fuHeader & 0x1f), body: payload.subarray(2), first, last }];
  }
  throw new PayloadError(
    'H264_UNSUPPORTED_NAL_TYPE',
    `H.264 packet type ${type} (interleaved modes are not supported)`,
  );
}

function aggregatedParts(payload: Uint8Array): NalPart[] {
  const parts: NalPart[] = [];
  let offset = 1;
  while (offset < payload.length) {
    const bytes = ((payload[offset] ?? 0) << 8) | (payload[offset + 1] ?? 0);
    const header = payload[offset + 2];
    if (header === undefined || bytes < 2 || offset + 2 + bytes > payload.length) {
      throw new PayloadError(
        'H264_TRUNCATED',
        `STAP-A entry of ${bytes} bytes in ${payload.length - offset}`,
      );
    }
    parts.push({ header, body: payload.subarray(offset + 3, offset + 2 + bytes), first: true, last: true });
    offset += 2 + bytes;
  }
  if (parts.length === 0) throw new PayloadError('H264_TRUNCATED', 'STAP-A without entries');
  return parts;
}

function startsUnit(part: NalPart): 'yes' | 'possible' | 'no' {
  if (!part.first) return 'no';
  const type = nalType(part.header);
  if (type === NAL.sps || type === NAL.accessUnitDelimiter) return 'yes';
  if (type === NAL.sei || type === NAL.pps) return 'possible';
  // first_mb_in_slice is the slice header's first field, an Exp-Golomb code: zero is a single 1 bit.
  return isSlice(type) && ((part.body[0] ?? 0) & 0x80) !== 0 ? 'possible' : 'no';
}

export class H264Depacketiser implements Depacketiser {
  /** By type and leading bytes that hold the id, in order of arrival. */
  readonly #parameterSets = new Map<string, Uint8Array>();

  inspect(payload: Uint8Array): PayloadSummary {
    const parts = partsOf(payload);
    const first = parts[0];
    return {
      startsUnit: first === undefined ? 'no' : startsUnit(first),
      keyFrame: parts.some((part) => nalType(part.header) === NAL.idrSlice),
      disposable: parts.some((part) => isSlice(nalType(part.header)) && (part.header & 0x60) === 0),
      temporal: null,
    };
  }

  assemble(payloads: readonly Uint8Array[]): AssembledUnit {
    const nals = joinFragments(payloads.flatMap(partsOf));
    let keyFrame = false;
    let ownSps = false;
    for (const nal of nals) {
      const type = nalType(nal[0] ?? 0);
      if (type === NAL.idrSlice) keyFrame = true;
      if (type === NAL.sps) ownSps = true;
      if (type === NAL.sps || type === NAL.pps) this.#remember(type, nal);
    }
    const chunks: Uint8Array[] = [];
    if (keyFrame && !ownSps) {
      const known = [...this.#parameterSets].sort(
        ([a], [b]) => Number(b.startsWith('sps')) - Number(a.startsWith('sps')),
      );
      if (!known.some(([key]) => key.startsWith('sps'))) {
        throw new PayloadError('H264_PARAMETER_SETS_MISSING', 'H.264 IDR before any sequence parameter set');
      }
      for (const [, nal] of known) chunks.push(ANNEX_B_START_CODE, nal);
    }
    for (const nal of nals) chunks.push(ANNEX_B_START_CODE, nal);
    return { data: concatBytes(chunks), keyFrame };
  }

  #remember(type: number, nal: Uint8Array): void {
    // The id is an Exp-Golomb code: the first field of a PPS, after three bytes in an SPS.
    const key = type === NAL.sps ? `sps${expGolombAt(nal, 4)}` : `pps${expGolombAt(nal, 1)}`;
    this.#parameterSets.delete(key);
    const oldest = this.#parameterSets.keys().next();
    if (this.#parameterSets.size >= MAX_PARAMETER_SETS && oldest.done !== true) {
      this.#parameterSets.delete(oldest.value);
    }
    this.#parameterSets.set(key, nal.slice());
  }
}

/** Reads one ue(v) at a byte boundary (ITU-T H.264 section 9.1); ids need at most 8 leading zero bits. */
function expGolombAt(nal: Uint8Array, offset: number): number {
  const bit = (index: number): number => ((nal[offset + (index >> 3)] ?? 0) >> (7 - (index & 7))) & 1;
  let zeros = 0;
  while (zeros < 9 && bit(zeros) === 0) zeros++;
  let value = 0;
  for (let i = 0; i <= zeros; i++) value = (value << 1) | bit(zeros + i);
  return value - 1;
}

function joinFragments(parts: readonly NalPart[]): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let open: { readonly header: number; readonly bodies: Uint8Array[] } | null = null;
  for (const part of parts) {
    if (part.first === (open !== null)) {
      throw new PayloadError(
        'H264_FRAGMENT_ORDER',
        part.first ? 'NAL unit left open' : 'FU-A without its start',
      );
    }
    open ??= { header: part.header, bodies: [] };
    if (open.header !== part.header) {
      throw new PayloadError('H264_FRAGMENT_ORDER', 'FU-A fragments of two NAL units');
    }
    open.bodies.push(part.body);
    if (part.last) {
      nals.push(concatBytes([Uint8Array.of(open.header), ...open.bodies]));
      open = null;
    }
  }
  if (open !== null) throw new PayloadError('H264_FRAGMENT_ORDER', 'FU-A without its end');
  if (nals.length === 0) throw new PayloadError('PAYLOAD_EMPTY', 'H.264 access unit without packets');
  return nals;
}
