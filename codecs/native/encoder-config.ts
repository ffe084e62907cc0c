/** What can be asked of a video encoder, checked in words before native code sees it. */
import { CodecParameterError } from '../errors.ts';
import type { CodecInfo, VideoEncoderConfig } from '../types.ts';
import { packSettings } from './settings.ts';

export const MAX_DIMENSION = 4096;
/** H.264 level 5.2 (table A-1): the most macroblocks that openh264 takes in one picture. */
const H264_MAX_MACROBLOCKS = 36_864;
const MIN_BPS = 10_000;
const MAX_BPS = 200_000_000;
const MAX_FRAME_RATE = 240;
const MAX_CODEC_THREADS = 16;
/** Below this a slice could not hold its headers and the largest macroblock. */
const MIN_NAL_BYTES = 500;
const MAX_NAL_BYTES = 65_535;
/** What any library calls its speeds; which of them mean something is its own matter. */
const MIN_SPEED = -16;
const MAX_SPEED = 16;

export function requireRange(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most)) {
    throw new CodecParameterError(`${name} is ${value}, must be ${least} to ${most}`);
  }
}

export function requireWhole(name: string, value: number, least: number, most: number): void {
  requireRange(name, value, least, most);
  if (!Number.isInteger(value)) throw new CodecParameterError(`${name} is ${value}, must be whole`);
}

/**
 * The settings for native code. Rate control works in whole bits, and in thousandths of a picture a second (29.97).
 * @throws {CodecParameterError} naming what cannot be met
 */
export function checkedSettings(config: VideoEncoderConfig, info: CodecInfo): Int32Array {
  const { codec, width, height, targetBps, maxFrameRate, threads = 1, maxNalBytes, profile, speed } = config;
  const { spatial, temporal } = config.layers ?? { spatial: 1, temporal: 1 };
  for (const [name, value] of [
    ['width', width],
    ['height', height],
  ] as const) {
    requireWhole(name, value, codec === 'H264' ? 16 : 2, MAX_DIMENSION);
    if (value % 2 !== 0) throw new CodecParameterError(`${name} is ${value}, must be even`);
  }
  requireRange('targetBps', targetBps, MIN_BPS, MAX_BPS);
  requireRange('maxFrameRate', maxFrameRate, 1, MAX_FRAME_RATE);
  requireWhole('threads', threads, 1, MAX_CODEC_THREADS);
  requireWhole(`spatial layers of ${info.name}`, spatial, 1, info.spatialLayers);
  requireWhole(`temporal layers of ${info.name}`, temporal, 1, info.temporalLayers);
  if (speed !== undefined) requireWhole('speed', speed, MIN_SPEED, MAX_SPEED);
  if (maxNalBytes !== undefined) {
    if (codec !== 'H264') throw new CodecParameterError('maxNalBytes is for H.264 only');
    requireWhole('maxNalBytes', maxNalBytes, MIN_NAL_BYTES, MAX_NAL_BYTES);
  }
  if (profile !== undefined && codec !== 'H264') throw new CodecParameterError('profile is for H.264 only');
  if (codec === 'H264' && Math.ceil(width / 16) * Math.ceil(height / 16) > H264_MAX_MACROBLOCKS) {
    throw new CodecParameterError(`${width}x${height} is more than H.264 level 5.2 holds`);
  }
  return packSettings({
    width,
    height,
    targetBps: Math.round(targetBps),
    maxFrameRateMillihertz: Math.round(maxFrameRate * 1000),
    threads,
    maxNalBytes: maxNalBytes ?? 0,
    spatialLayers: spatial,
    temporalLayers: temporal,
    screenContent: config.content === 'screen' ? 1 : 0,
    profile: profile === 'main' ? 1 : 0,
    errorResilient: config.errorResilient === true ? 1 : 0,
    ...(speed === undefined ? {} : { speed }),
  });
}
