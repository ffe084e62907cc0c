/** The compound RTCP datagrams that a session sends by itself: reports with SDES, and BYE (RFC 3550 section 6.1). Pure. */
import type { ReportBlock, SenderReport, WritableRtcpPacket } from '../rtp/rtcp-types.ts';
import { serializeRtcp } from '../rtp/rtcp-write.ts';

interface ReportIdentity {
  readonly localSsrc: number;
  readonly cname: string;
}

/**
 * @param senderReports one for every stream that can report.
 * @param blocks what is said about the input.
 */
export function reportDatagram(
  identity: ReportIdentity,
  senderReports: readonly Omit<SenderReport, 'reports'>[],
  blocks: readonly ReportBlock[],
): Uint8Array {
  const ssrcs = [identity.localSsrc, ...senderReports.map((report) => report.ssrc)];
  const packets: WritableRtcpPacket[] = [
    { type: 'receiver-report', ssrc: identity.localSsrc, reports: blocks },
    ...senderReports.map((report) => ({ ...report, reports: [] })),
    { type: 'source-description', chunks: ssrcs.map((ssrc) => ({ ssrc, cname: identity.cname })) },
  ];
  return serializeRtcp(packets);
}

/** @param ssrcs the streams that end. */
export function goodbyeDatagram(identity: ReportIdentity, ssrcs: readonly number[]): Uint8Array {
  return serializeRtcp([
    { type: 'receiver-report', ssrc: identity.localSsrc, reports: [] },
    { type: 'source-description', chunks: [{ ssrc: identity.localSsrc, cname: identity.cname }] },
    { type: 'goodbye', ssrcs: [...ssrcs] },
  ]);
}
