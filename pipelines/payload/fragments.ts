/** Cutting a large unit into fragments of nearly equal size, so that no tiny last packet is sent. */
import { PayloadError } from './errors.ts';

/**
 * @param maxBytes the most bytes of one fragment.
 * @returns views into `data`, at least one.
 */
export function fragmentsOf(data: Uint8Array, maxBytes: number): Uint8Array[] {
  const count = Math.max(1, Math.ceil(data.length / maxBytes));
  const fragments: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    fragments.push(
      data.subarray(Math.floor((i * data.length) / count), Math.floor(((i + 1) * data.length) / count)),
    );
  }
  return fragments;
}

/** @throws PayloadError where the payload size leaves no room for headers and at least some media. */
export function requirePayloadSize(maxPayloadBytes: number): void {
  if (!Number.isInteger(maxPayloadBytes) || maxPayloadBytes < 16 || maxPayloadBytes > 0xffff) {
    throw new PayloadError(
      'PACKETISER_PARAMETER',
      `maxPayloadBytes must be 16 to 65535, got ${maxPayloadBytes}`,
    );
  }
}
