/**
 * Gives participants other transports: all of a room, where its media ground was lost (its mediasoup worker died), and single ones, who
 * go into a test network or leave it.
 *
 * What will surprise you: nothing that stood on a lost ground is closed here, it is gone. Everybody who is present gets new
 * transports by a TRANSPORT_UPDATE and publishes again; whoever is absent, or was just arriving, gets his when he is there.
 */
import { ProtocolError } from '../../signaling/errors.ts';
import type { EmulatedNetwork } from '../../signaling/messages/requests.ts';
import type { Logger } from '../observe/logger.ts';
import type { Clock } from '../time/clock.ts';
import type { CallMedia } from './callMedia.ts';
import { type Participant, loseStreams } from './participant.ts';
import type { Places } from './places.ts';
import type { Member, Reconciler } from './reconciler.ts';
import type { Transcoders } from './transcoders.ts';
import {
  type TransportMaker,
  type Transports,
  closeTransports,
  makeTransports,
  makeTransportsAnyway,
  offersOf,
  watchTransports,
} from './transports.ts';

export interface RelocationOptions {
  readonly places: Places;
  readonly transcoders: Transcoders;
  readonly reconciler: Reconciler;
  readonly maker: TransportMaker;
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
      abandonTransports(participant);
      loseStreams(participant);
    }
    // Whoever was about to arrive has transports that are gone: it starts again.
    for (const participant of places.arriving.values()) abandonTransports(participant);
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

  /** Follows the transports of somebody who is now in the call. */
  watch(participant: Participant, transports: Transports): void {
    const { clock, logger } = this.#options;
    watchTransports(participant, transports, { clock, logger, onWayDied: (one) => this.#onWayDied(one) });
  }

  /**
   * Puts somebody's media into a test network, or takes it out (null): at once where he is in one already, else by other transports.
   * @throws ProtocolError MediaUnavailable, EmulationUnavailable; InvalidState where his transports changed meanwhile
   */
  async emulate(member: Member, network: EmulatedNetwork | null): Promise<void> {
    const { participant, deliveries } = member;
    const { places, maker, logger } = this.#options;
    const before = participant.transports;
    if (before === null || participant.absent) {
      // He gets transports soon, and those that he wants.
      participant.network = network;
      return;
    }
    if (network === participant.network) return;
    if (network !== null && before.way !== null) {
      await before.way.change(network);
    } else {
      const transports = await makeTransports(maker, network);
      if (participant.transports !== before || !places.isSeated(participant)) {
        closeTransports(transports);
        throw new ProtocolError('InvalidState', 'the transports were replaced in the meantime');
      }
      deliveries.reset();
      closeTransports(before);
      loseStreams(participant);
      this.#hand(
        participant,
        transports,
        network === null ? 'the test network ended' : 'a test network begins',
      );
    }
    participant.network = network;
    logger.info({ participantId: participant.id, network }, 'test network');
  }

  async #restore(participant: Participant): Promise<void> {
    const { places, maker } = this.#options;
    const transports = await makeTransportsAnyway(maker, participant.network);
    if (!places.isSeated(participant) || participant.absent) {
      closeTransports(transports);
      return;
    }
    participant.network = transports.way?.network ?? null;
    this.#hand(participant, transports, 'the media process of this call was replaced');
  }

  #hand(participant: Participant, transports: Transports, reason: string): void {
    participant.transports = transports;
    this.watch(participant, transports);
    participant.notify('TRANSPORT_UPDATE', { op: 'reset', reason, ...offersOf(transports) });
    this.#options.reconciler.schedule();
  }

  #onWayDied(participant: Participant): void {
    const { places, logger } = this.#options;
    logger.error({ participantId: participant.id }, 'test network ended by itself');
    const member = places.members.get(participant.id);
    if (member?.participant !== participant) return;
    this.emulate(member, null).catch((error: unknown) => {
      logger.error({ participantId: participant.id, error: String(error) }, 'no transports without it');
    });
  }
}

/** They are gone; what stands before them is not. */
function abandonTransports(participant: Participant): void {
  participant.transports?.way?.close();
  participant.transports = null;
}
