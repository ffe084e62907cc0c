/**
 * What can go wrong in the client, one class per kind. `code` is stable and safe to branch on; `message` is for a log line.
 */
import type { Problem } from '../../signaling/messages/requests.ts';

export abstract class ClientError extends Error {
  abstract readonly code: string;
  override get name(): string {
    return this.constructor.name;
  }
}

/** The connection ended without being asked to, or could not be made. The call reconnects by itself. */
export class ConnectionLost extends ClientError {
  readonly code = 'connection-lost';
}

/** The server did not answer a request in time; the connection is closed, because its state is unknown. */
export class RequestTimedOut extends ClientError {
  readonly code = 'request-timed-out';
}

/** The server said nothing for so long that the connection counts as dead. The call reconnects by itself. */
export class ServerSilent extends ClientError {
  readonly code = 'server-silent';
}

/** Media found no way, although the connection works. The call reconnects by itself. */
export class PathHopeless extends ClientError {
  readonly code = 'path-hopeless';
}

/** The server answered a request with a problem. `problem.code` says which. */
export class RequestRefused extends ClientError {
  readonly code = 'request-refused';
  readonly problem: Problem;
  constructor(request: string, problem: Problem) {
    super(
      `${request} refused: ${problem.title}${problem.detail === undefined ? '' : ` (${problem.detail})`}`,
    );
    this.problem = problem;
  }
}

/** The server ended the connection with an ERROR frame. */
export class ServerFailure extends ClientError {
  readonly code = 'server-failure';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.title}${problem.detail === undefined ? '' : ` (${problem.detail})`}`);
    this.problem = problem;
  }
}

/** The server sent bytes or a payload that this client does not understand; the connection is closed. */
export class InvalidServerMessage extends ClientError {
  readonly code = 'invalid-server-message';
}

/** The call is over: it was left, closed, or ended by the server. */
export class CallClosed extends ClientError {
  readonly code = 'call-closed';
}

/** The server ended the call, for example because the room was closed; the message is the server's reason. */
export class CallEnded extends ClientError {
  readonly code = 'call-ended';
}

/** Somebody entered the same place from elsewhere: another tab, or this page loaded again. */
export class TakenOver extends ClientError {
  readonly code = 'taken-over';
}

/** This needs a joined call with a connection. */
export class NotJoined extends ClientError {
  readonly code = 'not-joined';
}

/** This can be done before the join only. */
export class AlreadyJoined extends ClientError {
  readonly code = 'already-joined';
}

/** A chat message is empty or too long. */
export class InvalidText extends ClientError {
  readonly code = 'invalid-text';
}

/** The source is not published. */
export class NotPublished extends ClientError {
  readonly code = 'not-published';
}

/** The track cannot take the place of the one before: it has ended, or is of the other kind. */
export class UnusableTrack extends ClientError {
  readonly code = 'unusable-track';
}

/** The platform refused to change which layers are sent; what is sent stays as it was. */
export class LayersNotSet extends ClientError {
  readonly code = 'layers-not-set';
}

/** Something that has no name here; `cause` has it. */
export class UnexpectedFailure extends ClientError {
  readonly code = 'unexpected';
}

/** Any failure as an error with a stable code. */
export function asClientError(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  return new UnexpectedFailure(error instanceof Error ? error.message : String(error), { cause: error });
}

/** This device cannot encode the codec. */
export class CodecUnavailable extends ClientError {
  readonly code = 'codec-unavailable';
}

/**
 * Whether trying again later is pointless: the server understood and refuses for good (a room that does not exist, a name
 * that is not allowed), other than by a limit that passes.
 */
export function isPermanent(error: unknown): boolean {
  if (!(error instanceof RequestRefused) && !(error instanceof ServerFailure)) return false;
  const { status } = error.problem;
  return status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429;
}

/** Whether the server closed this connection because its place was entered from elsewhere. */
export function isTakenOver(error: unknown): boolean {
  return error instanceof ServerFailure && error.problem.code === 'TakenOver';
}

/** Whether this side ended the connection: the server is well, so coming back at once does not make a crowd. */
export function wasNoticedHere(error: unknown): boolean {
  return error instanceof ServerSilent || error instanceof PathHopeless || error instanceof RequestTimedOut;
}

/**
 * Whether trying to come back into a call is pointless. A room that is full may hold this participant's own lost connection
 * still, which the server notices only after a while.
 */
export function isPermanentForReturn(error: unknown): boolean {
  if (error instanceof RequestRefused && error.problem.code === 'RoomFull') return false;
  return isPermanent(error);
}
