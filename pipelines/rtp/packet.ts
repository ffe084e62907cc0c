/**
 * RTP data packets: RFC 3550 section 5.1, with header extensions (section 5.3.1, RFC 8285) carried as an opaque block.
 *
 * What will surprise you: parsed `payload` and `extension.data` are views into the datagram, not copies; a caller that
 * keeps a packet keeps the datagram.
 */
import { RtpParseError, RtpWriteError } from './errors.ts';

const VERSION = 2;
export const RTP_FIXED_HEADER_BYTES = 12;

export interface RtpHeaderExtension {
  /** 0xBEDE for one-byte elements, 0x100X for two-byte ones (RFC 8285 section 4), or an application's own. */
  readonly profile: number;
  /** The elements as they came; a whole number of 32-bit words. */
  readonly data: Uint8Array;
}

export interface RtpPacket {
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequenceNumber: number;
  /** 32 bits as on the wire. */
  readonly timestamp: number;
  readonly ssrc: number;
  readonly csrcs: readonly number[];
  readonly extension: RtpHeaderExtension | null;
  /** Without padding; empty where the packet carries only padding. */
  readonly payload: Uint8Array;
}

export type RtpPacketFields = Pick<
  RtpPacket,
  'marker' | 'payloadType' | 'sequenceNumber' | 'timestamp' | 'ssrc' | 'payload'
> &
  Partial<Pick<RtpPacket, 'csrcs' | 'extension'>>;

/**
 * Tells RTCP from RTP where both share a port (RFC 5761 section 4): packet types 192 to 223 are RTCP.
 * @returns false for anything too short to tell.
 */
export function isRtcp(datagram: Uint8Array): boolean {
  const packetType = datagram[1];
  return datagram.length >= 4 && packetType !== undefined && packetType >= 192 && packetType <= 223;
}

/**
 * Parses one RTP datagram.
 * @throws RtpParseError for anything that is not a complete RTP version 2 packet.
 */
export function parseRtp(datagram: Uint8Array): RtpPacket {
  if (datagram.length < RTP_FIXED_HEADER_BYTES) {
    throw new RtpParseError('RTP_TOO_SHORT', `RTP header needs 12 bytes, got ${datagram.length}`);
  }
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const first = view.getUint8(0);
  if (first >> 6 !== VERSION) {
    throw new RtpParseError('RTP_BAD_VERSION', `RTP version ${first >> 6}, expected 2`);
  }
  const second = view.getUint8(1);

  const csrcCount = first & 0x0f;
  let offset = RTP_FIXED_HEADER_BYTES + 4 * csrcCount;
  if (offset > datagram.length) {
    throw new RtpParseError(
      'RTP_BAD_CSRC_COUNT',
      `${csrcCount} CSRCs do not fit in ${datagram.length} bytes`,
    );
  }
  const csrcs: number[] = [];
  for (let i = 0; i < csrcCount; i++) csrcs.push(view.getUint32(RTP_FIXED_HEADER_BYTES + 4 * i));

  let extension: RtpHeaderExtension | null = null;
  if ((first & 0x10) !== 0) {
    if (offset + 4 > datagram.length) {
      throw new RtpParseError('RTP_BAD_EXTENSION', 'header extension announced, but the packet ends');
    }
    const profile = view.getUint16(offset);
    const bytes = 4 * view.getUint16(offset + 2);
    if (offset + 4 + bytes > datagram.length) {
      throw new RtpParseError(
        'RTP_BAD_EXTENSION',
        `header extension of ${bytes} bytes is longer than the packet`,
      );
    }
    extension = { profile, data: datagram.subarray(offset + 4, offset + 4 + bytes) };
    offset += 4 + bytes;
  }

  let end = datagram.length;
  if ((first & 0x20) !== 0) {
    const padding = view.getUint8(datagram.length - 1);
    if (padding === 0 || offset + padding > datagram.length) {
      throw new RtpParseError(
        'RTP_BAD_PADDING',
        `padding of ${padding} bytes in ${datagram.length - offset}`,
      );
    }
    end -= padding;
  }

  return {
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequenceNumber: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    csrcs,
    extension,
    payload: datagram.subarray(offset, end),
  };
}

function requireRange(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RtpWriteError(`${name} must be an integer from 0 to ${max}, got ${value}`);
  }
}

/**
 * Writes one RTP datagram, without padding.
 * @throws RtpWriteError where a field does not fit its bits.
 */
export function serializeRtp(fields: RtpPacketFields): Uint8Array {
  const csrcs = fields.csrcs ?? [];
  const extension = fields.extension ?? null;
  requireRange('payloadType', fields.payloadType, 0x7f);
  requireRange('sequenceNumber', fields.sequenceNumber, 0xffff);
  requireRange('timestamp', fields.timestamp, 0xffffffff);
  requireRange('ssrc', fields.ssrc, 0xffffffff);
  requireRange('csrcs.length', csrcs.length, 15);
  const extensionBytes = extension === null ? 0 : 4 + extension.data.length;
  if (extension !== null) {
    requireRange('extension.profile', extension.profile, 0xffff);
    requireRange('extension words', extension.data.length / 4, 0xffff);
  }

  const headerBytes = RTP_FIXED_HEADER_BYTES + 4 * csrcs.length + extensionBytes;
  const datagram = new Uint8Array(headerBytes + fields.payload.length);
  const view = new DataView(datagram.buffer);
  view.setUint8(0, (VERSION << 6) | (extension === null ? 0 : 0x10) | csrcs.length);
  view.setUint8(1, (fields.marker ? 0x80 : 0) | fields.payloadType);
  view.setUint16(2, fields.sequenceNumber);
  view.setUint32(4, fields.timestamp);
  view.setUint32(8, fields.ssrc);
  let offset = RTP_FIXED_HEADER_BYTES;
  for (const csrc of csrcs) {
    requireRange('csrc', csrc, 0xffffffff);
    view.setUint32(offset, csrc);
    offset += 4;
  }
  if (extension !== null) {
    view.setUint16(offset, extension.profile);
    view.setUint16(offset + 2, extension.data.length / 4);
    datagram.set(extension.data, offset + 4);
  }
  datagram.set(fields.payload, headerBytes);
  return datagram;
}
