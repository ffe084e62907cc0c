/** The loudness of the own microphone, measured only while somebody wants to know. */
export type Measure = (track: MediaStreamTrack, onLevel: (level: number) => void) => () => void;

export class LevelMeter {
  readonly #measure: Measure;
  readonly #listeners = new Set<(level: number) => void>();
  #track: MediaStreamTrack | null = null;
  #stop: (() => void) | null = null;

  constructor(measure: Measure) {
    this.#measure = measure;
  }

  setTrack(track: MediaStreamTrack | null): void {
    if (track === this.#track) return;
    this.#track = track;
    this.#restart();
  }

  /** @returns what unsubscribes */
  subscribe(listener: (level: number) => void): () => void {
    this.#listeners.add(listener);
    if (this.#stop === null) this.#restart();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#restart();
    };
  }

  close(): void {
    this.#listeners.clear();
    this.setTrack(null);
    this.#restart();
  }

  #restart(): void {
    this.#stop?.();
    this.#stop = null;
    if (this.#listeners.size === 0) return;
    if (this.#track === null) this.#tell(0);
    else this.#stop = this.#measure(this.#track, (level) => this.#tell(level));
  }

  #tell(level: number): void {
    for (const listener of this.#listeners) listener(level);
  }
}
