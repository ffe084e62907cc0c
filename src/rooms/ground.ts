/**
 * The media ground of a room over time: when its mediasoup worker dies, another one is opened.
 *
 * Cascade: `close()` closes the ground that is there, and one that is still being opened as soon as it is.
 */
import type { Logger } from '../observe/logger.ts';
import type { WorkerPool } from '../sfu/workerPool.ts';
import { CallMedia, type MediaLimits } from './callMedia.ts';

export interface GroundOptions {
  readonly workers: WorkerPool;
  readonly limits: MediaLimits;
  readonly logger: Logger;
  /** Everything that stood on the ground is gone. */
  readonly onLost: () => void;
  /** A ground is there; `again` where it replaces one that was lost. */
  readonly onReady: (media: CallMedia, again: boolean) => void;
  /** The audio producer that is heard most, or null in silence. */
  readonly onSpeaker: (producerId: string | null) => void;
  /** No ground is to be had. */
  readonly onFailed: () => void;
}

/** Each waits some seconds for a worker. Who just comes is told soon; a call that was running is worth half a minute. */
const ATTEMPTS = 1;
const ATTEMPTS_AGAIN = 10;

export class Ground {
  readonly #options: GroundOptions;
  #media: Promise<CallMedia>;
  #closed = false;

  constructor(options: GroundOptions) {
    this.#options = options;
    this.#media = this.#open(false);
  }

  /** @throws NoWorkerError where no mediasoup worker runs */
  media(): Promise<CallMedia> {
    return this.#media;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#media.then(
      (media) => media.close(),
      () => undefined,
    );
  }

  #open(again: boolean): Promise<CallMedia> {
    const { workers, limits, logger, onReady, onSpeaker, onFailed } = this.#options;
    const opening = openMedia(workers, limits, again ? ATTEMPTS_AGAIN : ATTEMPTS);
    opening.then(
      (media) => {
        if (this.#closed) return;
        media.once('lost', () => this.#onLost());
        media.on('speaker', onSpeaker);
        onReady(media, again);
      },
      (error: unknown) => {
        logger.error({ error: String(error) }, 'no media ground to be had');
        if (!this.#closed) onFailed();
      },
    );
    return opening;
  }

  #onLost(): void {
    if (this.#closed) return;
    this.#options.logger.warn({}, 'media ground lost, opening another');
    this.#options.onLost();
    this.#media = this.#open(true);
  }
}

/** A worker may die just while a ground is laid on it, or none may be there yet; then it is tried again. */
async function openMedia(workers: WorkerPool, limits: MediaLimits, attempts: number): Promise<CallMedia> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await CallMedia.open(workers, limits);
    } catch (error) {
      if (attempt >= attempts) throw error;
    }
  }
}
