/**
 * What every router of this server carries, and how a plain transport to a media worker names it.
 *
 * What will surprise you:
 * - One H.264 profile only, constrained baseline (42e01f) in packetization mode 1, because mediasoup demands equal profiles and modes
 *   (`canConsume`) and every browser has this one. So it is with VP9's profile 0 (8 bits, 4:2:0).
 * - mediasoup knows a key frame of AV1 by the dependency descriptor only. Streams of media workers have none, so it asks them
 *   twice for each key frame.
 */
import type { types } from 'mediasoup';
import { PAYLOAD_CODECS, type PayloadCodec } from '../../pipelines/ipc.ts';

export type MediaCodecName = 'opus' | PayloadCodec;

const VIDEO_CLOCK_RATE = 90_000;

/** RFC 6184 section 8.1, RFC 9628 section 6; payload types as libwebrtc has them. */
const VIDEO: Readonly<
  Record<
    PayloadCodec,
    { readonly payloadType: number; readonly parameters: Readonly<Record<string, string | number>> }
  >
> = {
  VP8: { payloadType: 96, parameters: {} },
  VP9: { payloadType: 98, parameters: { 'profile-id': 0 } },
  H264: {
    payloadType: 102,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  },
  AV1: { payloadType: 45, parameters: {} },
};

function videoCapability(codec: PayloadCodec): types.RouterRtpCodecCapability {
  const { payloadType, parameters } = VIDEO[codec];
  return {
    kind: 'video',
    mimeType: `video/${codec}`,
    clockRate: VIDEO_CLOCK_RATE,
    preferredPayloadType: payloadType,
    parameters: { ...parameters },
  };
}

export const ROUTER_CODECS: types.RouterRtpCodecCapability[] = [
  {
    kind: 'audio',
    mimeType: 'audio/opus',
    clockRate: 48_000,
    channels: 2,
    preferredPayloadType: 111,
    parameters: { useinbandfec: 1 },
  },
  ...PAYLOAD_CODECS.map(videoCapability),
];

const PLAIN_FEEDBACK: types.RtcpFeedback[] = [
  { type: 'nack' },
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
];

/**
 * What a media worker takes: the video codecs, repaired by NACK on the same SSRC (no RTX: one stream, one sequence), and no
 * header extensions, so that no congestion control runs on the loopback path.
 */
export const MEDIA_WORKER_CAPABILITIES: types.RtpCapabilities = {
  codecs: PAYLOAD_CODECS.map((codec) => ({
    ...videoCapability(codec),
    preferredPayloadType: VIDEO[codec].payloadType,
    rtcpFeedback: PLAIN_FEEDBACK,
  })),
  headerExtensions: [],
};

/**
 * RTP parameters of a stream that a media worker makes.
 * @param cname of the captured stream, so that receivers keep it in sync with that participant's sound
 * @param maxBps what mediasoup shall take as wanted; without it the estimate of a low stream holds itself down
 */
export function derivedRtpParameters(
  codec: PayloadCodec,
  ssrc: number,
  cname: string,
  maxBps: number,
): types.RtpParameters {
  const { payloadType, parameters } = VIDEO[codec];
  return {
    codecs: [
      {
        mimeType: `video/${codec}`,
        payloadType,
        clockRate: VIDEO_CLOCK_RATE,
        parameters: { ...parameters },
        rtcpFeedback: PLAIN_FEEDBACK,
      },
    ],
    headerExtensions: [],
    encodings: [{ ssrc, maxBitrate: maxBps }],
    rtcp: { cname, reducedSize: true },
  };
}

/** Whether a media worker makes and takes this codec. */
export function isTranscodedCodec(codec: string): codec is PayloadCodec {
  return PAYLOAD_CODECS.some((known) => known === codec);
}

/** The codec that a MIME type names, or null for RTX and whatever this server does not carry. */
export function codecName(mimeType: string): MediaCodecName | null {
  const lower = mimeType.toLowerCase();
  if (lower === 'audio/opus') return 'opus';
  return PAYLOAD_CODECS.find((codec) => lower === `video/${codec.toLowerCase()}`) ?? null;
}
