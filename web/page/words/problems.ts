/**
 * Errors in words: what happened, and what the person can do. For every code that the server or the client SDK can give.
 *
 * What will surprise you: several codes have one sentence: what is wrong inside a frame is for the log; for the person it means one
 * thing, that page and server do not fit together. A code that is not known here is a newer server's, and counts as unexpected.
 */
import { type ErrorCode, isErrorCode } from '../../../signaling/errors.ts';
import { RequestRefused, ServerFailure } from '../../sdk/errors.ts';
import type { Key, Translate } from './translate.ts';

/** Codes of signaling/errors.ts. */
const SERVER: Readonly<Record<ErrorCode, Key>> = {
  InvalidFrameType: 'problem.misunderstanding',
  InvalidControlJson: 'problem.misunderstanding',
  UnexpectedEof: 'problem.misunderstanding',
  VarintOverflow: 'problem.misunderstanding',
  PayloadTooLarge: 'problem.too-large',
  FrameTooLarge: 'problem.too-large',
  ControlTooLarge: 'problem.too-large',
  ChannelIdTooLarge: 'problem.misunderstanding',
  SequenceTooLarge: 'problem.misunderstanding',
  SequenceExhausted: 'problem.interrupted',
  SequenceNotIncreasing: 'problem.misunderstanding',
  ProtocolVersionMismatch: 'problem.misunderstanding',
  HandshakeFailed: 'problem.altered',
  PairingRequired: 'problem.pairing',
  IntegrityCheckFailed: 'problem.altered',
  Unauthorized: 'problem.unauthorized',
  Forbidden: 'problem.forbidden',
  TooManyConnections: 'problem.too-many-connections',
  ServerFull: 'problem.server-full',
  SlowConsumer: 'problem.too-slow',
  ConnectionIdle: 'problem.interrupted',
  BinaryOnly: 'problem.misunderstanding',
  MessageTooLarge: 'problem.too-large',
  BadRequest: 'problem.invalid',
  NotFound: 'problem.not-found',
  MethodNotAllowed: 'problem.misunderstanding',
  RequestTimeout: 'problem.timeout',
  BodyTooLarge: 'problem.too-large',
  HeadersTooLarge: 'problem.too-large',
  InvalidMessage: 'problem.invalid',
  UnsupportedFrame: 'problem.misunderstanding',
  InvalidState: 'problem.misunderstanding',
  RateLimited: 'problem.rate-limited',
  Flooding: 'problem.rate-limited',
  RoomFull: 'problem.room-full',
  TooManyRooms: 'problem.too-many-rooms',
  CodecUnavailable: 'problem.codec',
  MediaUnavailable: 'problem.media',
  EmulationUnavailable: 'problem.emulation',
  TakenOver: 'problem.taken-over',
  Internal: 'problem.internal',
};

/** Codes of sdk/errors.ts, besides the two that carry a problem of the server, and of devices/device-types.ts. */
const CLIENT: Readonly<Record<string, Key>> = {
  'connection-lost': 'problem.unreachable',
  'request-timed-out': 'problem.timeout',
  'server-silent': 'problem.timeout',
  'path-hopeless': 'problem.path',
  'invalid-server-message': 'problem.misunderstanding',
  'call-closed': 'problem.call-over',
  'call-ended': 'problem.call-over',
  'taken-over': 'problem.taken-over',
  'not-joined': 'problem.not-in-call',
  'already-joined': 'problem.misunderstanding',
  'invalid-text': 'problem.text',
  'not-published': 'problem.track',
  'unusable-track': 'problem.track',
  'layers-not-set': 'problem.layers',
  'codec-unavailable': 'problem.codec',
  unexpected: 'problem.unexpected',
  'device-denied': 'problem.device-denied',
  'device-busy': 'problem.device-busy',
  'device-missing': 'problem.device-missing',
  'device-ended': 'problem.device-missing',
  'device-insecure': 'problem.device-insecure',
};

/** Which sentence an error has; `problem.unexpected` for what is no error of ours. */
export function problemKey(error: unknown): Key {
  if (error instanceof RequestRefused || error instanceof ServerFailure) {
    const { code } = error.problem;
    return isErrorCode(code) ? SERVER[code] : 'problem.unexpected';
  }
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return (
    (typeof code === 'string' && Object.hasOwn(CLIENT, code) ? CLIENT[code] : null) ?? 'problem.unexpected'
  );
}

/** What happened and what to do, in the language of `t`. */
export function problemWords(t: Translate, error: unknown): string {
  return t(problemKey(error));
}
