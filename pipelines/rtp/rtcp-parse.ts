/**
 * Parses compound RTCP datagrams.
 *
 * What will surprise you: a compound need not begin with a report, since RFC 5506 reduced-size packets (a lone PLI or
 * NACK) are what media servers send. One malformed packet refuses the whole datagram.
 */
import { RtpParseError } from './errors.ts';
import type {
  FullIntraRequest,
  GenericNack,
  ReportBlock,
  RtcpPacket,
  SourceDescription,
} from './rtcp-types.ts';
import { REPORT_BLOCK_BYTES, RTCP_FORMAT, RTCP_TYPE, SDES_CNAME } from './rtcp-types.ts';
import { parseTransportFeedback } from './transport-feedback.ts';

const HEADER_BYTES = 4;
const UTF8 = new TextDecoder('utf-8', { fatal: false });

/**
 * Parses one datagram into its packets, in order.
 * @throws RtpParseError for anything malformed.
 */
export function parseRtcp(datagram: Uint8Array): RtcpPacket[] {
  if (datagram.length < HEADER_BYTES) {
    throw new RtpParseError('RTCP_TOO_SHORT', `RTCP header needs 4 bytes, got ${datagram.length}`);
  }
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const packets: RtcpPacket[] = [];
  let offset = 0;
  while (offset < datagram.length) {
    if (offset + HEADER_BYTES > datagram.length) {
      throw new RtpParseError(
        'RTCP_TOO_SHORT',
        `${datagram.length - offset} bytes left over in the compound`,
      );
    }
    const first = view.getUint8(offset);
    if (first >> 6 !== 2) {
      throw new RtpParseError('RTCP_BAD_VERSION', `RTCP version ${first >> 6}, expected 2`);
    }
    const bytes = 4 * (view.getUint16(offset + 2) + 1);
    if (offset + bytes > datagram.length) {
      throw new RtpParseError(
        'RTCP_BAD_LENGTH',
        `RTCP packet of ${bytes} bytes in ${datagram.length - offset}`,
      );
    }
    let bodyBytes = bytes - HEADER_BYTES;
    if ((first & 0x20) !== 0) {
      const padding = view.getUint8(offset + bytes - 1);
      // Widely used senders pad transport feedback by single bytes, and anywhere in a compound.
      const isFeedback =
        view.getUint8(offset + 1) === RTCP_TYPE.transportFeedback &&
        (first & 0x1f) === RTCP_FORMAT.transportFeedback;
      const isRegular = padding % 4 === 0 && offset + bytes === datagram.length;
      if (padding === 0 || padding > bodyBytes || !(isRegular || isFeedback)) {
        throw new RtpParseError('RTCP_BAD_PADDING', `RTCP padding of ${padding} bytes`);
      }
      bodyBytes -= padding;
    }
    const body = new DataView(datagram.buffer, datagram.byteOffset + offset + HEADER_BYTES, bodyBytes);
    packets.push(parseBody(view.getUint8(offset + 1), first & 0x1f, body));
    offset += bytes;
  }
  return packets;
}

function parseBody(packetType: number, count: number, body: DataView): RtcpPacket {
  switch (packetType) {
    case RTCP_TYPE.senderReport:
      requireBytes(body, 24, 'RTCP_BAD_REPORT');
      return {
        type: 'sender-report',
        ssrc: body.getUint32(0),
        ntpSeconds: body.getUint32(4),
        ntpFraction: body.getUint32(8),
        rtpTimestamp: body.getUint32(12),
        packetCount: body.getUint32(16),
        octetCount: body.getUint32(20),
        reports: parseReports(body, 24, count),
      };
    case RTCP_TYPE.receiverReport:
      requireBytes(body, 4, 'RTCP_BAD_REPORT');
      return { type: 'receiver-report', ssrc: body.getUint32(0), reports: parseReports(body, 4, count) };
    case RTCP_TYPE.sourceDescription:
      return parseSourceDescription(body, count);
    case RTCP_TYPE.goodbye: {
      requireBytes(body, 4 * count, 'RTCP_BAD_BYE');
      const ssrcs: number[] = [];
      for (let i = 0; i < count; i++) ssrcs.push(body.getUint32(4 * i));
      return { type: 'goodbye', ssrcs };
    }
    case RTCP_TYPE.transportFeedback:
      if (count === RTCP_FORMAT.genericNack) return parseNack(body);
      if (count === RTCP_FORMAT.transportFeedback) return parseTransportFeedback(body);
      break;
    case RTCP_TYPE.payloadFeedback:
      if (count === RTCP_FORMAT.pictureLossIndication) {
        requireBytes(body, 8, 'RTCP_BAD_FEEDBACK');
        return {
          type: 'picture-loss-indication',
          senderSsrc: body.getUint32(0),
          mediaSsrc: body.getUint32(4),
        };
      }
      if (count === RTCP_FORMAT.fullIntraRequest) return parseFir(body);
      break;
    default:
  }
  return { type: 'other', packetType, format: count };
}

