/**
 * VP9 in RTP: RFC 9628 section 4. Input may carry any descriptor fields, and all spatial layers of a picture; output is one layer in
 * non-flexible mode with a 15-bit picture id, and its size with each key frame.
 *
 * What will surprise you:
 * - A unit is a picture with all its spatial layers, one after the other and without a superframe index, which decoders take.
 * - Temporal layers are not reported: their U bit says where one may go up, not what a picture depends on, so a loss among them
 *   waits for a key frame.
 */
import { concatBytes } from './concat.ts';
import { PayloadError } from './errors.ts';
import type { AssembledUnit, Depacketiser, Packetiser, PayloadSummary } from './format.ts';
import { fragmentsOf, requirePayloadSize } from './fragments.ts';
import { requirePictureId } from './picture-id.ts';
import { isVp9KeyFrame, vp9KeyFrameSize } from './vp9-frame-header.ts';

/** RFC 9628 section 4.2, the payload descriptor. */
export interface Vp9Descriptor {
  /** 7 or 15 bits, as sent. */
  readonly pictureId: number | null;
  readonly interPredicted: boolean;
  readonly flexible: boolean;
  readonly startOfFrame: boolean;
  readonly endOfFrame: boolean;
  readonly temporalId: number | null;
  readonly spatialId: number | null;
  /** Where the VP9 data begins. */
  readonly bytes: number;
}

const MAX_REFERENCES = 3;

/** Walks over one payload; every byte that is not there is a named error. */
class Cursor {
  readonly #payload: Uint8Array;
  offset = 0;

  constructor(payload: Uint8Array) {
    this.#payload = payload;
  }

  next(): number {
    const byte = this.#payload[this.offset++];
    if (byte === undefined) {
      throw new PayloadError(
        'VP9_DESCRIPTOR_TRUNCATED',
        `VP9 descriptor cut off after ${this.#payload.length} bytes`,
      );
    }
    return byte;
  }

  skip(bytes: number): void {
    for (let i = 0; i < bytes; i++) this.next();
  }
}

/** @throws PayloadError where the payload ends within the descriptor or right after it, or names too many references. */
export function parseVp9Descriptor(payload: Uint8Array): Vp9Descriptor {
  if (payload.length === 0) throw new PayloadError('PAYLOAD_EMPTY', 'VP9 payload without any byte');
  const cursor = new Cursor(payload);
  const first = cursor.next();
  const has = (bit: number): boolean => (first & bit) !== 0;
  const [interPredicted, flexible] = [has(0x40), has(0x10)];
  let pictureId: number | null = null;
  let temporalId: number | null = null;
  let spatialId: number | null = null;
  if (has(0x80)) {
    const high = cursor.next();
    pictureId = (high & 0x80) === 0 ? high : ((high & 0x7f) << 8) | cursor.next();
  }
  if (has(0x20)) {
    const layers = cursor.next();
    temporalId = layers >> 5;
    spatialId = (layers >> 1) & 0x07;
    // TL0PICIDX
    if (!flexible) cursor.skip(1);
  }
  if (flexible && interPredicted) skipReferences(cursor);
  if (has(0x02)) skipScalabilityStructure(cursor);
  if (cursor.offset >= payload.length) {
    throw new PayloadError('PAYLOAD_EMPTY', 'VP9 descriptor without VP9 data');
  }
  const [startOfFrame, endOfFrame] = [has(0x08), has(0x04)];
  return {
    pictureId,
    interPredicted,
    flexible,
    startOfFrame,
    endOfFrame,
    temporalId,
    spatialId,
    bytes: cursor.offset,
  };
}

/** P_DIFF, each with a bit that tells whether another one follows. */
function skipReferences(cursor: Cursor): void {
  for (let i = 0; i < MAX_REFERENCES; i++) if ((cursor.next() & 0x01) === 0) return;
  throw new PayloadError('VP9_TOO_MANY_REFERENCES', `a VP9 descriptor names more than ${MAX_REFERENCES}`);
}

/** RFC 9628 section 4.2.1. */
function skipScalabilityStructure(cursor: Cursor): void {
  const head = cursor.next();
  const sizes = (head >> 5) + 1;
  if ((head & 0x10) !== 0) cursor.skip(sizes * 4);
  if ((head & 0x08) === 0) return;
  const pictures = cursor.next();
  for (let i = 0; i < pictures; i++) cursor.skip((cursor.next() >> 2) & 0x03);
}

