/**
 * The stream that a session decodes: RTP packets in, access units out, with the RTCP that a receiver owes its sender. Pure.
 */
import type { RtpStreamSpec } from '../ipc.ts';
import type { AccessUnit } from '../jitter/jitter-buffer.ts';
import { JitterBuffer } from '../jitter/jitter-buffer.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { ReceptionStatistics } from '../rtp/reception.ts';
import type { ReportBlock, SenderReport, WritableRtcpPacket } from '../rtp/rtcp-types.ts';

export interface InputStep {
  readonly units: readonly AccessUnit[];
  /** To be sent to the source now: NACK and PLI. */
  readonly feedback: readonly WritableRtcpPacket[];
}

export class InputStream {
  readonly #spec: RtpStreamSpec;
  readonly #localSsrc: number;
  readonly #jitter: JitterBuffer;
  #reception = new ReceptionStatistics();
  #packetsIn = 0;
  #packetsMalformed = 0;
  #keyFrameRequestsSent = 0;

  /** @param localSsrc names us in feedback and reports. */
  constructor(spec: RtpStreamSpec, localSsrc: number, nowMs: number) {
    this.#spec = spec;
    this.#localSsrc = localSsrc;
    this.#jitter = new JitterBuffer(spec.codec, nowMs);
  }

  /** Whether the packet belongs to the stream; others are to be counted as foreign. */
  owns(packet: RtpPacket): boolean {
    return packet.ssrc === this.#spec.ssrc && packet.payloadType === this.#spec.payloadType;
  }

  push(packet: RtpPacket, nowMs: number): void {
    this.#packetsIn++;
    const { outcome, sequence, timestampRtp90k } = this.#jitter.push(packet, nowMs);
    if (outcome === 'malformed') this.#packetsMalformed++;
    if (outcome === 'restarted') this.#reception = new ReceptionStatistics();
    if (timestampRtp90k !== undefined) this.#reception.packetReceived(sequence, timestampRtp90k, nowMs);
  }

  senderReport(report: SenderReport, nowMs: number): void {
    this.#reception.senderReportReceived(report, nowMs);
  }

  step(nowMs: number): InputStep {
    const { units, nacks, keyFrameRequest } = this.#jitter.poll(nowMs);
    const feedback: WritableRtcpPacket[] = [];
    const addresses = { senderSsrc: this.#localSsrc, mediaSsrc: this.#spec.ssrc };
    if (nacks.length > 0) feedback.push({ type: 'generic-nack', ...addresses, sequenceNumbers: nacks });
    if (keyFrameRequest) {
      this.#keyFrameRequestsSent++;
      feedback.push({ type: 'picture-loss-indication', ...addresses });
    }
    return { units, feedback };
  }

  /** Nothing can be decoded before the next key frame. */
  requireKeyFrame(nowMs: number): void {
    this.#jitter.requireKeyFrame(nowMs);
  }

  get nextDeadlineMs(): number {
    return this.#jitter.nextDeadlineMs;
  }

  reportBlocks(nowMs: number): ReportBlock[] {
    const block = this.#reception.report(this.#spec.ssrc, nowMs);
    return block === null ? [] : [block];
  }

  get statistics(): {
    readonly packetsIn: number;
    readonly packetsLost: number;
    readonly packetsMalformed: number;
    readonly unitsDropped: number;
    readonly keyFrameRequestsSent: number;
  } {
    const { packetsAbandoned, unitsDropped, unitsMalformed } = this.#jitter.statistics;
    return {
      packetsIn: this.#packetsIn,
      packetsLost: packetsAbandoned,
      packetsMalformed: this.#packetsMalformed,
      unitsDropped: unitsDropped + unitsMalformed,
      keyFrameRequestsSent: this.#keyFrameRequestsSent,
    };
  }
}
