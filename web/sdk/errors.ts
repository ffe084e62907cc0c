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

/** This needs a joined call. */
export class NotJoined extends ClientError {
  readonly code = 'not-joined';
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

/**
 * Whether trying to come back into a call is pointless. A room that is full may hold this participant's own lost connection
 * still, which the server notices only after a while.
 */
export function isPermanentForReturn(error: unknown): boolean {
  if (error instanceof RequestRefused && error.problem.code === 'RoomFull') return false;
  return isPermanent(error);
}
