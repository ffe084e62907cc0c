/**
 * A second connection, begun while the first one is in doubt: whichever speaks first is kept.
 *
 * What will surprise you:
 * - On a device that changed its network the first connection is dead without knowing it, and the second one is there after a
 *   few round trips. After a short outage it is the other way round, or the first one still waits for its next retransmission.
 *   Nobody can tell in advance, so both are tried; entering the call (which takes over the place) is left to whoever takes the spare.
 * - It waits a moment first: most doubts end with an answer within a round trip. What arrives in that moment beside the answer proves
 *   nothing: it may have been on its way already.
 * - Owns its session until it is taken; `close()` is idempotent.
 */
import type { CancelTimer, Clock } from './clock.ts';
import { ServerSilent } from './errors.ts';
import type { Session } from './session.ts';

/** A connection in doubt that answers within this time needs no second one. */
const BEGIN_AFTER_MS = 500;

export interface SpareSession {
  readonly session: Session;
  /** Resolves when it is connected; rejects where it cannot be, and closes the session then. */
  readonly ready: Promise<Session>;
}

export class Spare {
  readonly #doubted: Session;
  readonly #cancelTimer: CancelTimer;
  #wordsBefore = 0;
  #made: SpareSession | null = null;
  #over = false;

  /**
   * @param doubted Being probed. Ends with `ServerSilent` when the second one is there and it has neither answered nor said a word
   *   since the second one was begun.
   * @param make Begins the second connection.
   */
  constructor(doubted: Session, clock: Clock, make: () => SpareSession) {
    this.#doubted = doubted;
    this.#cancelTimer = clock.after(BEGIN_AFTER_MS, () => {
      if (doubted.connection.probing) this.#begin(make());
      else this.close();
    });
  }

  /** Whether it came to nothing, or was taken. */
  get over(): boolean {
    return this.#over;
  }

  /** Hands the second connection over, connected or on its way; null where there is none. */
  take(): SpareSession | null {
    const made = this.#over ? null : this.#made;
    this.#cancelTimer();
    this.#over = true;
    return made;
  }

  close(): void {
    this.take()?.session.close();
  }

  #begin(made: SpareSession): void {
    this.#made = made;
    this.#wordsBefore = this.#doubted.connection.words;
    made.ready.then(
      () => {
        if (this.#over) return;
        if (this.#hasSpoken()) this.close();
        else this.#doubted.connection.fail(new ServerSilent('another connection was there first'));
      },
      () => {
        if (!this.#over) this.close();
      },
    );
  }

  #hasSpoken(): boolean {
    const { probing, words } = this.#doubted.connection;
    return !probing || words > this.#wordsBefore;
  }
}
