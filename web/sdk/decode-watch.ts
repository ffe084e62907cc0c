/**
 * Watches the streams of one transport: until something of them can be seen or heard (the first decoded frame, or for sound the first
 * packet), and after that whether pictures go on being decoded.
 *
 * What will surprise you:
 * - It polls the transport's statistics, one report for all watched streams, because that works in hidden tabs and without a view; it
 *   stops polling when nothing is watched, and hurries for a new stream.
 * - A stream of which no packets come stalls nothing: it is paused, or the network is gone, and neither is the decoder's doing.
 *
 * Owns one timer; `close()` is idempotent.
 */
import type { types } from 'mediasoup-client';
import type { CancelTimer, Clock } from './clock.ts';
import { type StreamFigures, readReceived } from './stats.ts';
import { readReport } from './stats-report.ts';

/** Statistics are cached for about this long by browsers: asking more often tells nothing. */
const POLL_MS = 50;
/** A stream that has not appeared within this time is asked after less often: reports of large calls are not cheap. */
const QUICK_FOR_MS = 2_000;
const SLOW_POLL_MS = 250;
/** Where all streams have appeared. */
const STEADY_POLL_MS = 1_000;
/** A stream whose packets come and whose frames do not, for so long, has stalled. */
const STALLED_AFTER_MS = 1_500;
/** Without packets for so long it does not stall: nothing comes. */
const IDLE_MS = 2_500;

/** What came of a stalled stream since it was last said to be stalled, or since it began. */
export interface StallEvidence {
  readonly framesReceived: number;
  readonly packetsLost: number;
}

export interface DecodeEvents {
  /** Called once, at the first decoded frame (video) or packet (audio); null: it need not be told. */
  readonly appeared: (() => void) | null;
  /** Called each time that nothing was decoded for a while although packets came. Video only. */
  readonly stalled: (evidence: StallEvidence) => void;
}

type Counters = Pick<StreamFigures, 'framesDecoded' | 'framesReceived' | 'packetsReceived' | 'packetsLost'>;

interface Watch {
  readonly ssrc: number;
  readonly kind: 'audio' | 'video';
  readonly stalled: DecodeEvents['stalled'];
  appeared: DecodeEvents['appeared'];
  nextStallMs: number;
  /** When packets came last. */
  cameMs: number;
  /** As of the last poll. */
  framesDecoded: number;
  packetsReceived: number;
  /** As of the last stall. */
  framesReceived: number;
  packetsLost: number;
}

export class DecodeWatcher {
  readonly #transport: types.Transport;
  readonly #clock: Clock;
  readonly #watches = new Map<string, Watch>();
  /** Null: no poll waits. */
  #cancelTimer: CancelTimer | null = null;
  #polling = false;
  #quickUntilMs = 0;
  #closed = false;

  constructor(transport: types.Transport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
  }

  watch(consumer: types.Consumer, { appeared, stalled }: DecodeEvents): void {
    const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc;
    if (this.#closed || ssrc === undefined || (consumer.kind === 'audio' && appeared === null)) return;
    const nowMs = this.#clock.nowMs();
    this.#watches.set(consumer.id, {
      ssrc,
      kind: consumer.kind,
      stalled,
      appeared,
      nextStallMs: nowMs + STALLED_AFTER_MS,
      cameMs: nowMs,
      framesDecoded: 0,
      packetsReceived: 0,
      framesReceived: 0,
      packetsLost: 0,
    });
    if (appeared !== null) this.#quickUntilMs = nowMs + QUICK_FOR_MS;
    this.#schedule();
  }

  /** That it appears need not be told any more. */
  expectNothing(consumerId: string): void {
    const watch = this.#watches.get(consumerId);
    if (watch?.kind === 'audio') this.#watches.delete(consumerId);
    else if (watch !== undefined) watch.appeared = null;
  }

  /** Stops watching one stream. */
  forget(consumerId: string): void {
    this.#watches.delete(consumerId);
  }

  close(): void {
    this.#closed = true;
    this.#watches.clear();
    this.#cancelTimer?.();
  }

  #schedule(): void {
    if (this.#closed || this.#polling || this.#watches.size === 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(this.#pollMs, () => {
      this.#cancelTimer = null;
      this.#polling = true;
      void this.#poll().finally(() => {
        this.#polling = false;
        this.#schedule();
      });
    });
  }

  get #pollMs(): number {
    if (![...this.#watches.values()].some(({ appeared }) => appeared !== null)) return STEADY_POLL_MS;
    return this.#clock.nowMs() < this.#quickUntilMs ? POLL_MS : SLOW_POLL_MS;
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
      if (figures !== undefined) this.#judge(nowMs, id, watch, figures);
    }
  }

  #judge(nowMs: number, id: string, watch: Watch, now: Counters): void {
    if (watch.kind === 'audio') {
      if (now.packetsReceived === 0) return;
      this.#watches.delete(id);
      watch.appeared?.();
      return;
    }
    const decodes = now.framesDecoded > watch.framesDecoded;
    const comes = now.packetsReceived > watch.packetsReceived;
    watch.framesDecoded = now.framesDecoded;
    watch.packetsReceived = now.packetsReceived;
    if (decodes || nowMs - watch.cameMs > IDLE_MS) watch.nextStallMs = nowMs + STALLED_AFTER_MS;
    if (comes) watch.cameMs = nowMs;
    if (decodes) {
      const { appeared } = watch;
      watch.appeared = null;
      watch.framesReceived = now.framesReceived;
      watch.packetsLost = now.packetsLost;
      appeared?.();
    } else if (comes && nowMs >= watch.nextStallMs) {
      const evidence = {
        framesReceived: Math.max(0, now.framesReceived - watch.framesReceived),
        packetsLost: Math.max(0, now.packetsLost - watch.packetsLost),
      };
      watch.nextStallMs = nowMs + STALLED_AFTER_MS;
      watch.framesReceived = now.framesReceived;
      watch.packetsLost = now.packetsLost;
      watch.stalled(evidence);
    }
  }
}
