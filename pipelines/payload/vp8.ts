/**
 * VP8 in RTP: RFC 7741 section 4. Input may carry any descriptor fields; output carries a 15-bit picture id and no layers.
 *
 * What will surprise you: only a frame's first packet tells whether it is a key frame (the P bit of RFC 6386 section 9.1
 * is in the first byte of the frame).
 */
import { concatBytes } from './concat.ts';
import { PayloadError } from './errors.ts';
import type { AssembledUnit, Depacketiser, Packetiser, PayloadSummary } from './format.ts';
import { fragmentsOf, requirePayloadSize } from './fragments.ts';
import { requirePictureId } from './picture-id.ts';

/** RFC 7741 section 4.2, the payload descriptor. */
export interface Vp8Descriptor {
  readonly nonReference: boolean;
  readonly startOfPartition: boolean;
  readonly partitionIndex: number;
  /** 7 or 15 bits, as sent. */
  readonly pictureId: number | null;
  readonly tl0PictureIndex: number | null;
  readonly temporalId: number | null;
  readonly layerSync: boolean;
  readonly keyIndex: number | null;
  /** Where the VP8 data begins. */
  readonly bytes: number;
}

/** @throws PayloadError where the payload ends within the descriptor or right after it. */
export function parseVp8Descriptor(payload: Uint8Array): Vp8Descriptor {
  let offset = 0;
  const next = (): number => {
    const byte = payload[offset++];
    if (byte === undefined) {
      throw new PayloadError(
        'VP8_DESCRIPTOR_TRUNCATED',
        `VP8 descriptor cut off after ${payload.length} bytes`,
      );
    }
    return byte;
  };
  if (payload.length === 0) throw new PayloadError('PAYLOAD_EMPTY', 'VP8 payload without any byte');
  const first = next();
  let pictureId: number | null = null;
  let tl0PictureIndex: number | null = null;
  let temporalId: number | null = null;
  let keyIndex: number | null = null;
  let layerSync = false;
  if ((first & 0x80) !== 0) {
    const present = next();
    if ((present & 0x80) !== 0) {
      const high = next();
      pictureId = (high & 0x80) === 0 ? high : ((high & 0x7f) << 8) | next();
    }
    if ((present & 0x40) !== 0) tl0PictureIndex = next();
    if ((present & 0x30) !== 0) {
      const byte = next();
      if ((present & 0x20) !== 0) {
        temporalId = byte >> 6;
        layerSync = (byte & 0x20) !== 0;
      }
      if ((present & 0x10) !== 0) keyIndex = byte & 0x1f;
    }
  }
  if (offset >= payload.length) throw new PayloadError('PAYLOAD_EMPTY', 'VP8 descriptor without VP8 data');
  return {
    nonReference: (first & 0x20) !== 0,
    startOfPartition: (first & 0x10) !== 0,
    partitionIndex: first & 0x07,
    pictureId,
    tl0PictureIndex,
    temporalId,
    layerSync,
    keyIndex,
    bytes: offset,
  };
}

function startsFrame(descriptor: Vp8Descriptor): boolean {
  return descriptor.startOfPartition && descriptor.partitionIndex === 0;
}

function isKeyFrame(payload: Uint8Array, descriptor: Vp8Descriptor): boolean {
  return startsFrame(descriptor) && ((payload[descriptor.bytes] ?? 1) & 0x01) === 0;
}

export class Vp8Depacketiser implements Depacketiser {
  inspect(payload: Uint8Array): PayloadSummary {
    const descriptor = parseVp8Descriptor(payload);
    const { temporalId, tl0PictureIndex, layerSync } = descriptor;
    return {
      startsUnit: startsFrame(descriptor) ? 'yes' : 'no',
      keyFrame: isKeyFrame(payload, descriptor),
      disposable: descriptor.nonReference,
      temporal:
        temporalId === null || tl0PictureIndex === null ? null : { temporalId, tl0PictureIndex, layerSync },
    };
  }

  assemble(payloads: readonly Uint8Array[]): AssembledUnit {
    let keyFrame = false;
    const parts = payloads.map((payload, i) => {
      const descriptor = parseVp8Descriptor(payload);
      if (startsFrame(descriptor) !== (i === 0)) {
        throw new PayloadError(
          'VP8_UNEXPECTED_START',
          `VP8 frame start at packet ${i + 1} of ${payloads.length}`,
        );
      }
      if (i === 0) keyFrame = isKeyFrame(payload, descriptor);
      return payload.subarray(descriptor.bytes);
    });
    if (parts.length === 0) throw new PayloadError('PAYLOAD_EMPTY', 'VP8 frame without packets');
    return { data: concatBytes(parts), keyFrame };
  }
}

const OUTPUT_DESCRIPTOR_BYTES = 4;

export class Vp8Packetiser implements Packetiser {
  readonly #maxPayloadBytes: number;
  #pictureId: number;

  /** @throws PayloadError where a parameter is out of range. */
  constructor(options: { readonly maxPayloadBytes: number; readonly initialPictureId: number }) {
    requirePayloadSize(options.maxPayloadBytes);
    requirePictureId(options.initialPictureId);
    this.#maxPayloadBytes = options.maxPayloadBytes;
    this.#pictureId = options.initialPictureId;
  }

  packetise(frame: Uint8Array): Uint8Array[] {
    if (frame.length === 0) throw new PayloadError('PAYLOAD_EMPTY', 'VP8 frame without any byte');
    const pictureId = this.#pictureId;
    this.#pictureId = (pictureId + 1) & 0x7fff;
    return fragmentsOf(frame, this.#maxPayloadBytes - OUTPUT_DESCRIPTOR_BYTES).map((fragment, i) => {
      const payload = new Uint8Array(OUTPUT_DESCRIPTOR_BYTES + fragment.length);
      // X set; S on the first packet. Every packet is of partition 0: receivers join whole frames, and RFC 7741 section
      // 4.4 allows to ignore partition boundaries.
      payload[0] = 0x80 | (i === 0 ? 0x10 : 0);
      payload[1] = 0x80;
      payload[2] = 0x80 | (pictureId >> 8);
      payload[3] = pictureId & 0xff;
      payload.set(fragment, OUTPUT_DESCRIPTOR_BYTES);
      return payload;
    });
  }
}
