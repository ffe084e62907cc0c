/**
 * From a track and what its publisher wishes to the options of a mediasoup-client producer.
 *
 * What will surprise you: everything about the captured picture comes from `getSettings()`, which some platforms leave empty;
 * and a degradation preference is set on the finished sender, because it cannot be given when one is made.
 */
import type { types } from 'mediasoup-client';
import type * as v from 'valibot';
import type { CallOffer } from '../../signaling/messages/requests.ts';
import { type MediaTrack, type VideoCodec, sendCodec } from './capabilities.ts';
import { videoEncodings } from './encodings.ts';
import { CodecUnavailable } from './errors.ts';

export interface PublishOptions {
  /** The codec to begin with, whatever the order of preference says. */
  readonly codec?: VideoCodec;
  /** Several sizes of the picture, where it is at least 640x360. @default false */
  readonly simulcast?: boolean;
  /** Upper bound of the largest layer, bits per second. @default from size and rate */
  readonly maxBitrateBps?: number;
  /** Frames per second at most. @default the camera's */
  readonly maxFrameRate?: number;
  /** What to give up first when the processor or the network is short. @default the browser's choice */
  readonly degradationPreference?: DegradationPreference;
  /** Begin muted. @default false */
  readonly paused?: boolean;
}

export type DegradationPreference = 'maintain-framerate' | 'maintain-resolution' | 'balanced';

type PublishOffer = Extract<v.InferInput<typeof CallOffer>, { op: 'publish' }>;
type Picture = Pick<PublishOffer, 'width' | 'height' | 'frame_rate'>;

/** A higher start than libwebrtc's 300 kbit/s: the picture is sharp in the first second, and bad paths are noticed soon. */
const START_BITRATE_KBPS = 800;

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

/** Opus with in-band FEC, so that a lost packet is heard little; without DTX, so that pauses do not clip words. */
export function audioOptions(): types.ProducerOptions {
  return { codecOptions: { opusFec: true, opusDtx: false, opusStereo: false } };
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
  const { width, height, frameRate } = track.getSettings();
  const encodings = videoEncodings(
    { width, height, frameRate },
    {
      simulcast: options.simulcast ?? false,
      maxBitrateBps: options.maxBitrateBps,
      maxFrameRate: options.maxFrameRate,
      temporalLayers: codec === 'VP8',
    },
  );
  const totalKbps = encodings.reduce((sum, encoding) => sum + (encoding.maxBitrate ?? 0), 0) / 1_000;
  return {
    codec: capability,
    encodings,
    codecOptions: { videoGoogleStartBitrate: Math.round(Math.min(START_BITRATE_KBPS, totalKbps)) },
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
