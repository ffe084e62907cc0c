/** What can be asked of codecs of sound, checked in words before native code sees it. */
import type {
  AudioCodecName,
  AudioDecoderConfig,
  AudioEncoderConfig,
  Pcm,
  ResamplerConfig,
} from '../audio-types.ts';
import { CodecParameterError } from '../errors.ts';
import { requireRange, requireWhole } from './encoder-config.ts';
import type { NativeSettings } from './settings.ts';

/** RFC 6716 section 2.1.3 gives Opus its rates; RFC 3551 sections 4.5.14 and 4.5.2 give G.711 and G.722 one each. */
const SAMPLE_RATES: Readonly<Record<AudioCodecName, readonly number[]>> = {
  OPUS: [8000, 12_000, 16_000, 24_000, 48_000],
  PCMA: [8000],
  PCMU: [8000],
  G722: [16_000],
};
/** RFC 6716 section 2.1.4. */
const OPUS_FRAME_MS: readonly number[] = [2.5, 5, 10, 20, 40, 60];
const OPUS_MIN_BPS = 6000;
const OPUS_MAX_BPS = 510_000;
const APPLICATIONS = { voip: 0, audio: 1, 'low-delay': 2 } as const;
const OPUS_ONLY = [
  'targetBps',
  'expectedLossPercent',
  'complexity',
  'inBandFec',
  'dtx',
  'application',
  'variableBitrate',
] as const;

const MIN_RESAMPLED_HZ = 8000;
const MAX_RESAMPLED_HZ = 192_000;

/** @throws {CodecParameterError} for rates and channels that the codec has not */
function requireFormat(codec: AudioCodecName, sampleRateHz: number, channels: number): void {
  if (!Object.hasOwn(SAMPLE_RATES, codec)) throw new CodecParameterError(`${codec} is no codec of sound`);
  const rates = SAMPLE_RATES[codec];
  if (!rates.includes(sampleRateHz)) {
    throw new CodecParameterError(`sampleRateHz is ${sampleRateHz}, ${codec} has ${rates.join(', ')}`);
  }
  requireWhole(`channels of ${codec}`, channels, 1, codec === 'OPUS' ? 2 : 1);
}

/** Samples for each channel in one packet. */
function frameSamplesOf(codec: AudioCodecName, sampleRateHz: number, frameMs: number): number {
  if (codec !== 'OPUS') requireWhole(`frameMs of ${codec}`, frameMs, 10, 60);
  else if (!OPUS_FRAME_MS.includes(frameMs)) {
    throw new CodecParameterError(`frameMs is ${frameMs}, Opus has ${OPUS_FRAME_MS.join(', ')}`);
  }
  return (sampleRateHz * frameMs) / 1000;
}

/**
 * The settings for native code, all but the kind of samples.
 * @throws {CodecParameterError} naming what cannot be met
 */
export function checkedAudioEncoder(config: AudioEncoderConfig): NativeSettings {
  const { codec, sampleRateHz, channels, frameMs = 20, targetBps, complexity, application = 'voip' } = config;
  const { expectedLossPercent = 0, variableBitrate = true, inBandFec = false, dtx = false } = config;
  requireFormat(codec, sampleRateHz, channels);
  const frameSamples = frameSamplesOf(codec, sampleRateHz, frameMs);
  if (codec !== 'OPUS') {
    const wrong = OPUS_ONLY.find((name) => config[name] !== undefined);
    if (wrong !== undefined) throw new CodecParameterError(`${wrong} is for Opus only`);
    return { sampleRate: sampleRateHz, channels, frameSamples };
  }
  if (targetBps !== undefined) requireRange('targetBps', targetBps, OPUS_MIN_BPS, OPUS_MAX_BPS);
  if (complexity !== undefined) requireWhole('complexity', complexity, 0, 10);
  requireRange('expectedLossPercent', expectedLossPercent, 0, 100);
  if (!Object.hasOwn(APPLICATIONS, application)) {
    throw new CodecParameterError(`application is ${application}, must be voip, audio or low-delay`);
  }
  return {
    sampleRate: sampleRateHz,
    channels,
    frameSamples,
    // 0: what libopus finds fit for rate and channels.
    targetBps: Math.round(targetBps ?? 0),
    application: APPLICATIONS[application],
    variableBitrate: variableBitrate ? 1 : 0,
    inBandFec: inBandFec ? 1 : 0,
    dtx: dtx ? 1 : 0,
    expectedLossPercent: Math.round(expectedLossPercent),
    ...(complexity === undefined ? {} : { complexity }),
  };
}

/** @throws {CodecParameterError} naming what cannot be met */
export function checkedAudioDecoder(config: AudioDecoderConfig): NativeSettings {
  const { codec, sampleRateHz, channels } = config;
  // As a caller without types may have it.
  const format: string = config.format ?? 's16';
  requireFormat(codec, sampleRateHz, channels);
  if (format !== 's16' && format !== 'f32') {
    throw new CodecParameterError(`format is ${format}, must be s16 or f32`);
  }
  return { sampleRate: sampleRateHz, channels, floatSamples: format === 'f32' ? 1 : 0 };
}

/** @throws {CodecParameterError} naming what cannot be met */
export function checkedResampler({ fromHz, toHz, channels }: ResamplerConfig): NativeSettings {
  requireWhole('fromHz', fromHz, MIN_RESAMPLED_HZ, MAX_RESAMPLED_HZ);
  requireWhole('toHz', toHz, MIN_RESAMPLED_HZ, MAX_RESAMPLED_HZ);
  requireWhole('channels', channels, 1, 2);
  return { sampleRate: fromHz, toSampleRate: toHz, channels };
}

/** @throws {CodecParameterError} for what is no PCM, from a caller without types */
export function isFloatPcm(pcm: Pcm): boolean {
  if (pcm instanceof Float32Array) return true;
  if (pcm instanceof Int16Array) return false;
  throw new CodecParameterError('PCM must be an Int16Array or a Float32Array');
}

/** The same memory as bytes. */
export function pcmBytes({ buffer, byteOffset, byteLength }: Pcm): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** What came out of native code, without a copy; null stands for nothing. */
export function pcmOf(bytes: Uint8Array | null, isFloat: boolean): Pcm {
  // Every result has a buffer of its own (core.ts), so it begins where samples may.
  const buffer = bytes?.buffer ?? new ArrayBuffer(0);
  return isFloat ? new Float32Array(buffer) : new Int16Array(buffer);
}
