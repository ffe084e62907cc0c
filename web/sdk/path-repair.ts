/**
 * The repair of one transport's network path, as a state machine: which state leads to an ICE restart (RFC 8445 section 2.4),
 * when the next one is tried, and when nothing will help.
 *
 * What will surprise you:
 * - `disconnected` often heals by itself, so a restart waits a moment; `failed` does not, and after a few vain restarts the path
 *   is hopeless: its owner then reconnects, which is the next stronger repair.
 * - Whoever noticed that the network is back calls `checkNow`: what was tried without a network then counts for nothing.
 * - Owns one timer; `close()` is idempotent, and nothing is called after it.
 */
import type { CancelTimer, Clock } from './clock.ts';

export type PathState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

export interface PathEvents {
  /** The path broke, or got worse. */
  broken(trouble: 'path-interrupted' | 'path-failed'): void;
  healed(): void;
  /** Nothing helped; the reason is for a log. */
  hopeless(reason: string): void;
}

/** `disconnected` heals by itself within this time, or an ICE restart begins. */
const DISCONNECTED_GRACE_MS = 800;
/** How long a restarted path may take to come back, before the next try. */
const RESTART_PATIENCE_MS = 4_000;
const MAX_RESTARTS = 3;
/** A restart that began within this time is new enough: signs of a network that came back arrive in bunches. */
const FRESH_RESTART_MS = 1_000;

export class PathRepair {
  readonly #clock: Clock;
  readonly #events: PathEvents;
  readonly #restartIce: () => Promise<void>;
  #cancelTimer: CancelTimer = () => undefined;
  #restarts = 0;
  #restartedAtMs = Number.NEGATIVE_INFINITY;
  #broken = false;
  #closed = false;

  /** @param restartIce Restarts ICE at both ends; may reject, which counts as a vain try. */
  constructor(clock: Clock, events: PathEvents, restartIce: () => Promise<void>) {
    this.#clock = clock;
    this.#events = events;
    this.#restartIce = restartIce;
  }

  get closed(): boolean {
    return this.#closed;
  }

  stateChanged(state: PathState): void {
    if (this.#closed) return;
    if (state === 'connected') {
      this.#cancelTimer();
      this.#restarts = 0;
      if (!this.#broken) return;
      this.#broken = false;
      this.#events.healed();
    } else if (state === 'disconnected') {
      this.#broken = true;
      this.#events.broken('path-interrupted');
      // A restart under way has its own patience.
      if (this.#restarts === 0) this.#later(DISCONNECTED_GRACE_MS, () => this.#restart());
    } else if (state === 'failed') {
      this.#broken = true;
      this.#events.broken('path-failed');
      this.#restart();
    }
  }

  /** Restarts at once where the path is broken. */
  checkNow(): void {
    if (!this.#broken || this.#closed) return;
    if (this.#clock.nowMs() - this.#restartedAtMs < FRESH_RESTART_MS) return;
    this.#restarts = 0;
    this.#restart();
  }

  /** The path cannot come up any more: hopeless after `patienceMs`, unless it is closed meanwhile. */
  doomed(patienceMs: number, reason: string): void {
    this.#later(patienceMs, () => this.#giveUp(reason));
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer();
  }

  #restart(): void {
    if (this.#closed) return;
    if (this.#restarts >= MAX_RESTARTS) {
      this.#giveUp('the network path could not be repaired');
      return;
    }
    this.#restarts += 1;
    this.#restartedAtMs = this.#clock.nowMs();
    this.#later(RESTART_PATIENCE_MS, () => this.#restart());
    // Refused, or overtaken by a close: the patience timer tries again or gives up.
    this.#restartIce().catch(() => undefined);
  }

  #giveUp(reason: string): void {
    if (this.#closed) return;
    this.close();
    this.#events.hopeless(reason);
  }

  #later(delayMs: number, fire: () => void): void {
    this.#cancelTimer();
    if (!this.#closed) this.#cancelTimer = this.#clock.after(delayMs, fire);
  }
}
