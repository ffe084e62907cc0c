/**
 * What every router of this server carries, and how a plain transport to a media worker names it.
 *
 * What will surprise you: one H.264 profile only, constrained baseline (42e01f) in packetization mode 1, because mediasoup
 * demands equal profiles and modes (`canConsume`) and every browser has this one.
 */
import type { types } from 'mediasoup';
import type { PayloadCodec } from '../../pipelines/ipc.ts';

export type MediaCodecName = 'opus' | PayloadCodec;

const H264_PARAMETERS = {
  'packetization-mode': 1,
  'profile-level-id': '42e01f',
  'level-asymmetry-allowed': 1,
} as const;

export const ROUTER_CODECS: types.RouterRtpCodecCapability[] = [
  {
    kind: 'audio',
    mimeType: 'audio/opus',
    clockRate: 48_000,
    channels: 2,
    preferredPayloadType: 111,
    parameters: { useinbandfec: 1 },
  },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000, preferredPayloadType: 96 },
  {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90_000,
    preferredPayloadType: 102,
    parameters: { ...H264_PARAMETERS },
  },
];

const PLAIN_FEEDBACK: types.RtcpFeedback[] = [
  { type: 'nack' },
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
];

/**
 * What a media worker takes: the two video codecs, repaired by NACK on the same SSRC (no RTX: one stream, one sequence), and no
 * header extensions, so that no congestion control runs on the loopback path.
 */
export const MEDIA_WORKER_CAPABILITIES: types.RtpCapabilities = {
  codecs: [
    {
      kind: 'video',
      mimeType: 'video/VP8',
      clockRate: 90_000,
      preferredPayloadType: 96,
      parameters: {},
      rtcpFeedback: PLAIN_FEEDBACK,
    },
    {
      kind: 'video',
      mimeType: 'video/H264',
      clockRate: 90_000,
      preferredPayloadType: 102,
      parameters: { ...H264_PARAMETERS },
      rtcpFeedback: PLAIN_FEEDBACK,
    },
  ],
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
  const capability = MEDIA_WORKER_CAPABILITIES.codecs?.find(({ mimeType }) => codecName(mimeType) === codec);
  if (capability?.preferredPayloadType === undefined) throw new TypeError(`no capability for ${codec}`);
  return {
    codecs: [
      {
        mimeType: capability.mimeType,
        payloadType: capability.preferredPayloadType,
        clockRate: capability.clockRate,
        parameters: capability.parameters ?? {},
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
  return codec === 'VP8' || codec === 'H264';
}

/** The codec that a MIME type names, or null for RTX and whatever this server does not carry. */
export function codecName(mimeType: string): MediaCodecName | null {
  switch (mimeType.toLowerCase()) {
    case 'audio/opus':
      return 'opus';
    case 'video/vp8':
      return 'VP8';
    case 'video/h264':
      return 'H264';
    default:
      return null;
  }
}
