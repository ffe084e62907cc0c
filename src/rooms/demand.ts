/**
 * What publishers are asked to send: no more layers than anybody watches.
 *
 * What will surprise you: more is asked for at once, less only after a while in which nobody wanted more. Encoders take time
 * to start, and people who turn a page back and forth shall not wait for them.
 */
import type { Clock } from '../time/clock.ts';

export interface WantedLayers {
  readonly producerId: string;
  /** From the smallest; 0: nobody watches. */
  readonly layers: number;
  /** How many the publisher has; that many are being sent until it is told otherwise. */
  readonly of: number;
}

export interface DemandOptions {
  readonly clock: Clock;
  readonly tell: (producerId: string, layers: number) => void;
}

interface Asked {
  /** What the publisher was told last. */
  layers: number;
  wanted: number;
  /** The most that was wanted since less than `layers` is. */
  peak: number;
  cancelLower: (() => void) | null;
}

/** Less is asked for after this. */
export const LOWER_AFTER_MS = 2000;

export class Demand {
  readonly #options: DemandOptions;
  readonly #asked = new Map<string, Asked>();

  constructor(options: DemandOptions) {
    this.#options = options;
  }

  /** Everything that is published now; what is not named any more is forgotten. */
  keep(wanted: readonly WantedLayers[]): void {
    const named = new Set(wanted.map(({ producerId }) => producerId));
    for (const producerId of [...this.#asked.keys()]) if (!named.has(producerId)) this.#forget(producerId);
    for (const one of wanted) this.#want(one);
  }

  close(): void {
    for (const producerId of [...this.#asked.keys()]) this.#forget(producerId);
  }

  #want({ producerId, layers, of }: WantedLayers): void {
    let asked = this.#asked.get(producerId);
    if (asked === undefined) {
      asked = { layers: of, wanted: of, peak: of, cancelLower: null };
      this.#asked.set(producerId, asked);
    }
    asked.wanted = layers;
    if (layers < asked.layers) {
      if (asked.cancelLower === null) this.#lowerLater(producerId, asked);
      asked.peak = Math.max(asked.peak, layers);
      return;
    }
    asked.cancelLower?.();
    asked.cancelLower = null;
    if (layers > asked.layers) this.#ask(producerId, asked, layers);
  }

  #lowerLater(producerId: string, asked: Asked): void {
    asked.peak = asked.wanted;
    asked.cancelLower = this.#options.clock.after(LOWER_AFTER_MS, () => {
      asked.cancelLower = null;
      this.#ask(producerId, asked, asked.peak);
      if (asked.wanted < asked.layers) this.#lowerLater(producerId, asked);
    });
  }

  #ask(producerId: string, asked: Asked, layers: number): void {
    asked.layers = layers;
    this.#options.tell(producerId, layers);
  }

  #forget(producerId: string): void {
    this.#asked.get(producerId)?.cancelLower?.();
    this.#asked.delete(producerId);
  }
}
