/**
 * Carries a room from a media ground that was lost (its mediasoup worker died) to the next one.
 *
 * What will surprise you: nothing that stood on the old ground is closed here, it is gone. Everybody who is present gets new
 * transports by a TRANSPORT_UPDATE and publishes again; whoever is absent, or was just arriving, gets his when he is there.
 */
import type { Logger } from '../observe/logger.ts';
import type { Clock } from '../time/clock.ts';
import type { CallMedia } from './callMedia.ts';
import { type Participant, loseStreams } from './participant.ts';
import type { Places } from './places.ts';
import type { Reconciler } from './reconciler.ts';
import type { Transcoders } from './transcoders.ts';
import { closeTransports, makeTransports, offersOf, watchTransports } from './transports.ts';

export interface RelocationOptions {
  readonly places: Places;
  readonly transcoders: Transcoders;
  readonly reconciler: Reconciler;
  readonly ground: () => Promise<CallMedia>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Relocation {
  readonly #options: RelocationOptions;

  constructor(options: RelocationOptions) {
    this.#options = options;
  }

  /** Everything that stood on the ground is gone. */
  onLost(): void {
    const { places, transcoders, reconciler } = this.#options;
    transcoders.setRouter(null);
    reconciler.forget();
    for (const { participant, deliveries } of places.members.values()) {
      deliveries.reset();
      participant.transports = null;
      loseStreams(participant);
    }
    // Whoever was about to arrive has transports that are gone: it starts again.
    for (const participant of places.arriving.values()) participant.transports = null;
  }

  /** @param again where this ground replaces one that was lost */
  onReady(media: CallMedia, again: boolean): void {
    const { places, transcoders, logger } = this.#options;
    transcoders.setRouter(media.router);
    logger.info({ workerPid: media.workerPid }, 'media ground opened');
    if (!again) return;
    for (const { participant } of places.members.values()) if (!participant.absent) this.restore(participant);
  }

  /** Gives a participant new transports. A ground that is lost again meanwhile comes back to this with its successor. */
  restore(participant: Participant): void {
    this.#restore(participant).catch((error: unknown) => {
      this.#options.logger.error(
        { participantId: participant.id, error: String(error) },
        'participant not restored',
      );
    });
  }

  async #restore(participant: Participant): Promise<void> {
    const { places, reconciler, ground, clock, logger } = this.#options;
    const transports = await makeTransports(ground);
    if (!places.isSeated(participant) || participant.absent) {
      closeTransports(transports);
      return;
    }
    participant.transports = transports;
    watchTransports(participant, transports, clock, logger);
    participant.notify('TRANSPORT_UPDATE', {
      op: 'reset',
      reason: 'the media process of this call was replaced',
      ...offersOf(transports),
    });
    reconciler.schedule();
  }
}
