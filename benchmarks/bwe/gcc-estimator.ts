/**
 * The estimator that lost the comparison, kept as the bench's baseline: Google congestion control, after draft-ietf-rmcat-gcc-02, with the
 * trendline filter (least squares over the smoothed delay of the last 20 packet groups) in place of the draft's Kalman filter, as
 * published talks about libwebrtc describe it (Carlucci et al., MMSys '16, have the adaptive threshold).
 *
 * Delay side: packets sent within 5 ms form a group; the delay's gradient between groups, smoothed and fitted, is compared with a
 * threshold that adapts; over-use lowers the rate to 0.85 of what arrives, under-use holds it, else it grows: 8 % a second, or additively
 * near the last rate at which it had to fall. Loss side: more than 10 % lost lowers the rate, less than 2 % lets it grow by 5 %.
 * Pacing is 2.5 times the target, as there.
 */
import type {
  BandwidthEstimator,
  EstimatorLimits,
  EstimatorReading,
  EstimatorState,
  PacketResult,
  Probe,
} from '../../pipelines/bwe/types.ts';

const GROUP_US = 5_000;
const TREND_GROUPS = 20;
const SMOOTHING = 0.9;
const TREND_GAIN = 4;
const MAX_GROUPS_COUNTED = 60;
const THRESHOLD_UP = 0.0087;
const THRESHOLD_DOWN = 0.039;
const OVERUSE_MS = 10;
const DECREASE = 0.85;
const INCREASE_PER_S = 1.08;
const PACING_FACTOR = 2.5;
const RATE_WINDOW_US = 500_000;
const PROBE_BYTES = 6_000;
const PROBE_AGAIN_SHARE = 0.7;

interface Group {
  firstSentUs: number;
  lastSentUs: number;
  lastReceivedUs: number;
}

export class GccEstimator implements BandwidthEstimator {
  readonly #limits: EstimatorLimits;
  #delayBps: number;
  #lossBps: number;
  #group: Group | null = null;
  #previous: Group | null = null;
  #accumulatedMs = 0;
  #smoothedMs = 0;
  #points: { readonly atMs: number; readonly delayMs: number }[] = [];
  #firstArrivalUs: number | null = null;
  #groups = 0;
  #thresholdMs = 12.5;
  #thresholdUs = 0;
  #overusingMs = 0;
  #lastTrend = 0;
  #signal: 'normal' | 'overuse' | 'underuse' = 'normal';
  #rateState: 'hold' | 'increase' | 'decrease' = 'increase';
  #updatedUs: number | null = null;
  #fellUs = 0;
  /** Mean and relative variance of the arriving rate where it had to fall; null: not known, so growth is multiplicative. */
  #linkBps: number | null = null;
  #linkDeviation = 0.4;
  #roundTripUs = 200_000;
  #arrivals: { readonly atUs: number; readonly bytes: number }[] = [];
  #lossWindow = { startUs: 0, packets: 0, lost: 0 };
  #lossShare = 0;
  #probes: Probe[] = [];
  #probeResults = new Map<
    number,
    { bytes: number; firstUs: number; lastUs: number; firstBytes: number; packets: number }
  >();
  readonly #probeRates = new Map<number, number>();
  #probeId = 0;
  #started = false;
  #demandBps: number | null = null;
  #limitedSinceUs: number | null = null;
  #probedUs = 0;

  constructor(limits: EstimatorLimits) {
    this.#limits = limits;
    this.#delayBps = limits.startBps;
    this.#lossBps = limits.maxBps;
  }

  onSent(): void {
    // All it needs comes with the feedback.
  }

  onFeedback(nowUs: number, packets: readonly PacketResult[]): void {
    for (const packet of packets) {
      if (!packet.isCorrection && packet.fate !== 'untold') {
        this.#lossWindow.packets += 1;
        if (packet.fate === 'lost') this.#lossWindow.lost += 1;
      }
      if (packet.receivedUs === null) continue;
      this.#arrivals.push({ atUs: packet.receivedUs, bytes: packet.bytes });
      this.#roundTripUs += (nowUs - packet.sentUs - this.#roundTripUs) / 32;
      this.#probeArrived(packet);
      this.#toGroup(packet);
    }
    this.#updateLoss(nowUs);
    this.#updateRate(nowUs);
  }

  onTick(nowUs: number): void {
    if (!this.#started) {
      this.#started = true;
      for (const factor of [3, 6]) this.#wantProbe(this.#limits.startBps * factor);
      this.#probedUs = nowUs;
    }
    // After a fall the rate may be far below the link: libwebrtc probes again where the application is limited.
    if (this.#limitedSinceUs !== null && nowUs - this.#probedUs > 5_000_000 && this.#signal === 'normal') {
      this.#wantProbe(2 * this.#targetBps);
      this.#probedUs = nowUs;
    }
  }

