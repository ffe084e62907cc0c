/**
 * CCP-1 frames to bytes and back, one buffer at a time. Layout:
 *
 *     record := frame_len:varint body[frame_len]
 *     body   := type:u8 channel_id:varint sequence:varint payload_len:varint payload[payload_len]
 *
 * What will surprise you:
 * - "More bytes are needed" is a result, "malformed" is an exception. What could still become a frame is never an error;
 *   what no further byte can repair is refused at once, even while most of the frame is missing.
 * - Bytes inside the body after the payload are ignored, as CCP-1 peers do.
 * - A decoded opaque payload is a view of the input, not a copy.
 */
import { ProtocolError } from '../errors.ts';
import { parseControl, serialiseControl } from './control-json.ts';
import { channelId, FrameType, frameTypeOf, sequence } from './frame.ts';
import type { Frame } from './frame.ts';
import { CCP1_LIMITS } from './limits.ts';
import type { FrameLimits } from './limits.ts';
import { MAX_VARINT_BYTES, readVarint, varintLength, writeVarint } from './varint.ts';

/** What the front of a buffer holds. */
export type DecodeResult =
  | { readonly status: 'frame'; readonly frame: Frame; readonly consumedBytes: number }
  | {
      readonly status: 'incomplete';
      /** Length of the whole record once it is known: frame_len and body together. */
      readonly recordBytes: number | null;
    };

/** `frame_len`, as far as it can be read. */
interface RecordHead {
  readonly bodyStart: number;
  readonly bodyEnd: number;
}

function readRecordHead(bytes: Uint8Array, limits: FrameLimits): RecordHead | null {
  const length = readVarint(bytes, 0, bytes.length);
  if (length === null) return null;
  if (length.value > limits.maxFrameBytes) {
    throw new ProtocolError(
      'FrameTooLarge',
      `frame of ${length.value} bytes, at most ${limits.maxFrameBytes}`,
    );
  }
  return { bodyStart: length.end, bodyEnd: length.end + length.value };
}

/**
 * Reads an integer of the body. The body may be longer than the bytes at hand: null means that they end first.
 * @throws {ProtocolError} UnexpectedEof where the body ends first
 */
function readBodyVarint(
  bytes: Uint8Array,
  at: number,
  bodyEnd: number,
): { value: number; end: number } | null {
  const read = readVarint(bytes, at, Math.min(bytes.length, bodyEnd));
  if (read === null && bytes.length >= bodyEnd) {
    throw new ProtocolError('UnexpectedEof', 'the frame ends inside its header');
  }
  return read;
}

/**
 * Decodes the frame at the front of a buffer.
 * @param bytes the record, perhaps cut short, perhaps followed by others
 * @param limits the protocol's own where absent; lower ones for a connection that is not authenticated
 * @throws {ProtocolError} the code of the first thing that is wrong: FrameTooLarge, InvalidFrameType, ChannelIdTooLarge,
 *   SequenceTooLarge, PayloadTooLarge, UnexpectedEof, VarintOverflow, ControlTooLarge, InvalidControlJson
 */
