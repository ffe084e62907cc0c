/**
 * A media sender with an estimator, and its receiver: the product's pacer, history and feedback, with RTCP written and parsed for real.
 *
 * The receiver's clock is off by minutes and runs 50 ppm fast or slow.
 */
import { FeedbackRecorder } from '../../pipelines/bwe/feedback-recorder.ts';
import { Pacer } from '../../pipelines/bwe/pacer.ts';
import { SentHistory } from '../../pipelines/bwe/sent-history.ts';
import type { BandwidthEstimator, Probe } from '../../pipelines/bwe/types.ts';
import { parseRtcp } from '../../pipelines/rtp/rtcp-parse.ts';
import { serializeRtcp } from '../../pipelines/rtp/rtcp-write.ts';
import { type SeededRandom, seededRandom } from '../../pipelines/seeded-random.ts';
import type { Us } from '../../pipelines/link/link.ts';
import type { Answer, Flow, WirePacket } from './simulation.ts';
import type { VideoSource } from './video-source.ts';

/** IPv4 and UDP. */
export const IP_UDP_BYTES = 28;
/** RTP with the transport-wide sequence number. */
export const RTP_BYTES = 20;
export const MAX_PAYLOAD_BYTES = 1200;
const TICK_US = 5_000;
/** Packets of which nothing was heard for so long are given up. */
const GIVE_UP_US = 2_000_000;

export class MediaFlow implements Flow {
  readonly #estimator: BandwidthEstimator;
  readonly #source: VideoSource | null;
  readonly #fillsTo: 'pacing' | 'target';
  readonly #history = new SentHistory();
  readonly #pacer = new Pacer<number | undefined>();
  readonly #recorder = new FeedbackRecorder(1, 2);
  readonly #clock: (us: number) => number;
  #tickUs = 0;
  #probe: { readonly probe: Probe; leftBytes: number; nextUs: number } | null = null;

  /**
   * @param source null: there is always something to send (an encoder and padding that fill what is allowed)
   * @param fillsTo what is allowed then: the pacing rate where it is the control, the target where pacing is above it for bursts only
   */
  constructor(
    estimator: BandwidthEstimator,
    source: VideoSource | null,
    seed: number,
    fillsTo: 'pacing' | 'target' = 'pacing',
  ) {
    this.#fillsTo = fillsTo;
    this.#estimator = estimator;
    this.#source = source;
    const random: SeededRandom = seededRandom(seed);
    const offsetUs = random.integer(600_000_000);
    const drift = (random.next() < 0.5 ? -1 : 1) * 50e-6;
    this.#clock = (us) => offsetUs + us * (1 + drift);
  }

  get reading(): BandwidthEstimator['reading'] {
    return this.#estimator.reading;
  }

  wakeUs(): number {
    return Math.min(
      this.#tickUs,
      this.#source?.nextUs ?? Infinity,
      this.#pacer.nextUs(this.#source === null),
      this.#probe?.nextUs ?? Infinity,
    );
  }

  wake(nowUs: Us): readonly { bytes: number; sequence: number }[] {
    if (nowUs >= this.#tickUs) {
      const expired = this.#history.expire(nowUs - GIVE_UP_US);
      if (expired.length > 0) this.#estimator.onFeedback(nowUs, expired);
      this.#estimator.onTick(nowUs);
      this.#tickUs = nowUs + TICK_US;
      this.#setRates(nowUs);
      if (this.#probe === null) {
        const probe = this.#estimator.nextProbe(nowUs);
        if (probe !== null) this.#probe = { probe, leftBytes: probe.bytes, nextUs: nowUs };
      }
    }
    const source = this.#source;
    if (source !== null && nowUs >= source.nextUs) {
      const sizes = source.frame(nowUs, this.#estimator.reading.targetBps, this.#pacer.queuedBytes);
      this.#pacer.enqueue(
        'video',
        sizes.map((bytes) => ({ bytes: bytes + RTP_BYTES + IP_UDP_BYTES, token: undefined })),
      );
    }
    const sent: { bytes: number; sequence: number }[] = [];
    const probing = this.#probe;
    if (probing !== null && nowUs >= probing.nextUs) {
      const bytes = this.#paddingBytes(probing.probe.bps);
      sent.push(this.#send(bytes, nowUs, probing.probe.id));
      probing.leftBytes -= bytes;
      probing.nextUs = nowUs + Math.ceil((bytes * 8e6) / probing.probe.bps);
      if (probing.leftBytes <= 0) this.#probe = null;
    }
    const padding =
      source === null
        ? (): { bytes: number; token: undefined } => ({
            bytes: this.#paddingBytes(this.#estimator.reading.targetBps),
            token: undefined,
          })
        : undefined;
    for (const { bytes } of this.#pacer.take(nowUs, padding)) sent.push(this.#send(bytes, nowUs));
    return sent;
  }

  arrived(packet: WirePacket, nowUs: Us): null {
    this.#recorder.onPacket(packet.sequence & 0xffff, packet.bytes, this.#clock(nowUs));
    return null;
  }

  answerDueUs(): number {
    return this.#unclocked(this.#recorder.dueUs);
  }

  answers(nowUs: Us): readonly Answer<Uint8Array>[] {
    return this.#recorder.take(this.#clock(nowUs)).map((feedback) => {
      const content = serializeRtcp([feedback]);
      return { bytes: content.length + IP_UDP_BYTES, content };
    });
  }

  answered(content: unknown, nowUs: Us): void {
    if (!(content instanceof Uint8Array)) return;
    for (const packet of parseRtcp(content)) {
      if (packet.type !== 'transport-feedback') continue;
      this.#estimator.onFeedback(nowUs, this.#history.match(packet));
      this.#setRates(nowUs);
    }
  }

  sample(): { estimateBps: number; targetBps: number } {
    return this.#estimator.reading;
  }

  #send(bytes: number, nowUs: number, probeId?: number): { bytes: number; sequence: number } {
    const packet = this.#history.add(bytes, nowUs, probeId);
    this.#estimator.onSent(packet);
    return { bytes, sequence: packet.sequence };
  }

  #setRates(nowUs: number): void {
    const { pacingBps: allowedBps, targetBps, congestionWindowBytes } = this.#estimator.reading;
    const pacingBps =
      this.#source === null && this.#fillsTo === 'target' ? Math.min(allowedBps, targetBps) : allowedBps;
    this.#pacer.setRates(
      { pacingBps, targetBps, windowBytes: congestionWindowBytes - this.#history.inFlightBytes },
      nowUs,
    );
  }

  /** Whole packets where the rate is high; where it is low, such as 12 ms hold, so that the queue's grain stays fine. */
  #paddingBytes(bps: number): number {
    const payload = Math.min(MAX_PAYLOAD_BYTES, Math.max(150, Math.round((bps * 12) / 8000)));
    return payload + RTP_BYTES + IP_UDP_BYTES;
  }

  #unclocked(clockUs: number): number {
    const offsetUs = this.#clock(0);
    return (clockUs - offsetUs) / (this.#clock(1) - offsetUs);
  }
}
