/**
 * Which pictures can be decoded after a loss. Without temporal layers: none before the next key frame. With them (VP8,
 * RFC 7741 section 4.2): base layer pictures as long as TL0PICIDX counts on without a hole, and an upper layer again from
 * its next layer-sync picture on.
 */
import type { TemporalLayer } from '../payload/format.ts';

/** `skip`: not decodable, but nothing that follows depends on it beyond what is already known. */
export type ContinuityVerdict = 'decode' | 'skip';

export class ReferenceContinuity {
  /** A key frame is needed before anything else can be decoded. */
  #broken = true;
  /** Something was lost since the last key frame: layers above this one cannot be trusted. */
  #trustedTemporalId = Infinity;
  #lastTl0PictureIndex: number | null = null;

  get broken(): boolean {
    return this.#broken;
  }

  /** Pictures may have been lost between the last one judged and the next one. */
  gap(): void {
    if (this.#lastTl0PictureIndex === null) this.#broken = true;
    this.#trustedTemporalId = 0;
  }

  /** The decoder lost its state: only a key frame helps. */
  break(): void {
    this.#broken = true;
  }

  /** Judges the next whole access unit, in order. */
  judge(keyFrame: boolean, temporal: TemporalLayer | null): ContinuityVerdict {
    if (keyFrame) {
      this.#broken = false;
      this.#trustedTemporalId = Infinity;
      this.#lastTl0PictureIndex = temporal?.tl0PictureIndex ?? null;
      return 'decode';
    }
    if (this.#broken) return 'skip';
    if (this.#trustedTemporalId === Infinity) {
      this.#lastTl0PictureIndex = temporal?.tl0PictureIndex ?? null;
      return 'decode';
    }
    if (temporal === null || this.#lastTl0PictureIndex === null) {
      this.#broken = true;
      return 'skip';
    }
    return this.#judgeAfterLoss(temporal, this.#lastTl0PictureIndex);
  }

  #judgeAfterLoss(temporal: TemporalLayer, lastTl0PictureIndex: number): ContinuityVerdict {
    const baseStep = (temporal.tl0PictureIndex - lastTl0PictureIndex) & 0xff;
    if (baseStep !== (temporal.temporalId === 0 ? 1 : 0)) {
      this.#broken = true;
      return 'skip';
    }
    if (temporal.temporalId === 0) {
      this.#lastTl0PictureIndex = temporal.tl0PictureIndex;
      return 'decode';
    }
    if (temporal.temporalId <= this.#trustedTemporalId) return 'decode';
    if (!temporal.layerSync) return 'skip';
    if (temporal.temporalId === this.#trustedTemporalId + 1) this.#trustedTemporalId = temporal.temporalId;
    return 'decode';
  }
}