export function decodeFrame(bytes: Uint8Array, limits: FrameLimits = CCP1_LIMITS): DecodeResult {
  const head = readRecordHead(bytes, limits);
  if (head === null) return { status: 'incomplete', recordBytes: null };
  const { bodyStart, bodyEnd } = head;
  const incomplete: DecodeResult = { status: 'incomplete', recordBytes: bodyEnd };
  if (bodyStart === bodyEnd) throw new ProtocolError('UnexpectedEof', 'the frame is empty');

  const typeCode = bytes[bodyStart];
  if (typeCode === undefined) return incomplete;
  const frameType = frameTypeOf(typeCode);

  const channel = readBodyVarint(bytes, bodyStart + 1, bodyEnd);
  if (channel === null) return incomplete;
  const frameChannel = channelId(channel.value);

  const number = readBodyVarint(bytes, channel.end, bodyEnd);
  if (number === null) return incomplete;
  const frameSequence = sequence(number.value);

  const length = readBodyVarint(bytes, number.end, bodyEnd);
  if (length === null) return incomplete;
  if (length.value > limits.maxPayloadBytes) {
    throw new ProtocolError(
      'PayloadTooLarge',
      `payload of ${length.value} bytes, at most ${limits.maxPayloadBytes}`,
    );
  }
  const payloadEnd = length.end + length.value;
  if (payloadEnd > bodyEnd) {
    throw new ProtocolError('UnexpectedEof', 'the payload is longer than its frame');
  }
  if (frameType.kind === 'control' && length.value > limits.maxControlBytes) {
    throw new ProtocolError(
      'ControlTooLarge',
      `JSON of ${length.value} bytes, at most ${limits.maxControlBytes}`,
    );
  }
  if (bytes.length < bodyEnd) return incomplete;

  const payload = bytes.subarray(length.end, payloadEnd);
  const place = { channelId: frameChannel, sequence: frameSequence };
  const frame: Frame =
    frameType.kind === 'control'
      ? { ...frameType, ...place, control: parseControl(payload) }
      : { ...frameType, ...place, payload };
  return { status: 'frame', frame, consumedBytes: bodyEnd };
}

/**
 * Decodes a buffer that must hold exactly one frame, as a WebSocket message does.
 * @throws {ProtocolError} as {@link decodeFrame}; UnexpectedEof where bytes are missing or left over
 */
export function decodeSingleFrame(bytes: Uint8Array, limits: FrameLimits = CCP1_LIMITS): Frame {
  const result = decodeFrame(bytes, limits);
  if (result.status === 'incomplete') {
    throw new ProtocolError('UnexpectedEof', 'the message ends inside a frame');
  }
  if (result.consumedBytes !== bytes.length) {
    throw new ProtocolError('UnexpectedEof', `${bytes.length - result.consumedBytes} bytes follow the frame`);
  }
  return result.frame;
}

/**
 * Encodes one frame.
 * @throws {ProtocolError} ChannelIdTooLarge, SequenceTooLarge, InvalidControlJson, ControlTooLarge, PayloadTooLarge,
 *   FrameTooLarge
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const limits = CCP1_LIMITS;
  const frameChannel = channelId(frame.channelId);
  const frameSequence = sequence(frame.sequence);
  const payload = frame.kind === 'control' ? serialiseControl(frame.control) : frame.payload;
  if (frame.kind === 'control' && payload.length > limits.maxControlBytes) {
    throw new ProtocolError(
      'ControlTooLarge',
      `JSON of ${payload.length} bytes, at most ${limits.maxControlBytes}`,
    );
  }
  if (payload.length > limits.maxPayloadBytes) {
    throw new ProtocolError(
      'PayloadTooLarge',
      `payload of ${payload.length} bytes, at most ${limits.maxPayloadBytes}`,
    );
  }
  const bodyBytes =
    1 +
    varintLength(frameChannel) +
    varintLength(frameSequence) +
    varintLength(payload.length) +
    payload.length;
  if (bodyBytes > limits.maxFrameBytes) {
    throw new ProtocolError('FrameTooLarge', `frame of ${bodyBytes} bytes, at most ${limits.maxFrameBytes}`);
  }
  const record = new Uint8Array(varintLength(bodyBytes) + bodyBytes);
  let at = writeVarint(record, 0, bodyBytes);
  record[at] = FrameType[frame.type];
  at = writeVarint(record, at + 1, frameChannel);
  at = writeVarint(record, at, frameSequence);
  at = writeVarint(record, at, payload.length);
  record.set(payload, at);
  return record;
}

/**
 * Longest record that these limits let through: what a transport that carries whole frames must be able to take.
 * `maxPayloadBytes` and `maxControlBytes` are inside `maxFrameBytes`.
 */
export function maxRecordBytes(limits: FrameLimits): number {
  return MAX_VARINT_BYTES + limits.maxFrameBytes;
}
