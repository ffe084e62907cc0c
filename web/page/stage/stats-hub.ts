/**
 * Reads a call's figures once a second, for all tiles together, and remembers the last minute of each picture.
 *
 * What will surprise you: nothing is read while the page is hidden, since nobody looks; the gap shows in the plots. Who shows
 * figures listens to `tick` and writes the few texts that changed: no view is drawn anew for them.
 * Ownership: owns one timer. `close()` is idempotent.
 */
import type { CallStats, RemoteStream } from '../../sdk/index.ts';
import { Emitter } from '../../sdk/emitter.ts';
import type { StageCall } from './director.ts';
import { History } from './history.ts';

type Received = CallStats['received'][number];
type Sent = CallStats['sent'][number];
export type Figures = Received | Sent;

export interface StatsClock {
  readonly isHidden: () => boolean;
  /** @returns what stops it */
  readonly every: (everyMs: number, run: () => void) => () => void;
}

const EVERY_MS = 1_000;

const browserClock: StatsClock = {
  isHidden: () => document.hidden,
  every: (everyMs, run) => {
    const timer = window.setInterval(run, everyMs);
    return () => window.clearInterval(timer);
  },
};

export class StatsHub extends Emitter<{ tick: [] }> {
  readonly #call: Pick<StageCall, 'stats' | 'network'>;
  readonly #clock: StatsClock;
  readonly #stop: () => void;
  readonly #received = new WeakMap<RemoteStream, History>();
  readonly #sent = new Map<string, History>();
  #latest: CallStats | null = null;
  #reading = false;
  #closed = false;

  constructor(call: Pick<StageCall, 'stats' | 'network'>, clock: StatsClock = browserClock) {
    super();
    this.#call = call;
    this.#clock = clock;
    this.#stop = clock.every(EVERY_MS, () => void this.#read());
  }

  /** What the last second brought; null before the first. */
  get latest(): CallStats | null {
    return this.#latest;
  }
  get network(): StageCall['network'] {
    return this.#call.network;
  }

  /** Figures of a stream: somebody else's, or the own one of a source. */
  figuresOf(of: RemoteStream | Sent['source'] | null): Figures | null {
    if (of === null || this.#latest === null) return null;
    if (typeof of === 'string') return this.#latest.sent.find(({ source }) => source === of) ?? null;
    return this.#latest.received.find(({ stream }) => stream === of) ?? null;
  }

  historyOf(of: RemoteStream | Sent['source'] | null): History | null {
    if (of === null) return null;
    return (typeof of === 'string' ? this.#sent.get(of) : this.#received.get(of)) ?? null;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stop();
    this.removeAllListeners();
  }

  async #read(): Promise<void> {
    if (this.#reading || this.#clock.isHidden()) return;
    this.#reading = true;
    try {
      const stats = await this.#call.stats();
      if (this.#closed) return;
      this.#latest = stats;
      for (const one of stats.received) {
        if (one.stream.kind === 'video') remember(this.#received, one.stream, one);
      }
      for (const one of stats.sent) remember(this.#sent, one.source, one);
      this.emit('tick');
    } finally {
      this.#reading = false;
    }
  }
}

interface Memory<Key> {
  get(key: Key): History | undefined;
  set(key: Key, history: History): unknown;
}

function remember<Key>(memory: Memory<Key>, key: Key, figures: Figures): void {
  let history = memory.get(key);
  if (history === undefined) memory.set(key, (history = new History()));
  history.add({
    bitrate: figures.bitrateBps,
    rate: figures.frameRate,
    loss: figures.bitrateBps === null ? null : figures.lossRatio,
    rtt: figures.rttMs,
  });
}
