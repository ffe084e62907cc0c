/** The size that an output encodes at. Pure. */

import type { PayloadCodec } from '../ipc.ts';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** What the encoders take; H.264 by level 5.2, whose 36,864 macroblocks are 4096x2304. */
const ENCODER_LIMITS: Readonly<
  Record<PayloadCodec, { readonly minSide: number; readonly maxWidth: number; readonly maxHeight: number }>
> = {
  VP8: { minSide: 2, maxWidth: 4096, maxHeight: 4096 },
  VP9: { minSide: 2, maxWidth: 4096, maxHeight: 4096 },
  AV1: { minSide: 16, maxWidth: 4096, maxHeight: 4096 },
  H264: { minSide: 16, maxWidth: 4096, maxHeight: 2304 },
};

/**
 * Scales down to fit the limits and the encoders; never up but where the codec has a least size; keeps the aspect ratio up to the even sides that 4:2:0 needs.
 * @param limits in pixels; an absent side is not limited.
 */
export function fitSize(
  source: PictureSize,
  codec: PayloadCodec,
  limits: { readonly maxWidth?: number; readonly maxHeight?: number },
): PictureSize {
  const encoder = ENCODER_LIMITS[codec];
  const maxWidth = Math.min(limits.maxWidth ?? Infinity, encoder.maxWidth);
  const maxHeight = Math.min(limits.maxHeight ?? Infinity, encoder.maxHeight);
  const factor = Math.min(1, maxWidth / source.width, maxHeight / source.height);
  // Down to even: rounding up could leave the limits.
  const even = (side: number): number =>
    Math.max(encoder.minSide, 2 * Math.floor((side * factor + 1e-6) / 2));
  return { width: even(source.width), height: even(source.height) };
}
