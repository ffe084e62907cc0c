/**
 * How a video track is encoded: the list of layers and their bitrates. Pure.
 *
 * What will surprise you: the layers are ordered from small to large, as mediasoup counts spatial layers; and a layer's
 * bitrate follows from its own size and rate, so a layer of a quarter of the pixels gets about a quarter of the bits.
 */
import type { types } from 'mediasoup-client';

export interface CaptureSize {
  /** Pixels; undefined where the track does not tell. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Frames per second. */
  readonly frameRate?: number | undefined;
}

export interface EncodingWish {
  /** Send several sizes where the picture is large enough. */
  readonly simulcast: boolean;
  /** Upper bound of the largest layer, bits per second. By default it follows from size and rate. */
  readonly maxBitrateBps?: number | undefined;
  /** Frames per second at most. */
  readonly maxFrameRate?: number | undefined;
  /** Whether the codec's temporal layers can be told apart by the server without looking inside (VP8's descriptor). */
  readonly temporalLayers: boolean;
}

const USUAL_FRAME_RATE = 30;
const DEFAULT_SIZE = { width: 640, height: 360, frameRate: USUAL_FRAME_RATE };
/** Below this no second layer is worth its encoder. */
const SIMULCAST_MIN = { width: 640, height: 360 };
const THREE_LAYERS_MIN_WIDTH = 1280;

/**
 * Bits a second that a picture of this size and rate deserves in VP8 or H.264: 0.08 bits for each pixel at 30 pictures a second, on
 * top of a floor. Half the pictures need more than half the bits, because there is more movement between two of them.
 */
export function bitrateFor(width: number, height: number, frameRate: number): number {
  const rateFactor = USUAL_FRAME_RATE * Math.sqrt(frameRate / USUAL_FRAME_RATE);
  return Math.round(150_000 + 0.08 * width * height * rateFactor);
}

/**
 * @param size What the camera delivers.
 * @returns `RTCRtpEncodingParameters` from the smallest layer to the largest.
 */
export function videoEncodings(size: CaptureSize, wish: EncodingWish): types.RtpEncodingParameters[] {
  const width = size.width ?? DEFAULT_SIZE.width;
  const height = size.height ?? DEFAULT_SIZE.height;
  const captureRate = size.frameRate ?? DEFAULT_SIZE.frameRate;
  const frameRate = Math.min(captureRate, wish.maxFrameRate ?? captureRate);
  const topBps = wish.maxBitrateBps ?? bitrateFor(width, height, frameRate);
  const rate = wish.maxFrameRate === undefined ? {} : { maxFramerate: wish.maxFrameRate };
  const large =
    Math.max(width, height) >= SIMULCAST_MIN.width && Math.min(width, height) >= SIMULCAST_MIN.height;
  if (!wish.simulcast || !large) return [{ maxBitrate: topBps, ...rate }];
  const scales = Math.max(width, height) >= THREE_LAYERS_MIN_WIDTH ? [4, 2, 1] : [2, 1];
  const scaleOf = topBps / bitrateFor(width, height, frameRate);
  return scales.map((scale) => ({
    scaleResolutionDownBy: scale,
    scalabilityMode: wish.temporalLayers ? 'L1T3' : 'L1T1',
    maxBitrate: Math.round(scaleOf * bitrateFor(width / scale, height / scale, frameRate)),
    ...rate,
  }));
}
