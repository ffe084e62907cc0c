/**
 * Somebody in a call who has no media at all, only signalling: his producers and consumers exist at the server, and no packet
 * flows. For tests of what a room decides.
 */
import type { JsonValue } from '../../signaling/frames/index.ts';
import type { VideoCodec } from '../../signaling/messages/media.ts';
import { RawClient } from './rawClient.ts';
import { waitFor } from './wait.ts';

type Json = Readonly<Record<string, JsonValue | undefined>>;

export interface JoinWish {
  readonly name?: string;
  readonly resume?: JsonValue | undefined;
  readonly receive?: readonly VideoCodec[];
  readonly network?: string | null;
}

const FEEDBACK = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }];
const EXTENSIONS = [
  { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 1 },
  { uri: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', id: 2 },
];

export class RawCaller {
  readonly client: RawClient;
  /** The answer to HELLO. */
  readonly hello: Json;
  joined: Json = {};
  #published = 0;

  private constructor(client: RawClient, hello: Json) {
    this.client = client;
    this.hello = hello;
  }

  /** Connected and greeted, in no room. */
  static async connect(origin: string): Promise<RawCaller> {
    const client = await RawClient.connect(origin);
    return new RawCaller(client, await client.request('HELLO', { supported_versions: [1] }));
  }

  get id(): string {
    const id = this.joined['participant_id'];
    return typeof id === 'string' ? id : '';
  }

  /** @returns the answer, also kept in `joined`; an error is an answer too */
  async join(
    room: string,
    { name = 'Ada', resume, receive = ['VP8', 'H264'], network = null }: JoinWish = {},
  ): Promise<Json> {
    this.joined = await this.client.request('JOIN', {
      room,
      name,
      receive: capabilities(this.hello['router_rtp_capabilities'], receive),
      send_video: [],
      network,
      ...(resume === undefined ? {} : { resume }),
    });
    return this.joined;
  }

  /** Publishes VP8 in so many layers, each half the next one, of a 1280x720 picture; or Opus. */
  async publish(source: string, layers = 3): Promise<Json> {
    this.#published += 1;
    const mid = String(this.#published);
    const audio = source === 'microphone' || source === 'screen-audio';
    const encodings = audio
      ? [{ ssrc: 1000 + this.#published }]
      : Array.from({ length: layers }, (_, index) => ({
          rid: `r${index}`,
          scaleResolutionDownBy: 2 ** (layers - 1 - index),
        }));
    return this.client.request(
      'CALL_OFFER',
      {
        op: 'publish',
        source,
        kind: audio ? 'audio' : 'video',
        ...(audio ? {} : { width: 1280, height: 720, frame_rate: 30 }),
        rtp_parameters: {
          mid,
          codecs: [
            audio
              ? { mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: 111 }
              : { mimeType: 'video/VP8', clockRate: 90_000, payloadType: 96, rtcpFeedback: FEEDBACK },
          ],
          headerExtensions: EXTENSIONS,
          encodings,
          rtcp: { cname: 'raw' },
        },
      },
      1,
    );
  }

  /** Notifications of one kind that came so far. */
  told(type: 'PRESENCE' | 'CALL_OFFER' | 'CALL_END' | 'CALL_STATS', op?: string): readonly Json[] {
    return this.client.controls(type).filter((message) => op === undefined || message['op'] === op);
  }

  /** Waits for a notification that has these members, and was not there before so many others like it. */
  async hears(type: 'PRESENCE' | 'CALL_OFFER' | 'CALL_END', members: Json): Promise<Json> {
    return waitFor(`${type} ${JSON.stringify(members)} comes`, () =>
      this.told(type).findLast((message) =>
        Object.entries(members).every(([name, value]) => message[name] === value),
      ),
    );
  }

  async view(consumerId: JsonValue | undefined, width: number, height: number): Promise<Json> {
    return this.client.request('CALL_OFFER', { op: 'view', consumer_id: consumerId, width, height }, 1);
  }

  /** The connection breaks, as when a network goes away: nothing is said. */
  cut(): void {
    this.client.close();
  }
}

function capabilities(router: JsonValue | undefined, video: readonly string[]): JsonValue {
  const all =
    typeof router === 'object' && router !== null && 'codecs' in router && Array.isArray(router['codecs'])
      ? (router['codecs'] as readonly JsonValue[])
      : [];
  const codecs = all.filter((codec) => {
    const text = JSON.stringify(codec);
    return text.includes('audio/opus') || video.some((name) => text.includes(`"video/${name}"`));
  });
  return { codecs, headerExtensions: [] };
}
