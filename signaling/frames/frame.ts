/**
 * What a CCP-1 frame is: its types, their codes, and which of them carry JSON.
 *
 * What will surprise you: the payload's kind follows from the type alone. KEY_UPDATE, TYPING and GROUP_EVENT are JSON,
 * although descriptions of the protocol exist that call them ciphertext.
 */
import { ProtocolError } from '../errors.ts';
import { MAX_U32 } from './limits.ts';

/** Type name → type byte. */
export const FrameType = {
  HELLO: 0x01,
  AUTH: 0x02,
  JOIN: 0x03,
  LEAVE: 0x04,
  MSG: 0x05,
  ACK: 0x06,
  TYPING: 0x07,
  PRESENCE: 0x08,
  KEY_UPDATE: 0x09,
  GROUP_CREATE: 0x0a,
  GROUP_INVITE: 0x0b,
  GROUP_EVENT: 0x0c,
  ERROR: 0x0d,
  CALL_OFFER: 0x0e,
  CALL_ANSWER: 0x0f,
  CALL_END: 0x10,
  VOICE_FRAME: 0x11,
  VIDEO_FRAME: 0x12,
  CALL_STATS: 0x13,
  TRANSPORT_UPDATE: 0x14,
} as const;

export type FrameTypeName = keyof typeof FrameType;
/** Types whose payload is bytes that the codec does not look into. */
export type OpaqueFrameType = 'MSG' | 'VOICE_FRAME' | 'VIDEO_FRAME';
/** Types whose payload is one JSON document. */
export type ControlFrameType = Exclude<FrameTypeName, OpaqueFrameType>;

/** Which number space a channel lives in is the application's business; 0 is the connection itself. */
export type ChannelId = number & { readonly __unit: 'channel-id' };
/** Position of a frame in its direction of a connection, from 1. */
export type Sequence = number & { readonly __unit: 'sequence' };

/** Any JSON value. A member that is undefined is left out, as JSON.stringify does. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue | undefined };

export interface ControlFrame {
  readonly kind: 'control';
  readonly type: ControlFrameType;
  readonly channelId: ChannelId;
  readonly sequence: Sequence;
  readonly control: JsonValue;
}

export interface OpaqueFrame {
  readonly kind: 'opaque';
  readonly type: OpaqueFrameType;
  readonly channelId: ChannelId;
  readonly sequence: Sequence;
  readonly payload: Uint8Array;
}

export type Frame = ControlFrame | OpaqueFrame;

type TypeOfFrame =
  | { readonly kind: 'control'; readonly type: ControlFrameType }
  | { readonly kind: 'opaque'; readonly type: OpaqueFrameType };

const OPAQUE: ReadonlySet<FrameTypeName> = new Set<OpaqueFrameType>(['MSG', 'VOICE_FRAME', 'VIDEO_FRAME']);

function isFrameTypeName(name: string): name is FrameTypeName {
  return Object.hasOwn(FrameType, name);
}

/** The names of all frame types, in the order of their codes. */
export const FRAME_TYPE_NAMES: readonly FrameTypeName[] = Object.keys(FrameType).filter(isFrameTypeName);

/** Whether frames of this type carry bytes rather than JSON. */
export function isOpaqueFrameType(type: FrameTypeName): type is OpaqueFrameType {
  return OPAQUE.has(type);
}

const BY_CODE: readonly (TypeOfFrame | undefined)[] = FRAME_TYPE_NAMES.reduce<(TypeOfFrame | undefined)[]>(
  (table, type) => {
    table[FrameType[type]] = isOpaqueFrameType(type) ? { kind: 'opaque', type } : { kind: 'control', type };
    return table;
  },
  [],
);

/**
 * The type with this code and its kind of payload.
 * @throws {ProtocolError} InvalidFrameType
 */
export function frameTypeOf(code: number): TypeOfFrame {
  const found = BY_CODE[code];
  if (found === undefined) {
    throw new ProtocolError(
      'InvalidFrameType',
      `no frame type has the code 0x${code.toString(16).padStart(2, '0')}`,
    );
  }
  return found;
}

/**
 * A checked channel id.
 * @throws {ProtocolError} ChannelIdTooLarge unless it is an integer from 0 to 4294967295
 */
export function channelId(value: number): ChannelId {
  if (!Number.isInteger(value) || value < 0 || value > MAX_U32) {
    throw new ProtocolError('ChannelIdTooLarge', `channel id ${value} is not from 0 to ${MAX_U32}`);
  }
  return value as ChannelId;
}

/**
 * A checked sequence number.
 * @throws {ProtocolError} SequenceTooLarge unless it is an integer from 0 to 4294967295
 */
export function sequence(value: number): Sequence {
  if (!Number.isInteger(value) || value < 0 || value > MAX_U32) {
    throw new ProtocolError('SequenceTooLarge', `sequence ${value} is not from 0 to ${MAX_U32}`);
  }
  return value as Sequence;
}

/** The channel of the connection itself: handshake, errors, calls of no other channel. */
export const CONNECTION_CHANNEL: ChannelId = channelId(0);
