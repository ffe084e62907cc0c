/**
 * Watches new streams of one transport until something of them can be seen or heard: the first decoded frame, or for sound
 * the first packet.
 *
 * What will surprise you: it polls the transport's statistics, one report for all watched streams, because that works in
 * hidden tabs and without a view; it stops polling when nothing is watched. A slow poll that is waiting is not hurried by a
 * new stream: that costs it a quarter of a second at most. Owns one timer; `close()` is idempotent.
 */
import type { types } from 'mediasoup-client';
import type { CancelTimer, Clock } from './clock.ts';
import { readReceived } from './stats.ts';
import { readReport } from './stats-report.ts';

/** Statistics are cached for about this long by browsers: asking more often tells nothing. */
const POLL_MS = 50;
/** A stream that has not appeared within this time is asked after less often: reports of large calls are not cheap. */
const QUICK_FOR_MS = 2_000;
const SLOW_POLL_MS = 250;
/** A stream whose packets come and whose frames do not, for so long, needs a key frame. */
const STALLED_AFTER_MS = 1_500;

interface Watch {
  readonly ssrc: number;
  readonly kind: 'audio' | 'video';
  readonly appeared: () => void;
  readonly stalled: () => void;
  nextStallMs: number;
}

export class FirstMediaWatcher {
  readonly #transport: types.Transport;
  readonly #clock: Clock;
  readonly #watches = new Map<string, Watch>();
  #cancelTimer: CancelTimer = () => undefined;
  #polling = false;
  #quickUntilMs = 0;
  #closed = false;

  constructor(transport: types.Transport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
  }

  /**
   * @param appeared Called once, at the first decoded frame (video) or packet (audio).
   * @param stalled Called each time that nothing was decoded for a while although packets came. Video only.
   */
  watch(consumer: types.Consumer, appeared: () => void, stalled: () => void): void {
    const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc;
    if (this.#closed || ssrc === undefined) return;
    this.#quickUntilMs = this.#clock.nowMs() + QUICK_FOR_MS;
    this.#watches.set(consumer.id, {
      ssrc,
      kind: consumer.kind,
      appeared,
      stalled,
      nextStallMs: this.#clock.nowMs() + STALLED_AFTER_MS,
    });
    this.#schedule();
  }

  /** Stops watching one stream. */
  forget(consumerId: string): void {
    this.#watches.delete(consumerId);
  }

  close(): void {
    this.#closed = true;
    this.#watches.clear();
    this.#cancelTimer();
  }

  #schedule(): void {
    if (this.#closed || this.#polling || this.#watches.size === 0) return;
    this.#polling = true;
    const pollMs = this.#clock.nowMs() < this.#quickUntilMs ? POLL_MS : SLOW_POLL_MS;
    this.#cancelTimer = this.#clock.after(pollMs, () => {
      void this.#poll().finally(() => {
        this.#polling = false;
        this.#schedule();
      });
    });
  }

  async #poll(): Promise<void> {
    if (this.#transport.closed) {
      this.close();
      return;
    }
    const report = await this.#transport.getStats().catch(() => null);
    if (report === null || this.#closed) return;
    const entries = readReport(report);
    const nowMs = this.#clock.nowMs();
    for (const [id, watch] of [...this.#watches]) {
      const figures = readReceived(entries, watch.ssrc, nowMs, undefined)?.figures;
      if (figures === undefined) continue;
      const seen = watch.kind === 'video' ? figures.framesDecoded > 0 : figures.packetsReceived > 0;
      if (seen) {
        this.#watches.delete(id);
        watch.appeared();
      } else if (watch.kind === 'video' && figures.packetsReceived > 0 && nowMs >= watch.nextStallMs) {
        watch.nextStallMs = nowMs + STALLED_AFTER_MS;
        watch.stalled();
      }
    }
  }
}
