/** What is written down of one flow in a run, and what is read off it: rates, use, delay, and series that a page can draw. */

/** As the report pages of `benchmarks/link` take them. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  /** Seconds of the run, and the value. */
  readonly points: readonly (readonly [number, number])[];
}

interface Capable {
  capacityBits(fromUs: number, toUs: number): number;
}

const BIN_US = 10_000;

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
  readonly #samples: {
    readonly atUs: number;
    readonly estimateBps: number;
    readonly targetBps: number;
    readonly queueUs: number;
  }[] = [];

  sent(atUs: number, bytes: number): void {
    add(this.#sentBytes, atUs, bytes);
  }

  delivered(_sentUs: number, atUs: number, bytes: number, queueUs: number): void {
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

  get samples(): readonly {
    readonly atUs: number;
    readonly estimateBps: number;
    readonly targetBps: number;
    readonly queueUs: number;
  }[] {
    return this.#samples;
  }

  series(link: Capable, durationMs: number, stepMs = 200): readonly Series[] {
    const steps = Array.from({ length: Math.floor(durationMs / stepMs) }, (_, i) => i * stepMs);
    const points = (value: (fromMs: number) => number): (readonly [number, number])[] =>
      steps.map((fromMs) => [fromMs / 1000, Math.round(value(fromMs))]);
    const sampled = (pick: (index: number) => number): (readonly [number, number])[] =>
      this.#samples
        .filter((_, i) => i % (stepMs / 20) === 0)
        .map(({ atUs }, i) => [atUs / 1e6, Math.round(pick(i * (stepMs / 20)))]);
    return [
      {
        name: 'capacity',
        unit: 'bit/s',
        points: points((ms) => (link.capacityBits(ms * 1000, (ms + stepMs) * 1000) * 1000) / stepMs),
      },
      { name: 'estimate', unit: 'bit/s', points: sampled((i) => this.#samples[i]?.estimateBps ?? 0) },
      { name: 'sent', unit: 'bit/s', points: points((ms) => this.sentBps(ms, ms + stepMs)) },
      { name: 'delivered', unit: 'bit/s', points: points((ms) => this.deliveredBps(ms, ms + stepMs)) },
      { name: 'queue', unit: 'ms', points: sampled((i) => (this.#samples[i]?.queueUs ?? 0) / 1000) },
    ];
  }
}
