/**
 * Schemas of the media descriptions that travel inside control messages: RTP, DTLS and ICE parameters in the shape that
 * mediasoup and mediasoup-client use (ORTC, the W3C Object RTC API).
 *
 * What will surprise you: the schemas bound every length, because a stranger sends these; mediasoup checks the meaning
 * (which payload types belong together) when the description is used, and its refusal becomes `InvalidMessage` too.
 */
import * as v from 'valibot';

const text = (
  max: number,
): v.SchemaWithPipe<readonly [v.StringSchema<undefined>, v.MaxLengthAction<string, number, undefined>]> =>
  v.pipe(v.string(), v.maxLength(max));
const uint = (
  max: number,
): v.SchemaWithPipe<
  readonly [
    v.NumberSchema<undefined>,
    v.IntegerAction<number, undefined>,
    v.MinValueAction<number, 0, undefined>,
    v.MaxValueAction<number, number, undefined>,
  ]
> => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(max));

const Uint32 = uint(0xffff_ffff);
const PayloadType = uint(127);
const Kind = v.picklist(['audio', 'video']);
const Priority = v.picklist(['very-low', 'low', 'medium', 'high']);
const Direction = v.picklist(['sendrecv', 'sendonly', 'recvonly', 'inactive']);
/** Codec-specific `fmtp` values. */
const FormatParameters = v.pipe(
  v.record(text(64), v.union([v.string(), v.number()])),
  v.check((value) => Object.keys(value).length <= 32, 'too many format parameters'),
);
const RtcpFeedback = v.object({ type: text(32), parameter: v.exactOptional(text(32)) });
const CodecMembers = {
  mimeType: v.pipe(v.string(), v.regex(/^(audio|video)\/[A-Za-z0-9.+-]{1,32}$/)),
  clockRate: Uint32,
  channels: v.exactOptional(uint(8)),
  parameters: v.exactOptional(FormatParameters),
  rtcpFeedback: v.exactOptional(v.pipe(v.array(RtcpFeedback), v.maxLength(16))),
};

export const RtpCapabilities = v.object({
  codecs: v.pipe(
    v.array(v.object({ ...CodecMembers, kind: Kind, preferredPayloadType: PayloadType })),
    v.maxLength(128),
  ),
  headerExtensions: v.exactOptional(
    v.pipe(
      v.array(
        v.object({
          kind: Kind,
          uri: text(128),
          preferredId: uint(255),
          preferredEncrypt: v.exactOptional(v.boolean()),
          direction: v.exactOptional(Direction),
        }),
      ),
      v.maxLength(64),
    ),
  ),
});
export type RtpCapabilities = v.InferOutput<typeof RtpCapabilities>;

export const RtpParameters = v.object({
  mid: v.exactOptional(text(32)),
  msid: v.exactOptional(text(128)),
  codecs: v.pipe(
    v.array(v.object({ ...CodecMembers, payloadType: PayloadType })),
    v.minLength(1),
    v.maxLength(16),
  ),
  headerExtensions: v.exactOptional(
    v.pipe(
      v.array(
        v.object({
          uri: text(128),
          id: uint(255),
          encrypt: v.exactOptional(v.boolean()),
          parameters: v.exactOptional(FormatParameters),
        }),
      ),
      v.maxLength(32),
    ),
  ),
  encodings: v.pipe(
    v.array(
      v.object({
        ssrc: v.exactOptional(Uint32),
        rid: v.exactOptional(text(32)),
        codecPayloadType: v.exactOptional(PayloadType),
        rtx: v.exactOptional(v.object({ ssrc: Uint32 })),
        dtx: v.exactOptional(v.boolean()),
        active: v.exactOptional(v.boolean()),
        scalabilityMode: v.exactOptional(text(16)),
        scaleResolutionDownBy: v.exactOptional(v.number()),
        maxBitrate: v.exactOptional(Uint32),
        maxFramerate: v.exactOptional(v.number()),
        adaptivePtime: v.exactOptional(v.boolean()),
        priority: v.exactOptional(Priority),
        networkPriority: v.exactOptional(Priority),
      }),
    ),
    v.minLength(1),
    v.maxLength(4),
  ),
  rtcp: v.exactOptional(
    v.object({
      cname: v.exactOptional(text(255)),
      reducedSize: v.exactOptional(v.boolean()),
      mux: v.exactOptional(v.boolean()),
    }),
  ),
});
export type RtpParameters = v.InferOutput<typeof RtpParameters>;

export const DtlsParameters = v.object({
  role: v.exactOptional(v.picklist(['auto', 'client', 'server'])),
  fingerprints: v.pipe(
    v.array(
      v.object({
        algorithm: v.picklist(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']),
        value: v.pipe(v.string(), v.regex(/^[0-9A-Fa-f:]{1,200}$/)),
      }),
    ),
    v.minLength(1),
    v.maxLength(8),
  ),
});
export type DtlsParameters = v.InferOutput<typeof DtlsParameters>;

export const IceParameters = v.object({
  usernameFragment: text(256),
  password: text(256),
  iceLite: v.exactOptional(v.boolean()),
});
export type IceParameters = v.InferOutput<typeof IceParameters>;

export const IceCandidate = v.object({
  foundation: text(64),
  priority: Uint32,
  ip: text(64),
  address: text(255),
  protocol: v.picklist(['udp', 'tcp']),
  port: uint(65_535),
  type: v.picklist(['host', 'srflx', 'prflx', 'relay']),
  tcpType: v.exactOptional(v.picklist(['passive'])),
});
export type IceCandidate = v.InferOutput<typeof IceCandidate>;

/** What a client needs to create its half of a WebRTC transport. */
export const TransportOffer = v.object({
  transport_id: text(64),
  ice_parameters: IceParameters,
  ice_candidates: v.pipe(v.array(IceCandidate), v.maxLength(64)),
  dtls_parameters: DtlsParameters,
});
export type TransportOffer = v.InferOutput<typeof TransportOffer>;

/** The video codecs that a router carries, by the names of their MIME types. */
export const VIDEO_CODECS = ['VP8', 'VP9', 'H264', 'AV1'] as const;
export const VideoCodec = v.picklist(VIDEO_CODECS);
export type VideoCodec = v.InferOutput<typeof VideoCodec>;

/** The one video codec that a participant is restricted to; `null` leaves the choice to the planner. */
export const CodecRestriction = v.nullable(VideoCodec);
export type CodecRestriction = v.InferOutput<typeof CodecRestriction>;

/** A STUN or TURN server as `RTCPeerConnection` takes it (W3C webrtc, RTCIceServer); credentials end with their time. */
export const IceServer = v.object({
  urls: v.pipe(v.array(text(255)), v.minLength(1), v.maxLength(16)),
  username: v.exactOptional(text(512)),
  credential: v.exactOptional(text(512)),
});
export type IceServer = v.InferOutput<typeof IceServer>;
