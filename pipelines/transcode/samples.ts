/** The last few hundred measurements, for percentiles in statistics. */
const WINDOW = 300;

export class SampleWindow {
  readonly #samples: number[] = [];
  #at = 0;

  add(sample: number): void {
    this.#samples[this.#at] = sample;
    this.#at = (this.#at + 1) % WINDOW;
  }

  /** @param fractions each 0 to 1. @returns the percentiles in that order; 0 before the first sample. */
  percentiles(fractions: readonly number[]): number[] {
    const sorted = [...this.#samples].sort((a, b) => a - b);
    return fractions.map(
      (fraction) => sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? 0,
    );
  }
}
