/** What is written down of one flow in a run, and what is read off it: rates, use, delay, and series that a page can draw. */

import type { TimePoint, TimeSeries } from '../report/page/timeChart.ts';

interface Capable {
  capacityBits(fromUs: number, toUs: number): number;
}

const BIN_US = 10_000;
/** How often the simulation asks for a sample. */
export const SAMPLE_US = 20_000;

export interface Sample {
  readonly atUs: number;
  readonly estimateBps: number;
  readonly targetBps: number;
  /** What a packet sent then would wait. */
  readonly queueUs: number;
}

function add(bins: number[], atUs: number, bytes: number): void {
  const bin = Math.floor(atUs / BIN_US);
  while (bins.length <= bin) bins.push(0);
  bins[bin] = (bins[bin] ?? 0) + bytes;
}

function between(bins: readonly number[], fromMs: number, toMs: number): number {
  let bytes = 0;
  for (let bin = Math.floor((fromMs * 1000) / BIN_US); bin < (toMs * 1000) / BIN_US; bin++) {
    bytes += bins[bin] ?? 0;
  }
  return bytes;
}

export class FlowRecord {
  readonly #sentBytes: number[] = [];
  readonly #deliveredBytes: number[] = [];
  readonly #delays: { readonly atUs: number; readonly queueUs: number }[] = [];
  readonly #samples: Sample[] = [];

  sent(atUs: number, bytes: number): void {
    add(this.#sentBytes, atUs, bytes);
  }

  /** @param queueUs what it took beyond propagation */
  delivered(atUs: number, bytes: number, queueUs: number): void {
    add(this.#deliveredBytes, atUs, bytes);
    this.#delays.push({ atUs, queueUs });
  }

  sample(
    atUs: number,
    { estimateBps, targetBps }: { estimateBps: number; targetBps: number },
    queueUs: number,
  ): void {
    this.#samples.push({ atUs, estimateBps, targetBps, queueUs });
  }

  /** In bits per second, of what came out of the link in the span. */
  deliveredBps(fromMs: number, toMs: number): number {
    return (between(this.#deliveredBytes, fromMs, toMs) * 8000) / (toMs - fromMs);
  }

  sentBps(fromMs: number, toMs: number): number {
    return (between(this.#sentBytes, fromMs, toMs) * 8000) / (toMs - fromMs);
  }

  /** Bytes delivered in the span against what could have left the link in the same time. */
  use(link: Capable, fromMs: number, toMs: number, delayMs: number): number {
    const bits = link.capacityBits((fromMs - delayMs) * 1000, (toMs - delayMs) * 1000);
    return (between(this.#deliveredBytes, fromMs, toMs) * 8) / bits;
  }

  /** The quantile over the packets that were delivered in the span. */
  queueMs(share: number, fromMs: number, toMs: number): number {
    const sorted = Float64Array.from(
      this.#delays
        .filter(({ atUs }) => atUs >= fromMs * 1000 && atUs < toMs * 1000)
        .map(({ queueUs }) => queueUs),
    ).sort();
    return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN) / 1000;
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** For the plots: rates in Mbit/s as means of `stepMs`, the queue in ms. */
  series(link: Capable, durationMs: number, stepMs = 200): readonly TimeSeries[] {
    const steps = Array.from({ length: Math.floor(durationMs / stepMs) }, (_, i) => i * stepMs);
    const rate = (bps: (atMs: number) => number): TimePoint[] =>
      steps.map((atMs) => ({ atMs, value: rounded(bps(atMs) / 1e6) }));
    const sampled = (value: (sample: Sample) => number): TimePoint[] =>
      this.#samples
        .filter(({ atUs }) => atUs % (stepMs * 1000) < SAMPLE_US)
        .map((sample) => ({ atMs: Math.round(sample.atUs / 1000), value: rounded(value(sample)) }));
    const capacityBps = (atMs: number): number =>
      (link.capacityBits(atMs * 1000, (atMs + stepMs) * 1000) * 1000) / stepMs;
    return [
      { name: 'capacity', unit: 'Mbit/s', points: rate(capacityBps) },
      { name: 'estimate', unit: 'Mbit/s', points: sampled(({ estimateBps }) => estimateBps / 1e6) },
      { name: 'sent', unit: 'Mbit/s', points: rate((ms) => this.sentBps(ms, ms + stepMs)) },
      { name: 'delivered', unit: 'Mbit/s', points: rate((ms) => this.deliveredBps(ms, ms + stepMs)) },
      { name: 'queue', unit: 'ms', points: sampled(({ queueUs }) => queueUs / 1000) },
    ];
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}
