/**
 * What a transcode costs, in milli-cores (CPU milliseconds a second), from the size and rate of the source.
 *
 * The figures are CPU seconds for 300 pictures of 1280 x 720 on one thread, the mean over 0.5 to 2.35 Mbit/s, all of one run of the codec bench
 * (`npm run bench -- codecs`) on a busy machine.
 * `opus_encode` of 20 ms of stereo took 115 µs, 50 times a second.
 *
 * What will surprise you:
 * - Every transcode is charged its own decode, although two transcodes of one source share it: the sum is an upper bound.
 * - Work without a figure is charged as the dearest that has one.
 */
import type { CodecName, SourceSnapshot } from './types.ts';

const MEASURED_MEGAPIXELS = (300 * 1280 * 720) / 1e6;

/** CPU milliseconds for {@link MEASURED_MEGAPIXELS}. */
const ENCODE_MS: Readonly<Partial<Record<CodecName, number>>> = {
  VP8: 2420,
  H264: 1740,
  VP9: 4900,
  AV1: 5890,
};
const DECODE_MS: Readonly<Partial<Record<CodecName, number>>> = { VP8: 690, H264: 690, VP9: 780, AV1: 900 };
const DEAREST_ENCODE_MS = Math.max(...Object.values(ENCODE_MS));
const DEAREST_DECODE_MS = Math.max(...Object.values(DECODE_MS));

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
  return milliCores(source, (DECODE_MS[from] ?? DEAREST_DECODE_MS) + (ENCODE_MS[to] ?? DEAREST_ENCODE_MS));
}

/** What a second, smaller encode costs beside one that runs. @returns milli-cores, a whole number of at least 1 */
export function smallerEncodeCost(
  source: Pick<SourceSnapshot, 'width' | 'height' | 'frameRate'>,
  to: CodecName,
): number {
  return milliCores(source, (ENCODE_MS[to] ?? DEAREST_ENCODE_MS) * SMALLER_PIXELS);
}

function milliCores(source: Pick<SourceSnapshot, 'width' | 'height' | 'frameRate'>, cpuMs: number): number {
  const pixels = (source.width ?? DEFAULT_WIDTH) * (source.height ?? DEFAULT_HEIGHT);
  const megapixelsPerSecond = (pixels / 1e6) * (source.frameRate ?? DEFAULT_FRAME_RATE);
  return Math.max(1, Math.ceil((cpuMs / MEASURED_MEGAPIXELS) * megapixelsPerSecond));
}
