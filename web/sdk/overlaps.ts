/**
 * Producers that were replaced and may still be watched: those who watch change over one by one, so the earlier stream runs on
 * until the server says that nobody is left.
 *
 * What will surprise you: a mute counts for them too, or a camera that was just switched off would still be sent. Owns its
 * producers and one timer for each; `close()` ends them all and is idempotent.
 */
import type { types } from 'mediasoup-client';
import type { SourceName } from '../../signaling/messages/requests.ts';
import type { CancelTimer, Clock } from './clock.ts';
import type { LiveProducer } from './producer-maker.ts';

interface Overlap {
  readonly source: SourceName;
  readonly live: LiveProducer;
  readonly cancel: CancelTimer;
}

/** A producer of which the server says nothing ends after this. */
const OVERLAP_MS = 10_000;

export class Overlaps {
  readonly #clock: Clock;
  readonly #ended: (producerId: string) => void;
  /** By the server's id. */
  readonly #overlaps = new Map<string, Overlap>();

  /** @param ended Told of each producer that ended, by the server's id. */
  constructor(clock: Clock, ended: (producerId: string) => void) {
    this.#clock = clock;
    this.#ended = ended;
  }

  add(source: SourceName, live: LiveProducer): void {
    const cancel = this.#clock.after(OVERLAP_MS, () => this.end(live.producerId));
    this.#overlaps.set(live.producerId, { source, live, cancel });
  }

  /** Mutes or unmutes what is left of a source. */
  setPaused(source: SourceName, paused: boolean): void {
    for (const { live } of this.#of(source)) {
      if (paused) live.producer.pause();
      else live.producer.resume();
    }
  }

  /** The producers that are left of a source. */
  producersOf(source: SourceName): types.Producer[] {
    return this.#of(source).map(({ live }) => live.producer);
  }

  /** One producer stops sending; nothing happens where it did already. */
  end(producerId: string): void {
    const overlap = this.#overlaps.get(producerId);
    if (overlap === undefined) return;
    this.#overlaps.delete(producerId);
    overlap.cancel();
    overlap.live.producer.close();
    this.#ended(producerId);
  }

  /** Everything that is left of a source stops sending. */
  endSource(source: SourceName): void {
    for (const { live } of this.#of(source)) this.end(live.producerId);
  }

  /** Idempotent. */
  close(): void {
    for (const producerId of [...this.#overlaps.keys()]) this.end(producerId);
  }

  #of(source: SourceName): Overlap[] {
    return [...this.#overlaps.values()].filter((overlap) => overlap.source === source);
  }
}
