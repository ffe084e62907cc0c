/**
 * What a transcode costs, in milli-cores (CPU milliseconds a second), from the size and rate of the source.
 *
 * The figures are CPU seconds for 300 pictures of 1280 x 720 at 1.5 Mbit/s on one thread (one run each): VP8 decode 0.78;
 * VP8 decode and openh264 encode at low complexity 2.14, so 1.36 for the encode; libvpx encode at cpu-used 8, 3.83. Of VP9 and AV1
 * the codec bench's, at 1 Mbit/s, VP8's being 2.2 and 0.67 there: encodes 4.8 and 5.6, decodes 0.71 and 0.77.
 * `opus_encode` of 20 ms of stereo took 115 µs, 50 times a second.
 *
 * What will surprise you:
 * - Every transcode is charged its own decode, although two transcodes of one source share it: the sum is an upper bound.
 * - Work without a figure is charged as the dearest that has one. H.264 decode is charged as VP8 decode.
 */
import type { CodecName, SourceSnapshot } from './types.ts';

const MEASURED_MEGAPIXELS = (300 * 1280 * 720) / 1e6;
const VP8_DECODE_MS = 780;
const OPENH264_ENCODE_MS = 2140 - VP8_DECODE_MS;
const VP8_ENCODE_MS = 3830;
const VP9_ENCODE_MS = 4800;
const AV1_ENCODE_MS = 5600;

/** CPU milliseconds for {@link MEASURED_MEGAPIXELS}. */
const ENCODE_MS: Readonly<Partial<Record<CodecName, number>>> = {
  VP8: VP8_ENCODE_MS,
  VP9: VP9_ENCODE_MS,
  H264: OPENH264_ENCODE_MS,
  AV1: AV1_ENCODE_MS,
};
const DECODE_MS: Readonly<Partial<Record<CodecName, number>>> = { VP8: VP8_DECODE_MS, H264: VP8_DECODE_MS };

/** 115 µs x 50 for the encode, as much again for decoding, resampling and packets, which have no figure. */
const AUDIO_MILLICORES = 12;

/** A smaller encode has half the width and half the height; its decode is shared, and scaling costs next to nothing. */
const SMALLER_PIXELS = 1 / 4;

const DEFAULT_WIDTH = 1280;
const DEFAULT_HEIGHT = 720;
const DEFAULT_FRAME_RATE = 30;

/**
 * @returns milli-cores, a whole number of at least 1. A function of its arguments only: the same source costs the same
 *   in every plan.
 */
export function transcodeCost(
  source: Pick<SourceSnapshot, 'kind' | 'width' | 'height' | 'frameRate'>,
  from: CodecName,
  to: CodecName,
): number {
  if (source.kind === 'audio') return AUDIO_MILLICORES;
  return milliCores(source, (DECODE_MS[from] ?? VP8_DECODE_MS) + (ENCODE_MS[to] ?? VP8_ENCODE_MS));
}

/** What a second, smaller encode costs beside one that runs. @returns milli-cores, a whole number of at least 1 */
export function smallerEncodeCost(
  source: Pick<SourceSnapshot, 'width' | 'height' | 'frameRate'>,
  to: CodecName,
): number {
  return milliCores(source, (ENCODE_MS[to] ?? VP8_ENCODE_MS) * SMALLER_PIXELS);
}

function milliCores(source: Pick<SourceSnapshot, 'width' | 'height' | 'frameRate'>, cpuMs: number): number {
  const pixels = (source.width ?? DEFAULT_WIDTH) * (source.height ?? DEFAULT_HEIGHT);
  const megapixelsPerSecond = (pixels / 1e6) * (source.frameRate ?? DEFAULT_FRAME_RATE);
  return Math.max(1, Math.ceil((cpuMs / MEASURED_MEGAPIXELS) * megapixelsPerSecond));
}