function requireBytes(
  body: DataView,
  bytes: number,
  code: 'RTCP_BAD_REPORT' | 'RTCP_BAD_BYE' | 'RTCP_BAD_FEEDBACK',
): void {
  if (body.byteLength < bytes) {
    throw new RtpParseError(code, `RTCP body of ${body.byteLength} bytes, needs ${bytes}`);
  }
}

function parseReports(body: DataView, start: number, count: number): ReportBlock[] {
  requireBytes(body, start + count * REPORT_BLOCK_BYTES, 'RTCP_BAD_REPORT');
  const reports: ReportBlock[] = [];
  for (let i = 0; i < count; i++) {
    const at = start + i * REPORT_BLOCK_BYTES;
    reports.push({
      ssrc: body.getUint32(at),
      fractionLost: body.getUint8(at + 4),
      cumulativeLost: (body.getUint32(at + 4) << 8) >> 8,
      extendedHighestSequence: body.getUint32(at + 8),
      jitterRtp90k: body.getUint32(at + 12),
      lastSenderReport: body.getUint32(at + 16),
      delaySinceLastSenderReport: body.getUint32(at + 20),
    });
  }
  return reports;
}

function parseSourceDescription(body: DataView, count: number): SourceDescription {
  const bytes = new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  const chunks: { ssrc: number; cname: string | null }[] = [];
  let offset = 0;
  for (let i = 0; i < count; i++) {
    if (offset + 4 > bytes.length) throw new RtpParseError('RTCP_BAD_SDES', 'SDES chunk without an SSRC');
    const ssrc = body.getUint32(offset);
    offset += 4;
    let cname: string | null = null;
    for (;;) {
      const itemType = bytes[offset];
      if (itemType === undefined) throw new RtpParseError('RTCP_BAD_SDES', 'SDES chunk without its end');
      if (itemType === 0) break;
      const itemBytes = bytes[offset + 1];
      if (itemBytes === undefined || offset + 2 + itemBytes > bytes.length) {
        throw new RtpParseError('RTCP_BAD_SDES', 'SDES item is longer than the packet');
      }
      if (itemType === SDES_CNAME) cname = UTF8.decode(bytes.subarray(offset + 2, offset + 2 + itemBytes));
      offset += 2 + itemBytes;
    }
    // At least one null octet, then up to the next 32-bit boundary.
    offset = (offset + 4) & ~3;
    chunks.push({ ssrc, cname });
  }
  return { type: 'source-description', chunks };
}

function parseNack(body: DataView): GenericNack {
  requireBytes(body, 8, 'RTCP_BAD_FEEDBACK');
  const sequenceNumbers: number[] = [];
  for (let at = 8; at + 4 <= body.byteLength; at += 4) {
    const packetId = body.getUint16(at);
    const bitmask = body.getUint16(at + 2);
    sequenceNumbers.push(packetId);
    for (let bit = 0; bit < 16; bit++) {
      if ((bitmask & (1 << bit)) !== 0) sequenceNumbers.push((packetId + bit + 1) & 0xffff);
    }
  }
  return {
    type: 'generic-nack',
    senderSsrc: body.getUint32(0),
    mediaSsrc: body.getUint32(4),
    sequenceNumbers,
  };
}

function parseFir(body: DataView): FullIntraRequest {
  requireBytes(body, 8, 'RTCP_BAD_FEEDBACK');
  const entries: { ssrc: number; commandSequence: number }[] = [];
  for (let at = 8; at + 8 <= body.byteLength; at += 8) {
    entries.push({ ssrc: body.getUint32(at), commandSequence: body.getUint8(at + 4) });
  }
  return { type: 'full-intra-request', senderSsrc: body.getUint32(0), entries };
}
