/**
 * The last minute of a stream in numbers, one for each second: what the plots of a tile's details draw. Pure but for its own memory.
 *
 * What will surprise you: it is kept for every stream, shown or not, so that who opens the details sees the minute that made him
 * open them. It is a ring of floats: 1 KiB for a stream, nothing allocated while it runs.
 */
export const HISTORY_SECONDS = 60;
export const SERIES = ['bitrate', 'rate', 'loss', 'rtt'] as const;
export type Series = (typeof SERIES)[number];
/** Null: not measured. */
export type Point = Readonly<Record<Series, number | null>>;

export class History {
  readonly #rings: Readonly<Record<Series, Float32Array>> = {
    bitrate: emptyRing(),
    rate: emptyRing(),
    loss: emptyRing(),
    rtt: emptyRing(),
  };
  #next = 0;

  /** Adds a second; the oldest falls out. */
  add(point: Point): void {
    for (const series of SERIES) this.#rings[series][this.#next] = point[series] ?? Number.NaN;
    this.#next = (this.#next + 1) % HISTORY_SECONDS;
  }

  /** Oldest first, always `HISTORY_SECONDS` of them; NaN: not measured. */
  values(series: Series): Float32Array {
    const ring = this.#rings[series];
    const values = new Float32Array(HISTORY_SECONDS);
    values.set(ring.subarray(this.#next));
    values.set(ring.subarray(0, this.#next), HISTORY_SECONDS - this.#next);
    return values;
  }
}

function emptyRing(): Float32Array {
  return new Float32Array(HISTORY_SECONDS).fill(Number.NaN);
}
