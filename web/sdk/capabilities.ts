/**
 * Between the wire's media descriptions and mediasoup-client's, and what this device can encode.
 *
 * What will surprise you: what goes to the wire takes the way through JSON and the wire's own schema, because the device's
 * objects hold members that are explicitly `undefined`, which the wire does not know; and the types of tracks
 * are taken from mediasoup-client, so that the SDK compiles where no DOM types are (Node with a WebRTC package).
 */
import type { types } from 'mediasoup-client';
import * as v from 'valibot';
import * as wire from '../../signaling/messages/media.ts';

export type MediaTrack = NonNullable<types.ProducerOptions['track']>;
export type VideoCodec = wire.VideoCodec;

/** Most preferred first: VP8 and H.264 are what most devices have, and what costs them least. */
export const PREFERRED_VIDEO: readonly VideoCodec[] = ['VP8', 'H264', 'VP9', 'AV1'];

/** H.264 as the server routes it: constrained baseline, level 3.1, packetization mode 1 (RFC 6184 section 8.1). */
const H264_PROFILE = '42e01f';

/** Every header extension that mediasoup-client knows; others in a description are left out. */
const EXTENSION_URIS: ReadonlySet<string> = new Set<types.RtpHeaderExtensionUri>([
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
  'urn:3gpp:video-orientation',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  'urn:mediasoup:params:rtp-hdrext:packet-id',
]);

function isKnownUri(uri: string): uri is types.RtpHeaderExtensionUri {
  return EXTENSION_URIS.has(uri);
}

function knownExtensions<T extends { uri: string }>(
  list: readonly T[] | undefined,
): (T & { uri: types.RtpHeaderExtensionUri })[] {
  return (list ?? []).flatMap((entry) => (isKnownUri(entry.uri) ? [{ ...entry, uri: entry.uri }] : []));
}

/** The server's router capabilities, for `Device.load`. */
export function toDeviceCapabilities(capabilities: wire.RtpCapabilities): types.RtpCapabilities {
  return { codecs: capabilities.codecs, headerExtensions: knownExtensions(capabilities.headerExtensions) };
}

/** A stream's description, for `Transport.consume`. */
export function toDeviceParameters(parameters: wire.RtpParameters): types.RtpParameters {
  return { ...parameters, headerExtensions: knownExtensions(parameters.headerExtensions) };
}

/** What this device can receive, for JOIN. */
export function toWireCapabilities(capabilities: types.RtpCapabilities): wire.RtpCapabilities {
  return v.parse(wire.RtpCapabilities, JSON.parse(JSON.stringify(capabilities)));
}

/** A stream that this device sends, for CALL_OFFER publish. */
export function toWireParameters(parameters: types.RtpParameters): wire.RtpParameters {
  return v.parse(wire.RtpParameters, JSON.parse(JSON.stringify(parameters)));
}

/** The capability entry with which to ask mediasoup-client for a video codec, or undefined where the device cannot encode it. */
export function sendCodec(device: types.Device, codec: VideoCodec): types.RtpCodecCapability | undefined {
  const named = (device.sendRtpCapabilities.codecs ?? []).filter(
    (entry) => entry.mimeType.toLowerCase() === `video/${codec.toLowerCase()}`,
  );
  if (codec !== 'H264') return named[0];
  const interleavable = named.filter((entry) => Number(entry.parameters?.['packetization-mode'] ?? 0) === 1);
  return (
    interleavable.find((entry) => entry.parameters?.['profile-level-id'] === H264_PROFILE) ?? interleavable[0]
  );
}

/** Those of `preferred` that the device can encode, in that order: JOIN's `send_video`. */
export function sendableVideo(device: types.Device, preferred: readonly VideoCodec[]): VideoCodec[] {
  return preferred.filter((codec) => sendCodec(device, codec) !== undefined);
}

/** `video/VP8` → `VP8`; what the device calls the first codec of a description. */
export function codecName(parameters: types.RtpParameters): string {
  return parameters.codecs[0]?.mimeType.split('/')[1] ?? 'unknown';
}
