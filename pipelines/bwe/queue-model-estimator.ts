/**
 * The bandwidth estimator for our own senders: it models the bottleneck's queue, and sends what keeps that queue short but not empty.
 *
 * From each feedback it reads the rate at which the bottleneck served while it had something to serve (`service-rate.ts`). Between feedbacks
 * it reckons on: what is in flight, less what the link has served since, is in the queue. Sent is what the link serves, plus or minus what brings
 * the queue to its target:
 *
 *     pacing = headroom x rate + (target queue - modelled queue) / (time to drain)
 *
 * Where each part comes from:
 * - the control law: ABC (Goyal et al., NSDI '20), there computed by the router, here by the sender from its model;
 * - what is in flight bounds what is sent, so that the queue stays bounded when feedback stops: SCReAM (RFC 8298 section 4.1.2);
 * - the rate by dispersion, and only while backlogged: packet trains (Dovrolis et al., 2001), Sprout (NSDI '13);
 * - a target of so many packets for each flow, so that equal flows become equal: TCP Vegas (Brakmo et al., 1994), Copa (NSDI '18);
 * - growth while the queue is empty, and a drain every ten seconds so that the base delay can be seen: BBR (Cardwell et al., 2016);
 * - `headroom.ts`, `competition.ts`, `loss-guard.ts`, `probing.ts`: in their headers.
 *
 * What will surprise you: `pacingBps` may be 0 for a while, and moves with every tick even where nothing is heard. `targetBps` is what an
 * encoder should make over the next frames; it does not follow every drain.
 */
import { Competition } from './competition.ts';
import { Headroom } from './headroom.ts';
import { LossGuard } from './loss-guard.ts';
import { PathDelay } from './path-delay.ts';
import { Probing } from './probing.ts';
import { type Arrival, type BatchLoad, ServiceMeter } from './service-rate.ts';
import { TUNING, type Tuning } from './tuning.ts';
import type {
  BandwidthEstimator,
  EstimatorLimits,
  EstimatorReading,
  EstimatorState,
  PacketResult,
  Probe,
  SentPacket,
} from './types.ts';
import { DEFAULT_LIMITS } from './types.ts';

/** An encoder's frames scatter around its target; the rest is for them. */
const TARGET_SHARE = 0.95;
/** The most that is added to the target for packets that are lost here whatever is sent. */
const MAX_LOSS_ALLOWANCE = 0.1;
const SMOOTHING_UP_US = 100_000;
const LATE_FEEDBACK_US = 25_000;
const DRAIN_EVERY_US = 10_000_000;
const DRAIN_FOR_US = 50_000;
const DRAIN_PACING = 0.7;
/** Growth without being told so by a backlog ends at this times what arrives. */
const MAX_BLIND_GROWTH = 2;
/** What the link carried is remembered with this half-life; below `FAR_BELOW` of it, growth is faster. */
const MEMORY_US = 5_000_000;
const FAR_BELOW = 0.5;
/** The same for telling a slow link from a shared one. */
const USUAL_US = 30_000_000;
/** The volatility is read off so many packets at least: of fewer, as a slow flow has them, it would be their grain. */
const EVEN_PACKETS = 10;
const ARRIVING_US = 500_000;
const MAX_INTERVAL_US = 60_000;
/** Without any feedback so long, the path is silent. */
const SILENT_US = 500_000;
/** What is added to the most that may be sent, so that growth has something to begin with. */
const ADDED_BPS = 50_000;
/** Sent into a silent path: a packet now and then, which finds out that it is back. */
const TRICKLE_AFTER_US = 1_000_000;
const TRICKLE_BPS = 15_000;

export class QueueModelEstimator implements BandwidthEstimator {
  readonly #limits: EstimatorLimits;
  readonly #tuning: Tuning;
  readonly #path = new PathDelay();
  readonly #meter = new ServiceMeter();
  readonly #headroom: Headroom;
  readonly #competition = new Competition();
  readonly #loss = new LossGuard();
  readonly #probing = new Probing();
  #demandBps: number | null = null;
  #inFlightBytes = 0;
  #packetBytes = 1200;
  #rateBps: number;
  #smoothBps: number;
  #rememberedBps = 0;
  #usualBps = 0;
  #ownQueueUs = 0;
  #leastQueueUs = 0;
  #arrivingBps = 0;
  #sendingBps = 0;
  #sentBytes = 0;
  #feedbackUs: number | null = null;
  #intervalUs = 50_000;
  #tickUs: number | null = null;
  #pacingBps: number;
  #windowBytes = Infinity;
  #clearUs = 0;
  #drainUntilUs = 0;
  #hasStarted = false;
  #wasBusy = false;
  #state: EstimatorState = 'starting';

