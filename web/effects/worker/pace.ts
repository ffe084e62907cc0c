/**
 * How often the mask is made anew, so that the frame rate is kept: with every picture where there is time, with every second
 * to fourth where there is not. Pure: times come in as arguments.
 *
 * What will surprise you: it becomes rarer at once and more frequent only after a while with room to spare; otherwise a
 * machine at the edge would change with every picture, which is seen as a mask that stutters.
 */

/** A mask older than this many pictures is seen to lag behind the person. */
const RAREST = 4;
/** Of the time between two pictures, what may be spent; the rest belongs to encoding and to others. */
const SHARE = 0.75;
/** Of that, what a more frequent mask may take before it is tried. */
const ROOM_SHARE = 0.8;
const PATIENCE_PICTURES = 30;
/** Weight of the newest measurement. */
const NEWEST = 0.2;
/** A gap is no frame rate: a camera that was muted goes on as before. */
const SLOWEST_INTERVAL_MS = 200;

export class MaskPace {
  #every = 1;
  #sinceMask = 0;
  #withRoom = 0;
  #maskMs: number | undefined;
  #pictureMs: number | undefined;
  #intervalMs: number | undefined;
  #lastAtMs: number | undefined;

  /** The mask is made with every n-th picture. */
  get every(): number {
    return this.#every;
  }

  /** @returns whether the next picture gets a mask of its own; to be asked once per picture. */
  next(): boolean {
    const due = this.#sinceMask === 0;
    this.#sinceMask = (this.#sinceMask + 1) % this.#every;
    return due;
  }

  /** The next picture gets a mask in any case. */
  restart(): void {
    this.#sinceMask = 0;
    this.#lastAtMs = undefined;
  }

  /**
   * @param maskMs what the mask took, 0 where none was made.
   * @param pictureMs what the rest took.
   * @param atMs the picture's own time.
   */
  took(maskMs: number, pictureMs: number, atMs: number): void {
    if (this.#lastAtMs !== undefined) {
      const intervalMs = atMs - this.#lastAtMs;
      if (intervalMs > 0 && intervalMs <= SLOWEST_INTERVAL_MS) {
        this.#intervalMs = mean(this.#intervalMs, intervalMs);
      }
    }
    this.#lastAtMs = atMs;
    if (maskMs > 0) this.#maskMs = mean(this.#maskMs, maskMs);
    this.#pictureMs = mean(this.#pictureMs, pictureMs);
    this.#adapt();
  }

  #adapt(): void {
    const budgetMs = (this.#intervalMs ?? SLOWEST_INTERVAL_MS) * SHARE;
    const costMs = (every: number): number => (this.#pictureMs ?? 0) + (this.#maskMs ?? 0) / every;
    if (costMs(this.#every) > budgetMs && this.#every < RAREST) {
      this.#every++;
      this.#withRoom = 0;
    } else if (this.#every > 1 && costMs(this.#every - 1) < budgetMs * ROOM_SHARE) {
      if (++this.#withRoom >= PATIENCE_PICTURES) {
        this.#every--;
        this.#withRoom = 0;
      }
    } else {
      this.#withRoom = 0;
    }
    this.#sinceMask %= this.#every;
  }
}

function mean(before: number | undefined, newest: number): number {
  return before === undefined ? newest : before + (newest - before) * NEWEST;
}
