/**
 * Every error that can be told to the other side, in one table: code, title, HTTP status, whether the connection ends,
 * and what to do about it. Shape on the wire: RFC 9457 problem documents, as an HTTP body and as an ERROR frame's payload.
 *
 * What will surprise you:
 * - `code` is what programs compare and never changes; `title` may be reworded. The codec's codes and titles are CCP-1's.
 * - An error is fatal exactly where it has a WebSocket close code: after it, the connection's byte stream or its state
 *   cannot be trusted (RFC 6455 section 7.4.1 gives the codes; 4000 and above are not used).
 * - `detail` is sent to the other side: never put a secret, a path or a stack into it. Those belong in `cause`.
 *
 * docs/protocol/errors.md lists the same table; a test holds the two together.
 */

export interface ErrorDefinition {
  /** One line for a person; the same for every error of this code. */
  readonly title: string;
  /** HTTP status, also inside ERROR frames. */
  readonly status: number;
  /** WebSocket close code where the error ends the connection, else null. */
  readonly closeCode: number | null;
  /** What the receiver can do. */
  readonly advice: string;
}

export const PROTOCOL_ERRORS = {
  // Frame codec (CCP-1).
  InvalidFrameType: {
    title: 'Invalid Frame Type',
    status: 400,
    closeCode: 1002,
    advice: 'Send only the frame types of CCP-1.',
  },
  InvalidControlJson: {
    title: 'Invalid Control Payload',
    status: 400,
    closeCode: 1002,
    advice: 'Send control payloads as one JSON document in UTF-8, nested at most 127 deep.',
  },
  UnexpectedEof: {
    title: 'Truncated Frame',
    status: 400,
    closeCode: 1002,
    advice: 'Make frame_len cover the whole body, and payload_len fit inside it.',
  },
  VarintOverflow: {
    title: 'Varint Overflow',
    status: 400,
    closeCode: 1002,
    advice: 'Encode integers as LEB128 in at most 10 bytes.',
  },
  PayloadTooLarge: {
    title: 'Payload Too Large',
    status: 413,
    closeCode: 1009,
    advice: 'Split the payload over several frames.',
  },
  FrameTooLarge: {
    title: 'Frame Too Large',
    status: 413,
    closeCode: 1009,
    advice: 'Send smaller frames; before authentication the limit is lower.',
  },
  ControlTooLarge: {
    title: 'Control Payload Too Large',
    status: 413,
    closeCode: 1009,
    advice: 'Keep JSON payloads within 256 KiB.',
  },
  ChannelIdTooLarge: {
    title: 'Identifier Out Of Range',
    status: 400,
    closeCode: 1002,
    advice: 'Use channel ids from 0 to 4294967295.',
  },
  SequenceTooLarge: {
    title: 'Identifier Out Of Range',
    status: 400,
    closeCode: 1002,
    advice: 'Use sequence numbers from 0 to 4294967295.',
  },
  SequenceExhausted: {
    title: 'Sequence Exhausted',
    status: 503,
    closeCode: 1001,
    advice: 'Connect again: the counter of this connection has reached its maximum.',
  },
  SequenceNotIncreasing: {
    title: 'Sequence Not Increasing',
    status: 400,
    closeCode: 1002,
    advice: 'Number frames from 1 upwards, one counter for each direction of a connection.',
  },

  // Connecting.
  ProtocolVersionMismatch: {
    title: 'Protocol Version Mismatch',
    status: 400,
    closeCode: 1002,
    advice: 'Offer a protocol version that the server supports, or update the client.',
  },
  HandshakeFailed: {
    title: 'Handshake Failed',
    status: 403,
    closeCode: 1008,
    advice: "Check the server's public key and the device's own, then connect again.",
  },
  PairingRequired: {
    title: 'PairingRequired',
    status: 403,
    closeCode: 1008,
    advice: 'Approve this device from one that the account already has.',
  },
  IntegrityCheckFailed: {
    title: 'IntegrityCheckFailed',
    status: 400,
    closeCode: 1008,
    advice: 'Connect again; if it happens twice, something between the two sides alters the bytes.',
  },
  Unauthorized: {
    title: 'Unauthorized',
    status: 401,
    closeCode: 1008,
    advice: 'Present a valid token.',
  },
  Forbidden: {
    title: 'Forbidden',
    status: 403,
    closeCode: 1008,
    advice: 'Connect from an allowed origin, with the rights that the request needs.',
  },
  TooManyConnections: {
    title: 'Too Many Connections',
    status: 429,
    closeCode: 1013,
    advice: 'Close other connections from this address, then try again.',
  },
  ServerFull: {
    title: 'Server Full',
    status: 503,
    closeCode: 1013,
    advice: 'Try again later: the server holds as many connections as it may.',
  },
  SlowConsumer: {
    title: 'Slow Consumer',
    status: 503,
    closeCode: 1013,
    advice: 'Read faster, or ask for less, and connect again.',
  },
  ConnectionIdle: {
    title: 'Connection Idle',
    status: 408,
    closeCode: 1001,
    advice: 'Answer pings; connect again.',
  },
  BinaryOnly: {
    title: 'Binary Messages Only',
    status: 415,
    closeCode: 1003,
    advice: 'Send frames as binary WebSocket messages.',
  },
  MessageTooLarge: {
    title: 'Message Too Large',
    status: 413,
    closeCode: 1009,
    advice: 'Keep each WebSocket message within the limit of the server.',
  },

  // Requests inside a connection, and over HTTP.
  BadRequest: {
    title: 'Bad Request',
    status: 400,
    closeCode: null,
    advice: 'Correct the request as the detail says.',
  },
  NotFound: {
    title: 'Not Found',
    status: 404,
    closeCode: null,
    advice: 'Check the address or the id; it may have ended.',
  },
  MethodNotAllowed: {
    title: 'Method Not Allowed',
    status: 405,
    closeCode: null,
    advice: 'Use a method that the Allow header names.',
  },
  RequestTimeout: {
    title: 'Request Timeout',
    status: 408,
    closeCode: null,
    advice: 'Send the request body faster, or send less.',
  },
  BodyTooLarge: {
    title: 'Request Body Too Large',
    status: 413,
    closeCode: null,
    advice: 'Send a smaller request body.',
  },
  HeadersTooLarge: {
    title: 'Request Header Fields Too Large',
    status: 431,
    closeCode: null,
    advice: 'Send fewer or shorter header fields.',
  },
  InvalidMessage: {
    title: 'Invalid Message',
    status: 422,
    closeCode: null,
    advice: 'Send the members that the schema of this message asks for.',
  },
  UnsupportedFrame: {
    title: 'Unsupported Frame',
    status: 501,
    closeCode: null,
    advice: 'Do not send this frame type here.',
  },
  InvalidState: {
    title: 'Invalid State',
    status: 409,
    closeCode: null,
    advice: 'Send messages in the order of the protocol, for example join before anything else.',
  },
  RateLimited: {
    title: 'Rate Limited',
    status: 429,
    closeCode: null,
    advice: 'Wait, then send more slowly.',
  },
  Flooding: {
    title: 'Flooding',
    status: 429,
    closeCode: 1008,
    advice: 'Connect again, and send far less: requests went on after many had been refused as too many.',
  },
  RoomFull: {
    title: 'Room Full',
    status: 409,
    closeCode: null,
    advice: 'Wait until somebody leaves, or use another room.',
  },
  TooManyRooms: {
    title: 'Too Many Rooms',
    status: 503,
    closeCode: null,
    advice: 'Try again later, or ask the operator for a higher limit.',
  },
  CodecUnavailable: {
    title: 'Codec Unavailable',
    status: 415,
    closeCode: null,
    advice: 'Offer another codec, or ask the operator to install the missing one.',
  },
  MediaUnavailable: {
    title: 'Media Unavailable',
    status: 503,
    closeCode: null,
    advice: 'Try again in a few seconds: the media part is being restarted or is at its limit.',
  },
  EmulationUnavailable: {
    title: 'Test Network Unavailable',
    status: 503,
    closeCode: null,
    advice: 'Use the network as it is, or try again when others have ended their test networks.',
  },
  TakenOver: {
    title: 'Taken Over',
    status: 409,
    closeCode: 1008,
    advice: 'Do not connect again by yourself: the same participant came back on another connection.',
  },
  Internal: {
    title: 'Internal Error',
    status: 500,
    closeCode: 1011,
    advice: 'Try again; report it to the operator if it stays.',
  },
} as const satisfies Record<string, ErrorDefinition>;

