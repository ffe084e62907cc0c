/** The client SDK: everything that a page, a test or another client uses. */
export type { CodecRestriction, IceServer } from '../../signaling/messages/media.ts';
export type { CallStatsEvent, Delivery, Why } from '../../signaling/messages/notifications.ts';
export { EmulatedNetwork } from '../../signaling/messages/requests.ts';
export type {
  ChatMessage,
  LobbyPerson,
  Participant,
  Problem,
  Quality,
  Reaction,
  SourceName,
} from '../../signaling/messages/requests.ts';
export { Call } from './call.ts';
export type {
  CallEvents,
  CallOptions,
  CallState,
  CallStats,
  EndCode,
  JoinOptions,
  ReactionEvent,
  Recovered,
  Trouble,
  ViewSize,
} from './call-types.ts';
export type { MediaTrack, VideoCodec } from './capabilities.ts';
export { type Clock, systemClock } from './clock.ts';
export * from './errors.ts';
export type { DegradationPreference, PublishOptions } from './produce-options.ts';
export type { SentStats } from './sent-stats.ts';
export type { ReceivedStats } from './received-stats.ts';
export type { RemoteStream, StreamShare } from './remote-stream.ts';
export { type BytePipe, type OpenPipe, type PipeEvents, webSocketPipe } from './socket.ts';
export type {
  LimitedBy,
  PathFigures,
  ReceivedLayer,
  SentFigures,
  SentLayer,
  StreamFigures,
} from './stats.ts';
export type { TransportSettings } from './transport.ts';
