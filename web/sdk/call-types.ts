/**
 * What a call is given and what it tells: options, events, states. `Call` explains them.
 */
import type { types } from 'mediasoup-client';
import type { CodecRestriction } from '../../signaling/messages/media.ts';
import type { VideoCodec } from './capabilities.ts';
import type { Clock } from './clock.ts';
import type { SentStats } from './publisher.ts';
import type { ReceivedStats } from './receiver.ts';
import type { RemoteStream } from './remote-stream.ts';
import type { OpenPipe } from './socket.ts';
import type { TransportSettings } from './transport.ts';

export type CallState = 'idle' | 'connecting' | 'ready' | 'joining' | 'joined' | 'recovering' | 'closed';

export interface CallEvents {
  state: [CallState];
  /** Somebody came, changed or left; `participants` has the list. */
  participants: [];
  stream: [RemoteStream];
  'stream-ended': [RemoteStream];
  /** Who is heard most; null when nobody is. */
  speaker: [string | null];
  /** Something broke, in words; the call is repairing it. */
  recovering: [string];
  recovered: [];
  /** What this participant sends changed: codec, pause, ended. */
  publications: [];
  /** Something failed that the call survives. */
  error: [Error];
  /** The call is over: `left`, or why. Nothing follows. */
  closed: [string, Error | null];
}

export interface CallOptions {
  readonly open: OpenPipe;
  /** A fresh, unloaded mediasoup-client device for each connection. */
  readonly createDevice: () => types.Device;
  /** @default the system's clock */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for the pauses between attempts to reconnect. @default Math.random */
  readonly random?: () => number;
  /** Video codecs to send, most preferred first. @default VP8, then H264 */
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
}

export interface CallStats {
  readonly received: readonly ReceivedStats[];
  readonly sent: readonly SentStats[];
}
