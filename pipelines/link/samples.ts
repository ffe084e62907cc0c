/** A link looked at again and again: what plots over time are made of, in virtual time and live. */
import { type Link, type LinkPacket, type Us, asUs } from './link.ts';

/** A link, whatever it carries. */
export type ObservedLink = Pick<
  Link<LinkPacket>,
  'counters' | 'queueBytes' | 'queueDelayUs' | 'capacityBits'
>;

/** What happened since the sample before, and how the queue is now. */
export interface LinkSample {
  readonly atMs: number;
  readonly capacityBps: number;
  readonly offeredBps: number;
  /** Out of the queue. */
  readonly leftBps: number;
  readonly queueBytes: number;
  /** Null: what is queued can never leave. */
  readonly queueDelayMs: number | null;
}

export class LinkSampler {
  readonly #link: ObservedLink;
  readonly #maxSamples: number;
  readonly #samples: LinkSample[] = [];
  #lastUs = asUs(0);
  #offeredBytes = 0;
  #leftBytes = 0;

  /** @param maxSamples later ones are not kept */
  constructor(link: ObservedLink, maxSamples = 100_000) {
    this.#link = link;
    this.#maxSamples = maxSamples;
  }

  get samples(): readonly LinkSample[] {
    return this.#samples;
  }

  /** @throws RangeError where time goes back. Nothing is noted where none has passed. */
  sample(nowUs: Us): void {
    const queueDelayUs = this.#link.queueDelayUs(nowUs);
    const spanUs = nowUs - this.#lastUs;
    if (spanUs === 0 || this.#samples.length >= this.#maxSamples) return;
    const { offeredBytes, leftBytes } = this.#link.counters;
    const perSecond = (bits: number): number => (bits * 1e6) / spanUs;
    this.#samples.push({
      atMs: nowUs / 1000,
      capacityBps: perSecond(this.#link.capacityBits(this.#lastUs, nowUs)),
      offeredBps: perSecond((offeredBytes - this.#offeredBytes) * 8),
      leftBps: perSecond((leftBytes - this.#leftBytes) * 8),
      queueBytes: this.#link.queueBytes(nowUs),
      queueDelayMs: Number.isFinite(queueDelayUs) ? queueDelayUs / 1000 : null,
    });
    this.#lastUs = nowUs;
    this.#offeredBytes = offeredBytes;
    this.#leftBytes = leftBytes;
  }
}