  setDemand(bps: number | null): void {
    this.#demandBps = bps;
  }

  nextProbe(): Probe | null {
    return this.#probes.shift() ?? null;
  }

  get reading(): EstimatorReading {
    const targetBps = Math.min(this.#targetBps, this.#demandBps ?? Infinity);
    const state: EstimatorState =
      this.#lossBps < this.#delayBps
        ? 'lossy'
        : this.#rateState === 'decrease'
          ? 'draining'
          : this.#rateState === 'hold'
            ? 'steady'
            : 'growing';
    return {
      estimateBps: this.#targetBps,
      targetBps,
      pacingBps: PACING_FACTOR * targetBps,
      congestionWindowBytes: Infinity,
      state,
      reason: `delay trend says ${this.#signal}, ${(this.#lossShare * 100).toFixed(1)} % lost`,
    };
  }

  get #targetBps(): number {
    return Math.max(this.#limits.minBps, Math.min(this.#limits.maxBps, this.#delayBps, this.#lossBps));
  }

  #wantProbe(bps: number): void {
    if (bps > this.#limits.maxBps) return;
    const id = ++this.#probeId;
    this.#probeRates.set(id, bps);
    this.#probeRates.delete(id - 8);
    this.#probes.push({ id, bps, bytes: Math.max(PROBE_BYTES, Math.ceil((bps * 15) / 8000)) });
  }

  #probeArrived({ probeId, receivedUs, bytes }: PacketResult): void {
    if (probeId === undefined || receivedUs === null) return;
    const result = this.#probeResults.get(probeId);
    if (result === undefined) {
      this.#probeResults.set(probeId, {
        bytes,
        firstUs: receivedUs,
        lastUs: receivedUs,
        firstBytes: bytes,
        packets: 1,
      });
      if (this.#probeResults.size > 8) this.#probeResults.delete(Math.min(...this.#probeResults.keys()));
      return;
    }
    result.bytes += bytes;
    result.lastUs = Math.max(result.lastUs, receivedUs);
    result.packets += 1;
    const spanUs = result.lastUs - result.firstUs;
    if (result.packets >= 5 && result.bytes >= PROBE_BYTES * 0.8 && spanUs > 0) {
      const bps = ((result.bytes - result.firstBytes) * 8e6) / spanUs;
      this.#probeResults.delete(probeId);
      // It fitted, nearly: more may.
      if (bps > PROBE_AGAIN_SHARE * (this.#probeRates.get(probeId) ?? Infinity)) this.#wantProbe(2 * bps);
      if (this.#signal !== 'overuse' && bps * 0.95 > this.#delayBps) this.#delayBps = bps * 0.95;
    }
  }

  #toGroup({ sentUs, receivedUs }: PacketResult): void {
    if (receivedUs === null) return;
    const group = this.#group;
    if (group === null) this.#group = { firstSentUs: sentUs, lastSentUs: sentUs, lastReceivedUs: receivedUs };
    else if (sentUs < group.firstSentUs) return;
    else if (sentUs - group.firstSentUs <= GROUP_US) {
      group.lastSentUs = Math.max(group.lastSentUs, sentUs);
      group.lastReceivedUs = Math.max(group.lastReceivedUs, receivedUs);
    } else {
      if (this.#previous !== null) this.#trend(this.#previous, group);
      this.#previous = group;
      this.#group = { firstSentUs: sentUs, lastSentUs: sentUs, lastReceivedUs: receivedUs };
    }
  }

  #trend(before: Group, after: Group): void {
    const gradientMs =
      (after.lastReceivedUs - before.lastReceivedUs - (after.lastSentUs - before.lastSentUs)) / 1000;
    this.#firstArrivalUs ??= after.lastReceivedUs;
    this.#groups = Math.min(MAX_GROUPS_COUNTED, this.#groups + 1);
    this.#accumulatedMs += gradientMs;
    this.#smoothedMs = SMOOTHING * this.#smoothedMs + (1 - SMOOTHING) * this.#accumulatedMs;
    this.#points.push({
      atMs: (after.lastReceivedUs - this.#firstArrivalUs) / 1000,
      delayMs: this.#smoothedMs,
    });
    if (this.#points.length > TREND_GROUPS) this.#points = this.#points.slice(-TREND_GROUPS);
    const trend = this.#points.length === TREND_GROUPS ? slope(this.#points) : this.#lastTrend;
    const modifiedMs = Math.min(this.#groups, MAX_GROUPS_COUNTED) * trend * TREND_GAIN;
    const spanMs = (after.lastSentUs - before.lastSentUs) / 1000;
    if (modifiedMs > this.#thresholdMs) {
      this.#overusingMs += spanMs;
      if (this.#overusingMs > OVERUSE_MS && trend >= this.#lastTrend) {
        this.#signal = 'overuse';
        this.#overusingMs = 0;
      }
    } else {
      this.#overusingMs = 0;
      this.#signal = modifiedMs < -this.#thresholdMs ? 'underuse' : 'normal';
    }
    this.#lastTrend = trend;
    const beyondMs = Math.abs(modifiedMs) - this.#thresholdMs;
    const gain = beyondMs < 0 ? THRESHOLD_DOWN : THRESHOLD_UP;
    const sinceMs = Math.min(100, (after.lastReceivedUs - this.#thresholdUs) / 1000);
    if (beyondMs <= 15) {
      this.#thresholdMs = Math.min(600, Math.max(6, this.#thresholdMs + gain * beyondMs * sinceMs));
    }
    this.#thresholdUs = after.lastReceivedUs;
  }

  #arrivingBps(): number {
    const newestUs = this.#arrivals.at(-1)?.atUs ?? 0;
    this.#arrivals = this.#arrivals.filter(({ atUs }) => atUs > newestUs - RATE_WINDOW_US);
    const spanUs = Math.max(100_000, newestUs - (this.#arrivals[0]?.atUs ?? newestUs));
    return (this.#arrivals.reduce((sum, { bytes }) => sum + bytes, 0) * 8e6) / spanUs;
  }

  #updateRate(nowUs: number): void {
    const arrivingBps = this.#arrivingBps();
    if (this.#signal === 'overuse') this.#rateState = 'decrease';
    else if (this.#signal === 'underuse') this.#rateState = 'hold';
    else this.#rateState = this.#rateState === 'decrease' ? 'hold' : 'increase';
    const sinceS = Math.min(1, (nowUs - (this.#updatedUs ?? nowUs)) / 1e6);
    this.#updatedUs = nowUs;
    this.#limitedSinceUs = arrivingBps < 0.65 * this.#targetBps ? (this.#limitedSinceUs ?? nowUs) : null;
    if (this.#rateState === 'decrease') {
      // Once in a round trip and a bit: what was decided has to be felt first.
      if (nowUs - this.#fellUs < this.#roundTripUs + 100_000) return;
      this.#fellUs = nowUs;
      if (this.#linkBps !== null && arrivingBps < this.#linkBps * (1 - 3 * this.#linkDeviation)) {
        this.#linkBps = null;
      }
      this.#learnLink(arrivingBps);
      this.#delayBps = Math.min(this.#delayBps, DECREASE * arrivingBps);
    } else if (this.#rateState === 'increase') {
      if (this.#linkBps !== null && arrivingBps > this.#linkBps * (1 + 3 * this.#linkDeviation)) {
        this.#linkBps = null;
      }
      if (this.#linkBps === null) this.#delayBps *= INCREASE_PER_S ** sinceS;
      else {
        const responseS = (this.#roundTripUs + 100_000) / 1e6;
        const packetBits = Math.max(1200 * 8, this.#delayBps / 30);
        this.#delayBps += (Math.max(4000, packetBits / responseS) * sinceS) / 2;
      }
      this.#delayBps = Math.min(this.#delayBps, 1.5 * arrivingBps + 10_000);
    }
    this.#delayBps = Math.max(this.#limits.minBps, Math.min(this.#limits.maxBps, this.#delayBps));
  }

  #learnLink(bps: number): void {
    const beforeBps = this.#linkBps ?? bps;
    this.#linkBps = beforeBps + 0.05 * (bps - beforeBps);
    const error = (bps - this.#linkBps) / this.#linkBps;
    this.#linkDeviation = Math.sqrt(0.95 * this.#linkDeviation ** 2 + 0.05 * error * error);
    this.#linkDeviation = Math.min(0.25, Math.max(0.05, this.#linkDeviation));
  }

  #updateLoss(nowUs: number): void {
    const window = this.#lossWindow;
    if (nowUs - window.startUs < 200_000 || window.packets < 20) return;
    this.#lossShare = window.lost / window.packets;
    const bps = Math.min(this.#lossBps, this.#delayBps);
    if (this.#lossShare > 0.1) this.#lossBps = bps * (1 - 0.5 * this.#lossShare);
    else if (this.#lossShare < 0.02) {
      this.#lossBps = Math.min(this.#limits.maxBps, this.#lossBps * 1.05 + 1000);
    }
    this.#lossWindow = { startUs: nowUs, packets: 0, lost: 0 };
  }
}

function slope(points: readonly { readonly atMs: number; readonly delayMs: number }[]): number {
  const meanX = points.reduce((sum, { atMs }) => sum + atMs, 0) / points.length;
  const meanY = points.reduce((sum, { delayMs }) => sum + delayMs, 0) / points.length;
  let [numerator, denominator] = [0, 0];
  for (const { atMs, delayMs } of points) {
    numerator += (atMs - meanX) * (delayMs - meanY);
    denominator += (atMs - meanX) ** 2;
  }
  return denominator === 0 ? 0 : numerator / denominator;
}
