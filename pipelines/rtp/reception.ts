/**
 * What a receiver says about a stream in its reception reports: RFC 3550 section 6.4.1 and appendices A.3 and A.8.
 * Pure: arrival times are arguments.
 */
import type { ReportBlock, SenderReport } from './rtcp-types.ts';
import type { ExtendedSequence } from './unwrap.ts';

const RTP_TICKS_PER_MS = 90;

export class ReceptionStatistics {
  #firstSequence: number | null = null;
  #highestSequence = 0;
  #received = 0;
  #expectedAtLastReport = 0;
  #receivedAtLastReport = 0;
  #jitter = 0;
  #lastTransitRtp90k: number | null = null;
  #lastSenderReport = 0;
  #lastSenderReportAtMs = 0;

  /**
   * Counts a packet, duplicates and retransmissions included, as the RFC does.
   * @param timestampRtp90k unwrapped.
   */
  packetReceived(sequence: ExtendedSequence, timestampRtp90k: number, nowMs: number): void {
    this.#firstSequence ??= sequence;
    // A packet from before the first one seen would make more received than expected.
    if (sequence < this.#firstSequence) return;
    const inOrder = this.#received === 0 || sequence > this.#highestSequence;
    this.#received++;
    if (!inOrder) return;
    this.#highestSequence = sequence;
    const transitRtp90k = nowMs * RTP_TICKS_PER_MS - timestampRtp90k;
    if (this.#lastTransitRtp90k !== null) {
      this.#jitter += (Math.abs(transitRtp90k - this.#lastTransitRtp90k) - this.#jitter) / 16;
    }
    this.#lastTransitRtp90k = transitRtp90k;
  }

  senderReportReceived(report: SenderReport, nowMs: number): void {
    this.#lastSenderReport = (((report.ntpSeconds & 0xffff) << 16) | (report.ntpFraction >>> 16)) >>> 0;
    this.#lastSenderReportAtMs = nowMs;
  }

  /** Packets that never came (negative where duplicates outweigh them). */
  get cumulativeLost(): number {
    if (this.#firstSequence === null) return 0;
    return this.#highestSequence - this.#firstSequence + 1 - this.#received;
  }

  /** @returns the block for the interval since the last call, or null before the first packet. */
  report(ssrc: number, nowMs: number): ReportBlock | null {
    if (this.#firstSequence === null) return null;
    const expected = this.#highestSequence - this.#firstSequence + 1;
    const expectedInterval = expected - this.#expectedAtLastReport;
    const lostInterval = expectedInterval - (this.#received - this.#receivedAtLastReport);
    this.#expectedAtLastReport = expected;
    this.#receivedAtLastReport = this.#received;
    const fractionLost =
      expectedInterval <= 0 || lostInterval <= 0
        ? 0
        : Math.min(255, Math.floor((lostInterval * 256) / expectedInterval));
    return {
      ssrc,
      fractionLost,
      cumulativeLost: Math.max(-0x800000, Math.min(0x7fffff, this.cumulativeLost)),
      extendedHighestSequence: this.#highestSequence >>> 0,
      jitterRtp90k: Math.min(0xffffffff, Math.round(this.#jitter)),
      lastSenderReport: this.#lastSenderReport,
      delaySinceLastSenderReport:
        this.#lastSenderReport === 0
          ? 0
          : Math.min(
              0xffffffff,
              Math.max(0, Math.round(((nowMs - this.#lastSenderReportAtMs) * 65536) / 1000)),
            ),
    };
  }
}
