/** The beginning of a VP9 frame: the uncompressed header of the VP9 bitstream specification, section 6.2, as far as RTP needs it. */
import { PayloadError } from './errors.ts';

const FRAME_MARKER = 2;
const SYNC_CODE = 0x49_83_42;
const COLOR_SPACE_RGB = 7;

/**
 * Its first byte tells.
 * @throws PayloadError for what does not begin like a VP9 frame.
 */
export function isVp9KeyFrame(frame: Uint8Array): boolean {
  return readType(new Bits(frame)).keyFrame;
}

/**
 * @returns of key frames of 8 bits and 4:2:0 (profile 0); null for others
 * @throws PayloadError for what does not begin like a VP9 frame.
 */
export function vp9KeyFrameSize(
  frame: Uint8Array,
): { readonly width: number; readonly height: number } | null {
  const bits = new Bits(frame);
  const { keyFrame, profile } = readType(bits);
  if (!keyFrame || profile !== 0) return null;
  // Shown, error resilient.
  bits.take(2);
  if (bits.take(24) !== SYNC_CODE) {
    throw new PayloadError('VP9_HEADER_INVALID', 'a VP9 key frame without sync code');
  }
  if (bits.take(3) === COLOR_SPACE_RGB) {
    throw new PayloadError('VP9_HEADER_INVALID', 'a VP9 key frame of profile 0 in RGB');
  }
  // The colour range.
  bits.take(1);
  return { width: bits.take(16) + 1, height: bits.take(16) + 1 };
}

function readType(bits: Bits): { readonly keyFrame: boolean; readonly profile: number } {
  if (bits.take(2) !== FRAME_MARKER) throw new PayloadError('VP9_HEADER_INVALID', 'no VP9 frame marker');
  const profile = bits.take(1) | (bits.take(1) << 1);
  if (profile === 3) bits.take(1);
  const showsExisting = bits.take(1) === 1;
  return { keyFrame: !showsExisting && bits.take(1) === 0, profile };
}

/** Reads from the most significant bit on. */
class Bits {
  readonly #data: Uint8Array;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++) {
      const byte = this.#data[this.#at >> 3];
      if (byte === undefined) throw new PayloadError('VP9_HEADER_INVALID', 'a VP9 frame header cut off');
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }
}
