/** The 15-bit picture id of VP8 (RFC 7741) and VP9 (RFC 9628). */
import { PayloadError } from './errors.ts';

/** @throws PayloadError where it is not one. */
export function requirePictureId(pictureId: number): void {
  if (Number.isInteger(pictureId) && pictureId >= 0 && pictureId <= 0x7fff) return;
  throw new PayloadError('PACKETISER_PARAMETER', `picture id must be 0 to 32767, got ${pictureId}`);
}