/** The first packet of a picture: of its lowest layer. */
function startsPicture({ startOfFrame, spatialId }: Vp9Descriptor): boolean {
  return startOfFrame && (spatialId ?? 0) === 0;
}

function isKeyFrame(payload: Uint8Array, descriptor: Vp9Descriptor): boolean {
  if (!startsPicture(descriptor) || descriptor.interPredicted) return false;
  return isVp9KeyFrame(payload.subarray(descriptor.bytes));
}

export class Vp9Depacketiser implements Depacketiser {
  inspect(payload: Uint8Array): PayloadSummary {
    const descriptor = parseVp9Descriptor(payload);
    return {
      startsUnit: startsPicture(descriptor) ? 'yes' : 'no',
      keyFrame: isKeyFrame(payload, descriptor),
      disposable: false,
      temporal: null,
    };
  }

  assemble(payloads: readonly Uint8Array[]): AssembledUnit {
    const [first] = payloads;
    if (first === undefined) throw new PayloadError('PAYLOAD_EMPTY', 'VP9 picture without packets');
    const parts: Uint8Array[] = [];
    // Whether the frame of one layer has ended, so that the next one may begin.
    let ended = true;
    for (const payload of payloads) {
      const descriptor = parseVp9Descriptor(payload);
      if (descriptor.startOfFrame !== ended || startsPicture(descriptor) !== (payload === first)) {
        throw new PayloadError(
          'VP9_UNEXPECTED_START',
          `VP9 frame start or end out of place at packet ${parts.length + 1} of ${payloads.length}`,
        );
      }
      ended = descriptor.endOfFrame;
      parts.push(payload.subarray(descriptor.bytes));
    }
    if (!ended) throw new PayloadError('VP9_UNEXPECTED_START', 'VP9 picture without its end');
    return { data: concatBytes(parts), keyFrame: isKeyFrame(first, parseVp9Descriptor(first)) };
  }
}

const OUTPUT_DESCRIPTOR_BYTES = 3;
const OUTPUT_STRUCTURE_BYTES = 5;

export class Vp9Packetiser implements Packetiser {
  readonly #maxPayloadBytes: number;
  #pictureId: number;

  /** @throws PayloadError where a parameter is out of range. */
  constructor(options: { readonly maxPayloadBytes: number; readonly initialPictureId: number }) {
    requirePayloadSize(options.maxPayloadBytes);
    requirePictureId(options.initialPictureId);
    this.#maxPayloadBytes = options.maxPayloadBytes;
    this.#pictureId = options.initialPictureId;
  }

  /** @param frame of one spatial layer */
  packetise(frame: Uint8Array): Uint8Array[] {
    if (frame.length === 0) throw new PayloadError('PAYLOAD_EMPTY', 'VP9 frame without any byte');
    const keyFrame = isVp9KeyFrame(frame);
    const size = vp9KeyFrameSize(frame);
    const pictureId = this.#pictureId;
    this.#pictureId = (pictureId + 1) & 0x7fff;
    const structure = size === null ? null : scalabilityStructure(size);
    const headBytes = OUTPUT_DESCRIPTOR_BYTES + (structure === null ? 0 : OUTPUT_STRUCTURE_BYTES);
    const fragments = fragmentsOf(frame, this.#maxPayloadBytes - headBytes);
    return fragments.map((fragment, i) => {
      const [first, last] = [i === 0, i === fragments.length - 1];
      const withStructure = first && structure !== null;
      const bytes = OUTPUT_DESCRIPTOR_BYTES + (withStructure ? OUTPUT_STRUCTURE_BYTES : 0);
      const payload = new Uint8Array(bytes + fragment.length);
      // I and Z always: there is no upper layer that could refer to it.
      payload[0] =
        0x81 | (keyFrame ? 0 : 0x40) | (first ? 0x08 : 0) | (last ? 0x04 : 0) | (withStructure ? 0x02 : 0);
      payload[1] = 0x80 | (pictureId >> 8);
      payload[2] = pictureId & 0xff;
      if (withStructure) payload.set(structure, OUTPUT_DESCRIPTOR_BYTES);
      payload.set(fragment, bytes);
      return payload;
    });
  }
}

/** One layer, its size, and no picture group. */
function scalabilityStructure({ width, height }: { width: number; height: number }): Uint8Array {
  return Uint8Array.of(0x10, width >> 8, width & 0xff, height >> 8, height & 0xff);
}
