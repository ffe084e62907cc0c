/** Says how far a run is, and how long it will take: work done so far, in units that cost about the same. */

export class Progress {
  readonly #say: (line: string) => void;
  readonly #startedMs = performance.now();
  #total: number;
  #done = 0;

  /** @param total units of all work */
  constructor(total: number, say: (line: string) => void) {
    this.#total = total;
    this.#say = say;
  }

  /** @param units that were planned and turn out not to be needed */
  drop(units: number): void {
    this.#total -= units;
  }

  step(units: number, what: string): void {
    this.#done += units;
    const elapsedS = (performance.now() - this.#startedMs) / 1000;
    const leftS = (elapsedS / this.#done) * Math.max(0, this.#total - this.#done);
    const percent = Math.min(100, Math.round((this.#done / this.#total) * 100));
    this.#say(`${String(percent).padStart(3)} %  ${what}  (${duration(leftS)} left)`);
  }
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
