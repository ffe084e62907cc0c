/** What pictures from outside must be, checked in words before native code sees them. */
import { CodecParameterError } from '../errors.ts';
import type { RawFormat, Rtp90k, Transformation, VideoFrame } from '../types.ts';
import { MAX_DIMENSION } from './encoder-config.ts';
import { i420Bytes } from './frame.ts';

/** @throws {CodecParameterError} where a side is out of range */
export function checkSize(width: number, height: number): void {
  for (const value of [width, height]) {
    if (!Number.isInteger(value) || value < 1 || value > MAX_DIMENSION) {
      throw new CodecParameterError(`a picture of ${width}x${height}: sides must be 1 to ${MAX_DIMENSION}`);
    }
  }
}

/** @throws {CodecParameterError} where the part does not lie inside, at even places */
export function checkCrop(crop: NonNullable<Transformation['crop']>, frame: VideoFrame): void {
  const { left, top, width, height } = crop;
  checkSize(width, height);
  const inside = left >= 0 && top >= 0 && left + width <= frame.width && top + height <= frame.height;
  if (!inside || left % 2 !== 0 || top % 2 !== 0) {
    throw new CodecParameterError(
      `a crop of ${width}x${height} at ${left},${top} of ${frame.width}x${frame.height}: it must lie inside, at even places`,
    );
  }
}

/** @throws {CodecParameterError} where there are too few or too many. @param what the picture, in words */
export function checkBytes(data: Uint8Array, wanted: number, what: string): void {
  if (data.length !== wanted) {
    throw new CodecParameterError(`${what} has ${wanted} bytes, not ${data.length}`);
  }
}

/** @throws {CodecParameterError} where it is no integer */
export function checkTimestamp(timestampRtp90k: Rtp90k): void {
  if (!Number.isSafeInteger(timestampRtp90k)) {
    throw new CodecParameterError(`timestamp ${timestampRtp90k} is no integer`);
  }
}

/** @throws {CodecParameterError} for a format that is none, from a caller without types */
export function rawBytes(format: RawFormat, width: number, height: number): number {
  switch (format) {
    case 'I420':
    case 'NV12':
      return i420Bytes(width, height);
    case 'RGB24':
      return 3 * width * height;
    case 'BGRA':
      return 4 * width * height;
    default:
      throw new CodecParameterError(`${format as string} is no format of packed pixels`);
  }
}
