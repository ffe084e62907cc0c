/**
 * The ladder of a call's recovery, as a state machine: what is broken now, when a new connection is tried, and when everything
 * is repaired.
 *
 * The rungs, from weak to strong: ICE restart (`PathRepair`), new transports on the same connection (the server resets them),
 * a new connection that takes over the same place (`resume`). A path that cannot be repaired while the connection works goes
 * to the last rung too: the server takes one call for each connection, and a place is taken over in one request.
 *
 * What will surprise you:
 * - It never gives up by itself: attempts go on, at most a few seconds apart, until the server refuses for good or the call is
 *   closed. Early attempts are cut short sooner than later ones: a network that is just coming back swallows the first packets,
 *   but a slow one needs its time.
 * - Who notices that the network is back says `retryNow`: a pause ends at once, and an attempt that has hung for a while is given
 *   up for a new one.
 * - Owns the timer of the pause; `close()` is idempotent.
 */
import type { Trouble } from './call-types.ts';
import { type CancelTimer, type Clock, backoffMs } from './clock.ts';

/** What can be broken by itself, and healed by itself. */
export type Part = 'connection' | 'media' | 'send' | 'receive';

export interface RecoveryActions {
  /** Makes a new connection and enters the call again; rejects where it failed. */
  reconnect(openTimeoutMs: number): Promise<void>;
  /** Gives up the attempt under way: its promise then rejects. */
  abandon(): void;
  /** Whether the failure of an attempt makes further ones pointless. */
  isFinal(error: unknown): boolean;
  refused(error: unknown): void;
  recovering(trouble: Trouble): void;
  recovered(tookMs: number): void;
}

/** How long opening a connection may take, by attempt; the last value counts for all further ones. */
const OPEN_TIMEOUTS_MS = [3_000, 5_000, 10_000] as const;
/** An attempt that has taken this long when the network comes back was made without one. */
const HUNG_AFTER_MS = 2_000;
/** A connection that was lost sooner than this after the call came back is a further failure, not a new trouble. */
const STEADY_AFTER_MS = 5_000;

/** `connected`: also while what the connection carries is still being made again. */
type Phase = 'connected' | 'pause' | 'attempt' | 'lost-in-attempt';

export class Recovery {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #actions: RecoveryActions;
  readonly #broken = new Map<Part, Trouble>();
  #sinceMs = 0;
  #attempt = 0;
  #backAtMs = Number.NEGATIVE_INFINITY;
  #phase: Phase = 'connected';
  #attemptSinceMs = 0;
  /** The attempt under way has been overtaken: what comes after it comes at once. */
  #retryAtOnce = false;
  #cancelRetry: CancelTimer = () => undefined;
  #closed = false;

  constructor(clock: Clock, random: () => number, actions: RecoveryActions) {
    this.#clock = clock;
    this.#random = random;
    this.#actions = actions;
  }

  get isBroken(): boolean {
    return this.#broken.size > 0;
  }

  /** Something is broken (still, or worse than before). */
  broke(part: Part, trouble: Trouble): void {
    if (this.#closed || this.#broken.get(part) === trouble) return;
    if (this.#broken.size === 0) this.#sinceMs = this.#clock.nowMs();
    this.#broken.set(part, trouble);
    this.#actions.recovering(trouble);
  }

  /** Parts are whole again. */
  healed(...parts: readonly Part[]): void {
    if (this.#closed || this.#broken.size === 0) return;
    for (const part of parts) this.#broken.delete(part);
    if (this.#broken.size > 0) return;
    const nowMs = this.#clock.nowMs();
    this.#backAtMs = nowMs;
    this.#actions.recovered(nowMs - this.#sinceMs);
  }

  /**
   * The connection is gone, and with it all that it carried.
   *
   * @param atOnce Whether to try without a pause: this client alone lost it. Where the server went, all its clients come back, and
   *   should not come at the same moment.
   */
  connectionLost(atOnce: boolean): void {
    if (this.#closed) return;
    this.broke('connection', 'connection');
    // Its repair repairs the others.
    for (const part of ['media', 'send', 'receive'] as const) this.#broken.delete(part);
    if (this.#phase !== 'connected') {
      // The attempt got in, and its connection is lost before it could say so.
      if (this.#phase === 'attempt') this.#phase = 'lost-in-attempt';
      return;
    }
    if (this.#clock.nowMs() - this.#backAtMs >= STEADY_AFTER_MS) this.#attempt = 0;
    this.#schedule(atOnce && this.#attempt === 0);
  }

  /** The network may be back: tries without waiting. Nothing happens where no connection is sought. */
  retryNow(): void {
    if (this.#closed) return;
    if (this.#phase === 'pause') {
      this.#attempt = 0;
      this.#schedule(true);
    } else if (this.#phase === 'attempt' && this.#clock.nowMs() - this.#attemptSinceMs >= HUNG_AFTER_MS) {
      this.#retryAtOnce = true;
      this.#actions.abandon();
    }
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancelRetry();
  }

  #schedule(atOnce: boolean): void {
    this.#phase = 'pause';
    this.#cancelRetry();
    const delayMs = atOnce ? 0 : backoffMs(this.#attempt, this.#random());
    this.#cancelRetry = this.#clock.after(delayMs, () => this.#try());
  }

  #try(): void {
    const openTimeoutMs = OPEN_TIMEOUTS_MS[Math.min(this.#attempt, OPEN_TIMEOUTS_MS.length - 1)] ?? 10_000;
    this.#attempt += 1;
    this.#phase = 'attempt';
    this.#attemptSinceMs = this.#clock.nowMs();
    this.#retryAtOnce = false;
    this.#actions.reconnect(openTimeoutMs).then(
      () => {
        if (this.#phase === 'lost-in-attempt') this.#again();
        else this.#phase = 'connected';
      },
      (error: unknown) => {
        if (!this.#closed && this.#actions.isFinal(error)) this.#actions.refused(error);
        else this.#again();
      },
    );
  }

  #again(): void {
    if (this.#closed) return;
    if (this.#retryAtOnce) this.#attempt = 0;
    this.#schedule(this.#retryAtOnce);
  }
}
