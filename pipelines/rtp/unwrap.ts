/**
 * Sequence numbers and timestamps without their wrap: each value is taken as the one nearest to the newest seen so far, as
 * RFC 3550 appendix A.1 does with its cycle counter. Values from before the first one may be negative.
 */
import type { Rtp90k } from '../../codecs/types.ts';

/** A sequence number counted on past 65535. */
export type ExtendedSequence = number & { readonly __unit: 'extended-sequence' };

/** The signed distance from `from` to `to` on a ring of 2^16. */
function distance16(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** The signed distance from `from` to `to` on a ring of 2^32. */
function distance32(from: number, to: number): number {
  return (to - from) | 0;
}

/**
 * The extended number nearest to `reference` that ends in these 16 bits.
 * @param sequenceNumber 16 bits as on the wire.
 */
export function extendSequence(reference: ExtendedSequence, sequenceNumber: number): ExtendedSequence {
  return (reference + distance16(reference & 0xffff, sequenceNumber)) as ExtendedSequence;
}

/** The extended number that a stream's first packet gets. */
export function firstSequence(sequenceNumber: number): ExtendedSequence {
  return sequenceNumber as ExtendedSequence;
}

/** The sequence number `count` after this one. */
export function sequenceAfter(sequence: ExtendedSequence, count: number): ExtendedSequence {
  return (sequence + count) as ExtendedSequence;
}

export class TimestampUnwrapper {
  #newest: number | null = null;

  /** @param timestamp 32 bits as on the wire. */
  unwrap(timestamp: number): Rtp90k {
    const extended =
      this.#newest === null ? timestamp : this.#newest + distance32(wrapTimestamp(this.#newest), timestamp);
    if (this.#newest === null || extended > this.#newest) this.#newest = extended;
    return extended as Rtp90k;
  }
}

/** The 32 bits that go on the wire; `%` and not `&`, since the value may be beyond 32 bits. */
export function wrapTimestamp(timestampRtp90k: number): number {
  const wrapped = timestampRtp90k % 0x1_0000_0000;
  return wrapped < 0 ? wrapped + 0x1_0000_0000 : wrapped;
}
