/** Says how far a run is, and how long it will take: work done so far, in units that take about the same time each. */

export class Progress {
  readonly #say: (line: string) => void;
  readonly #nowMs: () => number;
  readonly #startedMs: number;
  #total: number;
  #done = 0;

  /**
   * @param total units of all work
   * @param nowMs a clock
   */
  constructor(total: number, say: (line: string) => void, nowMs: () => number) {
    this.#total = total;
    this.#say = say;
    this.#nowMs = nowMs;
    this.#startedMs = nowMs();
  }

  step(units: number, what: string): void {
    this.#done += units;
    const elapsedS = (this.#nowMs() - this.#startedMs) / 1000;
    const leftS = (elapsedS / this.#done) * Math.max(0, this.#total - this.#done);
    const percent = Math.min(100, Math.round((this.#done / this.#total) * 100));
    this.#say(`${String(percent).padStart(3)} %  ${what}  (${duration(leftS)} left)`);
  }

  /**
   * A part of the work whose steps are known beforehand: what has not been stepped when it ends, because it failed or was not needed, is
   * taken off the total.
   */
  part(units: number, what: string): { step(units: number): void; end(): void } {
    let open = units;
    return {
      step: (done) => {
        open -= done;
        this.step(done, what);
      },
      end: () => {
        this.#total -= open;
        open = 0;
      },
    };
  }
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
