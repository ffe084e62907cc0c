/** Writes compound RTCP datagrams; the counterpart of rtcp-parse.ts. */
import { RtpWriteError } from './errors.ts';
import type { ReportBlock, WritableRtcpPacket } from './rtcp-types.ts';
import { REPORT_BLOCK_BYTES, RTCP_FORMAT, RTCP_TYPE, SDES_CNAME } from './rtcp-types.ts';
import { writeTransportFeedback } from './transport-feedback.ts';

const HEADER_BYTES = 4;
const UTF8 = new TextEncoder();

/**
 * Writes the packets into one datagram, in order.
 * @throws RtpWriteError where something does not fit: more than 31 blocks in a packet, a CNAME over 255 bytes.
 */
export function serializeRtcp(packets: readonly WritableRtcpPacket[]): Uint8Array {
  const parts = packets.map(serializeOne);
  const datagram = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    datagram.set(part, offset);
    offset += part.length;
  }
  return datagram;
}

function serializeOne(packet: WritableRtcpPacket): Uint8Array {
  switch (packet.type) {
    case 'sender-report': {
      const view = begin(
        RTCP_TYPE.senderReport,
        packet.reports.length,
        24 + packet.reports.length * REPORT_BLOCK_BYTES,
      );
      view.setUint32(4, packet.ssrc);
      view.setUint32(8, packet.ntpSeconds);
      view.setUint32(12, packet.ntpFraction);
      view.setUint32(16, packet.rtpTimestamp);
      view.setUint32(20, packet.packetCount);
      view.setUint32(24, packet.octetCount);
      writeReports(view, 28, packet.reports);
      return bytesOf(view);
    }
    case 'receiver-report': {
      const view = begin(
        RTCP_TYPE.receiverReport,
        packet.reports.length,
        4 + packet.reports.length * REPORT_BLOCK_BYTES,
      );
      view.setUint32(4, packet.ssrc);
      writeReports(view, 8, packet.reports);
      return bytesOf(view);
    }
    case 'source-description':
      return writeSourceDescription(packet.chunks);
    case 'goodbye': {
      const view = begin(RTCP_TYPE.goodbye, packet.ssrcs.length, 4 * packet.ssrcs.length);
      packet.ssrcs.forEach((ssrc, i) => view.setUint32(4 + 4 * i, ssrc));
      return bytesOf(view);
    }
    case 'picture-loss-indication': {
      const view = begin(RTCP_TYPE.payloadFeedback, RTCP_FORMAT.pictureLossIndication, 8);
      view.setUint32(4, packet.senderSsrc);
      view.setUint32(8, packet.mediaSsrc);
      return bytesOf(view);
    }
    case 'full-intra-request': {
      const view = begin(
        RTCP_TYPE.payloadFeedback,
        RTCP_FORMAT.fullIntraRequest,
        8 + 8 * packet.entries.length,
      );
      view.setUint32(4, packet.senderSsrc);
      packet.entries.forEach((entry, i) => {
        view.setUint32(12 + 8 * i, entry.ssrc);
        view.setUint8(16 + 8 * i, entry.commandSequence);
      });
      return bytesOf(view);
    }
    case 'generic-nack': {
      const pairs = nackPairs(packet.sequenceNumbers);
      const view = begin(RTCP_TYPE.transportFeedback, RTCP_FORMAT.genericNack, 8 + 4 * pairs.length);
      view.setUint32(4, packet.senderSsrc);
      view.setUint32(8, packet.mediaSsrc);
      pairs.forEach(([packetId, bitmask], i) => {
        view.setUint16(12 + 4 * i, packetId);
        view.setUint16(14 + 4 * i, bitmask);
      });
      return bytesOf(view);
    }
    case 'transport-feedback':
      return writeTransportFeedback(packet);
  }
}

function begin(packetType: number, count: number, bodyBytes: number): DataView {
  if (count > 31) throw new RtpWriteError(`an RTCP packet holds at most 31 blocks, got ${count}`);
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + bodyBytes));
  view.setUint8(0, (2 << 6) | count);
  view.setUint8(1, packetType);
  view.setUint16(2, bodyBytes / 4);
  return view;
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function writeReports(view: DataView, start: number, reports: readonly ReportBlock[]): void {
  reports.forEach((report, i) => {
    const at = start + i * REPORT_BLOCK_BYTES;
    view.setUint32(at, report.ssrc);
    view.setUint32(at + 4, (report.fractionLost << 24) | (report.cumulativeLost & 0xffffff));
    view.setUint32(at + 8, report.extendedHighestSequence);
    view.setUint32(at + 12, report.jitterRtp90k);
    view.setUint32(at + 16, report.lastSenderReport);
    view.setUint32(at + 20, report.delaySinceLastSenderReport);
  });
}

function writeSourceDescription(chunks: readonly { ssrc: number; cname: string | null }[]): Uint8Array {
  const names = chunks.map((chunk) => (chunk.cname === null ? null : UTF8.encode(chunk.cname)));
  const sizes = names.map((name) => {
    if (name !== null && name.length > 255) {
      throw new RtpWriteError(`CNAME of ${name.length} bytes, at most 255`);
    }
    return 4 + ((((name === null ? 0 : 2 + name.length) + 1 + 3) >> 2) << 2);
  });
  const view = begin(
    RTCP_TYPE.sourceDescription,
    chunks.length,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  const bytes = bytesOf(view);
  let offset = HEADER_BYTES;
  chunks.forEach((chunk, i) => {
    view.setUint32(offset, chunk.ssrc);
    const name = names[i] ?? null;
    if (name !== null) {
      view.setUint8(offset + 4, SDES_CNAME);
      view.setUint8(offset + 5, name.length);
      bytes.set(name, offset + 6);
    }
    offset += sizes[i] ?? 0;
  });
  return bytes;
}

/** Packs sequence numbers, in any order, into (first, following 16 as bits) pairs. */
function nackPairs(sequenceNumbers: readonly number[]): [number, number][] {
  const pairs: [number, number][] = [];
  for (const sequenceNumber of sequenceNumbers) {
    const last = pairs.at(-1);
    const ahead = last === undefined ? 0 : (sequenceNumber - last[0]) & 0xffff;
    if (last !== undefined && ahead >= 1 && ahead <= 16) last[1] |= 1 << (ahead - 1);
    else pairs.push([sequenceNumber, 0]);
  }
  return pairs;
}
