/**
 * A mediasoup-client device without media, for tests: its transports, capabilities and bookkeeping are mediasoup-client's own,
 * only the peer connection below is missing. Tests set the statistics and the state of each path.
 */
import { FakeMediaStreamTrack } from 'fake-mediastreamtrack';
import { Device, FakeHandler, type types } from 'mediasoup-client';
import type { JsonValue } from '../../../signaling/frames/index.ts';
import { FakeSender } from './fake-sender.ts';

const OPUS = {
  mimeType: 'audio/opus',
  kind: 'audio',
  clockRate: 48_000,
  channels: 2,
  parameters: { useinbandfec: 1 },
  rtcpFeedback: [],
} as const;
const VP8 = {
  mimeType: 'video/VP8',
  kind: 'video',
  clockRate: 90_000,
  parameters: {},
  rtcpFeedback: [],
} as const;
const H264 = {
  mimeType: 'video/H264',
  kind: 'video',
  clockRate: 90_000,
  parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  rtcpFeedback: [],
} as const;

/** What the scripted server's router carries, as HELLO's answer says it. */
export const ROUTER_CAPABILITIES = {
  codecs: [
    { ...OPUS, preferredPayloadType: 100 },
    { ...VP8, preferredPayloadType: 101 },
    { ...H264, preferredPayloadType: 102 },
  ],
  headerExtensions: [],
} satisfies JsonValue;

const FINGERPRINT = {
  algorithm: 'sha-256',
  value: '82:5A:68:3D:36:C3:0A:DE:AF:E7:32:43:D2:88:83:57:AC:2D:65:E5:80:C4:B6:FB:AF:1A:A0:21:9F:6D:0C:AD',
} as const;

/** One transport's parameters, as the server sends them. */
export function transportOffer(id: string): JsonValue {
  return {
    transport_id: id,
    ice_parameters: { usernameFragment: 'user', password: 'password', iceLite: true },
    ice_candidates: [],
    dtls_parameters: { role: 'auto', fingerprints: [FINGERPRINT] },
  };
}

/** The description of a stream that the server offers. */
export function streamParameters(codec: 'opus' | 'VP8' | 'H264', ssrc: number): JsonValue {
  const entry = { opus: OPUS, VP8, H264 }[codec];
  const payloadType = { opus: 100, VP8: 101, H264: 102 }[codec];
  const { mimeType, clockRate, parameters, rtcpFeedback } = entry;
  return {
    mid: String(ssrc),
    codecs: [
      {
        mimeType,
        clockRate,
        parameters,
        rtcpFeedback,
        payloadType,
        ...(codec === 'opus' ? { channels: 2 } : {}),
      },
    ],
    headerExtensions: [],
    encodings: [{ ssrc }],
    rtcp: { cname: 'someone' },
  };
}

/** A camera's or a microphone's track. */
export function fakeTrack(
  kind: 'audio' | 'video',
  width = 640,
  height = 360,
): types.Producer['track'] & object {
  return new FakeMediaStreamTrack({
    kind,
    settings: kind === 'video' ? { width, height, frameRate: 15 } : {},
  });
}

/** Makes devices, and holds on to the halves of their transports. */
export class FakeDevices {
  /** Every transport's handler, in order of creation: for each link first the sending, then the receiving one. */
  readonly handlers: FakeHandler[] = [];
  /** Every transport that was made. */
  readonly transports: types.Transport[] = [];
  /** Every producer that was made. */
  readonly producers: types.Producer[] = [];
  /** The sender of every producer, in the same order. */
  readonly senders: FakeSender[] = [];
  /** The STUN and TURN servers of every transport. */
  readonly iceServers: (readonly { readonly urls: string | string[] }[])[] = [];
  readonly #h264: boolean;
  #entries: readonly Record<string, unknown>[] = [];

  /** @param options `h264`: whether the device knows H.264. @default true */
  constructor(options: { readonly h264?: boolean } = {}) {
    this.#h264 = options.h264 ?? true;
  }

  /** What every transport's statistics report from now on. */
  setStats(entries: readonly Record<string, unknown>[]): void {
    this.#entries = entries;
  }

  readonly create = (): types.Device => {
    const inner = FakeHandler.createFactory({
      generateNativeRtpCapabilities: () => ({
        codecs: [
          { ...OPUS, rtcpFeedback: [], preferredPayloadType: 111 },
          { ...VP8, rtcpFeedback: [], preferredPayloadType: 96 },
          ...(this.#h264 ? [{ ...H264, rtcpFeedback: [], preferredPayloadType: 98 }] : []),
        ],
        headerExtensions: [],
      }),
      generateLocalDtlsParameters: () => ({ role: 'auto', fingerprints: [FINGERPRINT] }),
    });
    const device = new Device({
      handlerFactory: {
        ...inner,
        factory: (options) => {
          const handler = inner.factory(options);
          handler.getTransportStats = () =>
            Promise.resolve(new Map(this.#entries.map((entry, index) => [String(index), entry])));
          const senders = new Map<string, FakeSender>();
          const send = handler.send.bind(handler);
          handler.send = async (wish) => {
            const rtpSender = new FakeSender(wish.track, wish.encodings?.length ?? 1);
            this.senders.push(rtpSender);
            const sent = await send(wish);
            senders.set(sent.localId, rtpSender);
            return { ...sent, rtpSender };
          };
          handler.setMaxSpatialLayer = async (localId, layer) => senders.get(localId)?.setMaxLayer(layer);
          this.iceServers.push(options.iceServers ?? []);
          this.#remember(handler);
          return handler;
        },
      },
    });
    device.observer.on('newtransport', (transport) => {
      this.transports.push(transport);
      transport.observer.on('newproducer', (producer) => this.producers.push(producer));
    });
    return device;
  };

  #remember(handler: types.HandlerInterface): void {
    if (handler instanceof FakeHandler) this.handlers.push(handler);
  }
}