  /**
   * @param tuning for experiments
   * @throws RangeError where the limits are not in order
   */
  constructor(limits: EstimatorLimits = DEFAULT_LIMITS, tuning: Partial<Tuning> = {}) {
    const { minBps, startBps, maxBps } = limits;
    if (!(minBps > 0 && minBps <= startBps && startBps <= maxBps)) {
      throw new RangeError(`limits out of order: ${minBps}, ${startBps}, ${maxBps} bit/s`);
    }
    this.#limits = limits;
    this.#tuning = { ...TUNING, ...tuning };
    this.#headroom = new Headroom(this.#tuning);
    this.#rateBps = startBps;
    this.#smoothBps = startBps;
    this.#pacingBps = startBps;
  }

  onSent(packet: SentPacket): void {
    this.#inFlightBytes += packet.bytes;
    this.#sentBytes += packet.bytes;
    this.#packetBytes += (packet.bytes - this.#packetBytes) / 16;
  }

  onFeedback(nowUs: number, packets: readonly PacketResult[]): void {
    const arrivals: Arrival[] = [];
    let [lost, lostRuns] = [0, 0];
    let wasLost = false;
    let probedBps: number | null = null;
    for (const packet of packets) {
      if (!packet.isCorrection) this.#inFlightBytes = Math.max(0, this.#inFlightBytes - packet.bytes);
      if (packet.fate === 'lost') {
        lost += 1;
        if (!wasLost) lostRuns += 1;
      }
      wasLost = packet.fate === 'lost';
      if (packet.receivedUs === null) continue;
      arrivals.push({ bytes: packet.bytes, sentUs: packet.sentUs, receivedUs: packet.receivedUs });
      probedBps = this.#probing.onResult(packet) ?? probedBps;
    }
    const last = arrivals.at(-1);
    if (last === undefined) return;
    for (const { sentUs, receivedUs } of arrivals) this.#path.onPacket(sentUs, receivedUs, nowUs);
    this.#path.onFeedback(Math.max(...arrivals.map(({ receivedUs }) => receivedUs)), nowUs);
    if (this.#feedbackUs !== null) {
      const sampleUs = Math.min(MAX_INTERVAL_US, nowUs - this.#feedbackUs);
      this.#intervalUs += (sampleUs - this.#intervalUs) / 8;
    }
    this.#feedbackUs = nowUs;
    const load = this.#meter.onBatch(arrivals, this.#path.baseForwardUs, this.#tuning.slackUs);
    this.#updateRate(load, probedBps);
    this.#updateGuards(arrivals, { lost, lostRuns }, load, nowUs);
    this.#control(nowUs);
  }

  onTick(nowUs: number): void {
    this.#control(nowUs);
  }

  setDemand(bps: number | null): void {
    this.#demandBps = bps;
  }

  nextProbe(nowUs: number): Probe | null {
    if (!this.#hasStarted || this.#state === 'silent' || this.#loss.ceilingBps < Infinity) return null;
    const wantedBps = Math.min(this.#limits.maxBps, this.#demandBps ?? Infinity);
    return this.#probing.next(nowUs, this.#smoothBps, this.#sendingBps, wantedBps);
  }

  get reading(): EstimatorReading {
    const { minBps, maxBps } = this.#limits;
    const estimateBps = Math.max(minBps, Math.min(maxBps, this.#smoothBps));
    const allowance = 1 + Math.min(MAX_LOSS_ALLOWANCE, this.#loss.usualShare);
    const targetBps = Math.max(
      minBps,
      Math.min(maxBps, TARGET_SHARE * allowance * estimateBps, this.#demandBps ?? Infinity),
    );
    return {
      estimateBps,
      targetBps,
      pacingBps: this.#pacingBps,
      congestionWindowBytes: this.#windowBytes,
      state: this.#state,
      reason: this.#reason(),
    };
  }

  #updateRate(load: BatchLoad, probedBps: number | null): void {
    const { fastWindowUs, slowWindowUs, slowShare, minPackets, busyShare, growth, regrowth } = this.#tuning;
    if (load.spanUs > 0) {
      const weight = Math.min(1, load.spanUs / ARRIVING_US);
      this.#arrivingBps += ((load.bytes * 8e6) / load.spanUs - this.#arrivingBps) * weight;
    }
    const fast = this.#meter.rate(fastWindowUs, minPackets);
    const slow = this.#meter.rate(slowWindowUs, minPackets, this.#tuning.longestGapUs);
    const isBusy = load.queuedBytes >= busyShare * load.bytes;
    this.#wasBusy = isBusy;
    if (isBusy && fast !== null && slow !== null) {
      this.#hasStarted = true;
      this.#rateBps = Math.min(fast.bps, slowShare * slow.bps + (1 - slowShare) * fast.bps);
      const even = this.#meter.rate(fastWindowUs, EVEN_PACKETS) ?? fast;
      this.#headroom.onReading(even.bps, slow.bps, load.spanUs);
      const forgotten = this.#rememberedBps * 0.5 ** (load.spanUs / MEMORY_US);
      this.#rememberedBps = Math.max(slow.bps, forgotten);
      this.#usualBps = Math.max(slow.bps, this.#usualBps * 0.5 ** (load.spanUs / USUAL_US));
    } else if (this.#rateBps < MAX_BLIND_GROWTH * this.#arrivingBps || !this.#hasStarted) {
      const isFarBelow = this.#rateBps < FAR_BELOW * this.#rememberedBps;
      const gain = !this.#hasStarted ? 1 : isFarBelow ? regrowth : growth;
      this.#rateBps *= 1 + (gain * this.#intervalUs) / (2 * Math.max(20_000, this.#path.baseRoundTripUs));
    }
    if (probedBps !== null && !isBusy) this.#rateBps = Math.max(this.#rateBps, probedBps);
    this.#rateBps = Math.max(this.#limits.minBps, Math.min(this.#limits.maxBps, this.#rateBps));
  }

  #updateGuards(
    arrivals: readonly Arrival[],
    { lost, lostRuns }: { lost: number; lostRuns: number },
    load: BatchLoad,
    nowUs: number,
  ): void {
    let [leastQueueUs, mostQueueUs] = [Infinity, 0];
    for (const { sentUs, receivedUs } of arrivals) {
      const queueUs = this.#path.queueUs(sentUs, receivedUs);
      leastQueueUs = Math.min(leastQueueUs, queueUs);
      mostQueueUs = Math.max(mostQueueUs, queueUs);
    }
    if (leastQueueUs < this.#tuning.slackUs + 1_000) this.#clearUs = nowUs;
    this.#leastQueueUs += (leastQueueUs - this.#leastQueueUs) / 4;
    const baseRoundTripUs = this.#path.baseRoundTripUs;
    this.#competition.onFeedback({
      nowUs,
      leastQueueUs,
      usualQueueUs: this.#targetQueueUs(Math.max(this.#usualBps, this.#rateBps)),
      usualBps: this.#usualBps,
      ownQueueUs: this.#ownQueueUs,
      baseRoundTripUs,
      receivedBytes: load.bytes,
      lostPackets: lost,
      packetBytes: this.#packetBytes,
      inFlightBytes: this.#inFlightBytes,
      volatility: this.#headroom.volatility,
    });
    this.#loss.onFeedback({
      nowUs,
      isQueueSeen:
        mostQueueUs > 1.5 * this.#targetQueueUs(this.#rateBps) || this.#competition.windowBytes !== null,
      received: arrivals.length,
      lost,
      lostRuns,
      receivedBytes: load.bytes,
      roundTripUs: baseRoundTripUs,
      estimateBps: this.#rateBps,
    });
  }

  #targetQueueUs(bps: number): number {
    const { targetUs, targetPackets } = this.#tuning;
    return targetUs + (targetPackets * this.#packetBytes * 8e6) / bps;
  }

  #control(nowUs: number): void {
    const sinceUs = this.#tickUs === null ? 0 : Math.max(0, nowUs - this.#tickUs);
    this.#tickUs = nowUs;
    if (sinceUs > 0) {
      this.#sendingBps +=
        ((this.#sentBytes * 8e6) / sinceUs - this.#sendingBps) * Math.min(1, sinceUs / ARRIVING_US);
      this.#sentBytes = 0;
    }
    if (this.#feedbackUs === null) return;
    const { drainUs, fillUs, fade, ageIntervals, maxGain } = this.#tuning;
    const baseRoundTripUs = this.#path.baseRoundTripUs;
    const heardUs = nowUs - this.#feedbackUs;
    const lateUs = Math.max(0, heardUs - 1.5 * this.#intervalUs);
    const rateBps = Math.min(this.#rateBps, this.#loss.ceilingBps) * fade ** (lateUs / LATE_FEEDBACK_US);
    const servedUs = Math.min(heardUs + baseRoundTripUs, baseRoundTripUs + ageIntervals * this.#intervalUs);
    const queueBits = this.#inFlightBytes * 8 - (rateBps * servedUs) / 1e6;
    this.#ownQueueUs = Math.max(0, queueBits * 1e6) / Math.max(rateBps, this.#limits.minBps);
    const isDraining = this.#isDraining(nowUs);
    const targetBits = isDraining
      ? 0
      : (rateBps * this.#targetQueueUs(Math.max(rateBps, this.#limits.minBps))) / 1e6;
    const correctionBps = ((targetBits - queueBits) * 1e6) / (queueBits > targetBits ? drainUs : fillUs);
    const headroom = isDraining ? DRAIN_PACING : this.#headroom.factor;
    const wantedBps = headroom * rateBps + correctionBps;
    this.#pacingBps = Math.max(0, Math.min(this.#limits.maxBps, maxGain * rateBps + ADDED_BPS, wantedBps));
    if (heardUs > TRICKLE_AFTER_US) this.#pacingBps = Math.max(TRICKLE_BPS, this.#pacingBps);
    this.#windowBytes = Infinity;
    let estimateBps = rateBps;
    const competingBytes = this.#competition.windowBytes;
    if (competingBytes !== null) {
      const roundTripUs = baseRoundTripUs + this.#leastQueueUs;
      this.#windowBytes = competingBytes;
      this.#pacingBps = Math.min(this.#limits.maxBps, (2 * competingBytes * 8e6) / roundTripUs);
      estimateBps = (competingBytes * 8e6) / roundTripUs;
    }
    this.#smoothBps =
      estimateBps < this.#smoothBps
        ? Math.max(estimateBps, this.#limits.minBps)
        : this.#smoothBps + (estimateBps - this.#smoothBps) * Math.min(1, sinceUs / SMOOTHING_UP_US);
    this.#state = this.#stateNow(heardUs, queueBits > targetBits + rateBps * 0.02);
  }

  /** Once in a while the queue is emptied, so that the base delay is seen again. */
  #isDraining(nowUs: number): boolean {
    if (nowUs < this.#drainUntilUs || this.#competition.wantsDrain) return true;
    if (nowUs - this.#clearUs < DRAIN_EVERY_US || this.#competition.windowBytes !== null) return false;
    this.#clearUs = nowUs;
    this.#drainUntilUs = nowUs + DRAIN_FOR_US + 1.5 * this.#path.baseRoundTripUs;
    return true;
  }

  #stateNow(heardUs: number, isAbove: boolean): EstimatorState {
    if (heardUs > SILENT_US) return 'silent';
    if (!this.#hasStarted) return 'starting';
    if (this.#competition.windowBytes !== null) return 'competing';
    if (this.#loss.ceilingBps < this.#rateBps) return 'lossy';
    if (isAbove) return 'draining';
    if (this.#sendingBps < 0.6 * this.#smoothBps) return 'application-limited';
    return this.#wasBusy ? 'steady' : 'growing';
  }

  #reason(): string {
    switch (this.#state) {
      case 'starting':
        return 'nothing has filled the link yet: the rate doubles every round trip or two until something does';
      case 'silent':
        return 'no feedback comes: only a packet now and then is sent, to find out when the link is back';
      case 'competing':
        return 'somebody else keeps the queue full: the rate follows losses, as theirs does';
      case 'lossy':
        return this.#loss.isTesting
          ? 'more is lost than is usual here: a lower rate shows whether it is our doing'
          : 'packets are lost where more is sent, though no queue is seen: the rate stays below that';
      case 'draining':
        return 'more waits at the bottleneck than is meant to: less is sent until that has gone';
      case 'application-limited':
        return 'less is sent than the link was seen to carry';
      case 'growing':
        return 'the queue is empty: the link carries more than is sent, and the rate grows';
      case 'steady':
        return 'the rate is what the bottleneck serves';
    }
  }
}
