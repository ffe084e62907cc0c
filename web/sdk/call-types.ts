/**
 * What a call is given and what it tells: options, events, states. `Call` explains them.
 */
import type { types } from 'mediasoup-client';
import type { CodecRestriction } from '../../signaling/messages/media.ts';
import type { CallStatsEvent } from '../../signaling/messages/notifications.ts';
import type {
  ChatMessage,
  EmulatedNetwork,
  LobbyPerson,
  Reaction,
} from '../../signaling/messages/requests.ts';
import type { VideoCodec } from './capabilities.ts';
import type { Clock } from './clock.ts';
import type { ClientError } from './errors.ts';
import type { SentStats } from './sent-stats.ts';
import type { ReceivedStats } from './received-stats.ts';
import type { RemoteStream } from './remote-stream.ts';
import type { OpenPipe } from './socket.ts';
import type { PathFigures } from './stats.ts';
import type { TransportSettings } from './transport.ts';

/** `recovering`: joined, and something is being repaired. `idle` and `ready`: before the join, without and with a connection. */
export type CallState = 'idle' | 'connecting' | 'ready' | 'joining' | 'joined' | 'recovering' | 'closed';

/**
 * What broke. `connection`: the way to the server; `media-reset`: the server replaced what carries the media;
 * `path-interrupted`: no media for a moment; `path-failed`: the media's way is gone and a new one is sought.
 */
export type Trouble = 'connection' | 'media-reset' | 'path-interrupted' | 'path-failed';

/**
 * Why a call is over. `left`: this side ended it; `ended`: the server did; `taken-over`: the same place was entered from
 * elsewhere; `refused`: the server does not let this participant come back, the error says why.
 */
export type EndCode = 'left' | 'ended' | 'taken-over' | 'refused';

/** How large a stream is shown, in device pixels; 0 x 0: not at all. */
export interface ViewSize {
  readonly width: number;
  readonly height: number;
}

export interface ReactionEvent {
  readonly participantId: string;
  readonly reaction: Reaction;
}

export interface Recovered {
  /** From the first sign of trouble until everything was repaired, ms. */
  readonly tookMs: number;
}

export interface CallEvents {
  state: [CallState];
  /** Somebody came, changed (this participant too) or left; `participants` and `self` have the news. */
  participants: [];
  /** Before the join: who is in the watched room now. */
  lobby: [readonly LobbyPerson[]];
  stream: [RemoteStream];
  'stream-ended': [RemoteStream];
  /** Who is heard most; null when nobody is. */
  speaker: [string | null];
  /** Somebody wrote, this participant included; also for each message that was missed while the connection was lost. */
  message: [ChatMessage];
  reaction: [ReactionEvent];
  /** The server's measurements of this participant's network, every two seconds. */
  network: [CallStatsEvent];
  /** The test network that this participant's media goes through from now on; null: none. */
  emulated: [EmulatedNetwork | null];
  /** Something broke; the call is repairing it. Once for each trouble. */
  recovering: [Trouble];
  /** Everything that broke is repaired. */
  recovered: [Recovered];
  /** What this participant sends changed: codec, pause, ended. */
  publications: [];
  /** Something failed that the call survives. */
  error: [ClientError];
  /** The call is over. Nothing follows. */
  closed: [EndCode, ClientError | null];
}

export interface CallOptions {
  readonly open: OpenPipe;
  /** A fresh, unloaded mediasoup-client device for each connection. */
  readonly createDevice: () => types.Device;
  /** @default the system's clock */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for the pauses between attempts to reconnect. @default Math.random */
  readonly random?: () => number;
  /** Video codecs to send, most preferred first. @default VP8, H264, VP9, AV1 */
  readonly preferredCodecs?: readonly VideoCodec[];
  readonly transport?: TransportSettings;
  readonly requestTimeoutMs?: number;
  readonly client?: { readonly name: string; readonly version: string };
}

export interface JoinOptions {
  /** The room's key: the secret in its link. */
  readonly room: string;
  readonly name: string;
  /** The only video codec to send and receive; null leaves it to the server. @default null */
  readonly restriction?: CodecRestriction;
  /** `resumeToken` of an earlier call, for example of this page before it was loaded again: takes over its place. */
  readonly resume?: string | null;
}

export interface CallStats {
  readonly received: readonly ReceivedStats[];
  readonly sent: readonly SentStats[];
  /** The network path in each direction; null where there is none (yet). */
  readonly receivePath: PathFigures | null;
  readonly sendPath: PathFigures | null;
}