/** The stable name of an error. */
export type ErrorCode = keyof typeof PROTOCOL_ERRORS;

/** RFC 9457 section 3.1, with `code`, `fatal` and `advice` as extension members (section 3.2). */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly fatal: boolean;
  readonly advice: string;
}

/** Whether a text, for example the `code` of a received problem, names an error of this table. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(PROTOCOL_ERRORS, text);
}

/**
 * The problem type of an error, a URI that identifies and is not meant to be fetched (RFC 9457 section 3.1.1).
 * `RoomFull` becomes `urn:commucat:error:room-full`.
 */
export function problemType(code: ErrorCode): string {
  const kebab = code.replaceAll(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  return `urn:commucat:error:${kebab}`;
}

/** An error that may be told to the other side. Anything else that is thrown is a bug, and is told as `Internal`. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ErrorCode;
  /** What happened this time, in words; sent to the other side. */
  readonly detail: string;

  /**
   * @param code which error
   * @param detail what happened this time; the title where absent
   * @param options `cause`: what led to it, for the log only
   */
  constructor(code: ErrorCode, detail?: string, options?: { readonly cause?: unknown }) {
    const definition = PROTOCOL_ERRORS[code];
    super(`${code}: ${detail ?? definition.title}`, options);
    this.code = code;
    this.detail = detail ?? definition.title;
  }

  get status(): number {
    return PROTOCOL_ERRORS[this.code].status;
  }

  /** WebSocket close code, or null where the connection goes on. */
  get closeCode(): number | null {
    return PROTOCOL_ERRORS[this.code].closeCode;
  }

  /** Whether the connection ends with it. */
  get fatal(): boolean {
    return this.closeCode !== null;
  }

  /** The problem document for an HTTP body or an ERROR frame. */
  toProblem(): ProblemDocument {
    const { title, status, advice } = PROTOCOL_ERRORS[this.code];
    return {
      type: problemType(this.code),
      title,
      status,
      detail: this.detail,
      code: this.code,
      fatal: this.fatal,
      advice,
    };
  }
}

/**
 * Turns anything thrown into something that may be told: a {@link ProtocolError} stays as it is, everything else becomes
 * `Internal` with the original as `cause` and nothing of it in `detail`.
 */
export function asProtocolError(thrown: unknown): ProtocolError {
  return thrown instanceof ProtocolError
    ? thrown
    : new ProtocolError('Internal', undefined, { cause: thrown });
}
