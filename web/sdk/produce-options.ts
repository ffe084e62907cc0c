/**
 * From a track and what its publisher wishes to the options of a mediasoup-client producer.
 *
 * What will surprise you: everything about the captured picture comes from `getSettings()`, which some platforms leave empty;
 * and a degradation preference is set on the finished sender, because it cannot be given when one is made.
 */
import type { types } from 'mediasoup-client';
import type * as v from 'valibot';
import type { CallOffer, SourceName } from '../../signaling/messages/requests.ts';
import { type MediaTrack, type VideoCodec, sendCodec } from './capabilities.ts';
import { bitrateFor, videoEncodings } from './encodings.ts';
import { CodecUnavailable } from './errors.ts';

export interface PublishOptions {
  /** The codec to begin with, whatever the order of preference says. */
  readonly codec?: VideoCodec;
  /** Several sizes of the picture, where it is at least 640x360. @default false; a screen is one stream unless asked */
  readonly simulcast?: boolean;
  /** Upper bound of the largest layer, bits per second. @default from size and rate; a screen gets up to 2.5 Mbit/s */
  readonly maxBitrateBps?: number;
  /** Frames per second at most. @default the camera's */
  readonly maxFrameRate?: number;
  /** What to give up first when the processor or the network is short. @default the browser's choice; of a screen, frames */
  readonly degradationPreference?: DegradationPreference;
  /** Begin muted. @default false */
  readonly paused?: boolean;
}

export type DegradationPreference = 'maintain-framerate' | 'maintain-resolution' | 'balanced';

type PublishOffer = Extract<v.InferInput<typeof CallOffer>, { op: 'publish' }>;
type Picture = Pick<PublishOffer, 'width' | 'height' | 'frame_rate'>;

/** A higher start than libwebrtc's 300 kbit/s: the picture is sharp in the first second, and bad paths are noticed soon. */
const START_BITRATE_KBPS = 1_000;
/** The estimate has to carry sound, repairs and headers too: an encoder that starts at its limit drops pictures for seconds. */
const START_FACTOR = 1.5;

/** Size and rate of the captured picture for the planner; empty for sound, or where the platform does not tell. */
export function capturedPicture(track: MediaTrack): Picture {
  if (track.kind !== 'video') return {};
  const { width, height, frameRate } = track.getSettings();
  return {
    ...(width === undefined || width < 2 ? {} : { width: Math.round(width) }),
    ...(height === undefined || height < 2 ? {} : { height: Math.round(height) }),
    ...(frameRate === undefined || frameRate < 1 ? {} : { frame_rate: frameRate }),
  };
}

/** Bits a second for the sound of a screen: music in two channels. */
const SCREEN_SOUND_BPS = 128_000;
/** A screen is read: it gets more bits than a camera of its size, for a rate at which text can be followed. */
const SCREEN_MAX_BPS = 2_500_000;
const SCREEN_MIN_BPS = 600_000;
const SCREEN_RATE = 15;

/**
 * Opus with in-band FEC, so that a lost packet is heard little; without DTX, so that pauses do not clip words. The sound of a
 * screen is stereo.
 */
export function audioOptions(source: SourceName): types.ProducerOptions {
  const isScreen = source === 'screen-audio';
  return {
    codecOptions: {
      opusFec: true,
      opusDtx: false,
      opusStereo: isScreen,
      ...(isScreen ? { opusMaxAverageBitrate: SCREEN_SOUND_BPS } : {}),
    },
  };
}

/** What its publisher did not wish for, filled in by what the source needs. */
export function optionsFor(source: SourceName, track: MediaTrack, options: PublishOptions): PublishOptions {
  if (source !== 'screen') return options;
  const { width = 1920, height = 1080 } = track.getSettings();
  const bps = bitrateFor(width, height, SCREEN_RATE);
  return {
    simulcast: false,
    maxBitrateBps: Math.min(SCREEN_MAX_BPS, Math.max(SCREEN_MIN_BPS, bps)),
    degradationPreference: 'maintain-resolution',
    ...options,
  };
}

/**
 * The codec to publish in: the wished one, else the first of the preferred ones that is allowed and can be encoded.
 *
 * @throws CodecUnavailable
 */
export function chooseCodec(
  device: types.Device,
  wished: VideoCodec | undefined,
  preferred: readonly VideoCodec[],
  restriction: VideoCodec | null,
): VideoCodec {
  const allowed = [...(wished === undefined ? [] : [wished]), ...preferred].filter(
    (codec) => restriction === null || codec === restriction,
  );
  const found = allowed.find((codec) => sendCodec(device, codec) !== undefined);
  if (found !== undefined) return found;
  throw new CodecUnavailable(
    restriction === null
      ? 'this device can encode none of the video codecs of this server'
      : `this device cannot encode ${restriction}`,
  );
}

function encodingsFor(
  track: MediaTrack,
  options: PublishOptions,
  codec: VideoCodec,
): types.RtpEncodingParameters[] {
  const { width, height, frameRate } = track.getSettings();
  return videoEncodings(
    { width, height, frameRate },
    {
      // mediasoup takes several streams of one source in VP8 and H.264 only.
      simulcast: (options.simulcast ?? false) && (codec === 'VP8' || codec === 'H264'),
      maxBitrateBps: options.maxBitrateBps,
      maxFrameRate: options.maxFrameRate,
      temporalLayers: codec === 'VP8',
    },
  );
}

/** Bitrates that differ by less than this factor are alike. */
const ALIKE = 1.5;

/**
 * Whether a stream that was made for one track suits another one. Where it does not, browsers leave out the largest layer of a
 * picture that has become small, and give a picture that has become large the bits of a small one.
 */
export function suitsTrack(
  source: SourceName,
  madeFor: MediaTrack,
  track: MediaTrack,
  options: PublishOptions,
): boolean {
  if (track.kind === 'audio') return true;
  // Bitrates are the same for every codec, and VP8 has the most layers.
  const [before, after] = [madeFor, track].map((one) =>
    encodingsFor(one, optionsFor(source, one, options), 'VP8'),
  );
  if (before?.length !== after?.length) return false;
  const ratio = (after?.at(-1)?.maxBitrate ?? 1) / (before?.at(-1)?.maxBitrate ?? 1);
  return ratio < ALIKE && ratio > 1 / ALIKE;
}

/**
 * @param codec Already chosen; the device is asked whether it can encode it.
 * @throws CodecUnavailable
 */
export function videoOptions(
  device: types.Device,
  track: MediaTrack,
  options: PublishOptions,
  codec: VideoCodec,
): types.ProducerOptions {
  const capability = sendCodec(device, codec);
  if (capability === undefined) throw new CodecUnavailable(`this device cannot encode ${codec}`);
  const encodings = encodingsFor(track, options, codec);
  const totalKbps = encodings.reduce((sum, encoding) => sum + (encoding.maxBitrate ?? 0), 0) / 1_000;
  return {
    codec: capability,
    encodings,
    codecOptions: {
      videoGoogleStartBitrate: Math.round(Math.min(START_BITRATE_KBPS, START_FACTOR * totalKbps)),
    },
  };
}

/** Says what a sender gives up first. Platforms that do not know it ignore it. */
export async function setDegradation(
  producer: types.Producer,
  preference: DegradationPreference,
): Promise<void> {
  const sender = producer.rtpSender;
  if (sender === undefined) return;
  const parameters = sender.getParameters();
  parameters.degradationPreference = preference;
  await sender.setParameters(parameters);
}
