/** The client SDK: everything that a page, a test or another client uses. */
export { Call } from './call.ts';
export type { CallEvents, CallOptions, CallState, CallStats, JoinOptions } from './call-types.ts';
export type { MediaTrack, VideoCodec } from './capabilities.ts';
export { type Clock, systemClock } from './clock.ts';
export * from './errors.ts';
export type { DegradationPreference, PublishOptions } from './produce-options.ts';
export type { SentStats } from './publisher.ts';
export type { ReceivedStats } from './receiver.ts';
export type { RemoteStream } from './remote-stream.ts';
export { type BytePipe, type OpenPipe, type PipeEvents, webSocketPipe } from './socket.ts';
export type { StreamFigures } from './stats.ts';
