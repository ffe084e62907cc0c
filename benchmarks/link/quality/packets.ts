/** What a sender made of its link: rate, use, loss, and the delay that it brought upon itself (RFC 8868 section 4). */
import { type Us, asUs } from '../../../pipelines/link/link.ts';
import { type Quantiles, type Span, isIn, lengthUs } from './frames.ts';
import { quantilesOf } from './video.ts';

export interface PacketRecord {
  readonly sentUs: Us;
  /** Null: it never did. */
  readonly arrivedUs: Us | null;
  /** On the wire. */
  readonly bytes: number;
}

/** `Link` is one. */
export interface Capable {
  capacityBits(fromUs: Us, toUs: Us): number;
}

export interface LinkUse {
  readonly sentBps: number;
  readonly arrivedBps: number;
  /** What arrived against what could have left in the same time. */
  readonly utilisation: number;
  /** Of packets sent in the span that never arrived. */
  readonly lossShare: number;
  /** What packets that arrived in the span took beyond `leastDelayUs`. Null: none did. */
  readonly selfInflictedMs: Quantiles | null;
}

/**
 * @param packets of the whole run
 * @param leastDelayUs what a packet needs that finds the link empty
 */
export function linkUse(
  packets: readonly PacketRecord[],
  link: Capable,
  span: Span,
  leastDelayUs: number,
): LinkUse {
  const spanUs = lengthUs(span);
  const [sent, arrived] = [{ bytes: 0, packets: 0, lost: 0 }, { bytes: 0 }];
  const delaysMs: number[] = [];
  for (const { sentUs, arrivedUs, bytes } of packets) {
    if (isIn(span, sentUs)) {
      sent.bytes += bytes;
      sent.packets += 1;
      if (arrivedUs === null) sent.lost += 1;
    }
    if (arrivedUs === null || !isIn(span, arrivedUs)) continue;
    arrived.bytes += bytes;
    delaysMs.push((arrivedUs - sentUs - leastDelayUs) / 1000);
  }
  // What arrives in the span has left that much earlier.
  const before = (us: Us): Us => asUs(Math.max(0, us - leastDelayUs));
  const capacityBits = link.capacityBits(before(span.fromUs), before(span.toUs));
  return {
    sentBps: (sent.bytes * 8e6) / spanUs,
    arrivedBps: (arrived.bytes * 8e6) / spanUs,
    utilisation: capacityBits === 0 ? 0 : (arrived.bytes * 8) / capacityBits,
    lossShare: sent.packets === 0 ? 0 : sent.lost / sent.packets,
    selfInflictedMs: quantilesOf(delaysMs),
  };
}
