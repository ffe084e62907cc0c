/**
 * The mapping between wall clock (NTP) and media clock (RTP) of the captured stream, taken from the sender reports that come
 * with it and carried on into ours (RFC 3550 section 6.4.1), so that sound and picture of one source stay together whatever
 * a transcode adds. Pure.
 *
 * What will surprise you: our streams keep the input's RTP timestamps, so the mapping needs no change, only extrapolation
 * to the time at which a report leaves.
 */
import type { SenderReport } from '../rtp/rtcp-types.ts';
import { wrapTimestamp } from '../rtp/unwrap.ts';

const RTP_TICKS_PER_MS = 90;
const NTP_FRACTIONS_PER_MS = 0x1_0000_0000 / 1000;
/** Past this age the two clocks may have drifted apart by more than a viewer should notice. */
const MAX_AGE_MS = 60_000;

export type SenderClockReading = Pick<SenderReport, 'ntpSeconds' | 'ntpFraction' | 'rtpTimestamp'>;

export class SenderClock {
  #report: SenderReport | null = null;
  #atMs = 0;

  /** A report with a zero NTP time comes from a sender without a wall clock and says nothing. */
  observe(report: SenderReport, nowMs: number): void {
    if (report.ntpSeconds === 0 && report.ntpFraction === 0) return;
    this.#report = report;
    this.#atMs = nowMs;
  }

  /** @returns both clocks at this instant, or null while no report that is recent enough has come. */
  read(nowMs: number): SenderClockReading | null {
    const elapsedMs = nowMs - this.#atMs;
    if (this.#report === null || elapsedMs < 0 || elapsedMs > MAX_AGE_MS) return null;
    const fraction = this.#report.ntpFraction + Math.round(elapsedMs * NTP_FRACTIONS_PER_MS);
    return {
      ntpSeconds: (this.#report.ntpSeconds + Math.floor(fraction / 0x1_0000_0000)) % 0x1_0000_0000,
      ntpFraction: fraction % 0x1_0000_0000,
      rtpTimestamp: wrapTimestamp(this.#report.rtpTimestamp + Math.round(elapsedMs * RTP_TICKS_PER_MS)),
    };
  }
}
