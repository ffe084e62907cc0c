/**
 * Which simulcast layer each consumer of a call may have: what its device wants, but none that is not being sent.
 *
 * A publisher drops its larger layers without a word when its network or processor is short (RFC 8853, section 5.6 leaves it
 * free to). mediasoup notices after 1.5 to 3 s, and its consumers stand still until then; here it takes about half a second.
 *
 * What will surprise you:
 * - A layer that nobody wants, and that the publisher was told to stop, is not missed: `setWanted` says which those are.
 * - Producers are asked for their figures a few times a second, only those that are simulcast and that somebody watches.
 * - Nobody calls for the end of a consumer or producer: their own events do it. `close()` ends what is left.
 */
import type { types } from 'mediasoup';
import type { Logger } from '../observe/logger.ts';
import type { Clock } from '../time/clock.ts';
import { LiveLayers } from './liveLayers.ts';

interface Steered {
  readonly consumer: types.Consumer;
  /** The layer that the device wants at most; null: the largest. */
  wanted: number | null;
  /** What mediasoup was told last; null: nothing. */
  told: number | null;
}

interface Watched {
  readonly producer: types.Producer;
  readonly live: LiveLayers;
  readonly consumers: Map<string, Steered>;
  /** No larger layer is being sent; null: nothing is known against any. */
  top: number | null;
  /** What each layer came at last, bits per second, from the smallest; 0: it does not come. */
  ratesBps: readonly number[];
  asking: boolean;
}

const POLL_INTERVAL_MS = 150;

export class LayerSteering {
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** By producer. */
  readonly #watched = new Map<string, Watched>();
  /** How many layers publishers were asked for, by producer; those that are not here send what they can. */
  readonly #wanted = new Map<string, number>();
  #cancelPoll: (() => void) | null = null;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** From now on the consumer gets layers that are being sent; does nothing where there is only one. */
  add(producer: types.Producer, consumer: types.Consumer): void {
    if (producer.type !== 'simulcast' || producer.closed || consumer.closed) return;
    let watched = this.#watched.get(producer.id);
    if (watched === undefined) {
      watched = {
        producer,
        live: new LiveLayers(),
        consumers: new Map(),
        top: null,
        ratesBps: [],
        asking: false,
      };
      this.#watched.set(producer.id, watched);
    }
    const { consumers } = watched;
    const steered = { consumer, wanted: null, told: null };
    consumers.set(consumer.id, steered);
    consumer.observer.once('close', () => {
      consumers.delete(consumer.id);
      if (consumers.size === 0) this.#watched.delete(producer.id);
    });
    this.#steer(watched, steered);
    if (this.#cancelPoll === null) this.#arm();
  }

  /** The publisher was asked to send this many layers, from the smallest; it need not send the others. */
  setWanted(producer: types.Producer, layers: number): void {
    if (producer.type !== 'simulcast' || producer.closed) return;
    if (!this.#wanted.has(producer.id)) {
      producer.observer.once('close', () => this.#wanted.delete(producer.id));
    }
    this.#wanted.set(producer.id, layers);
  }

  /** What each layer of a simulcast stream that somebody watches came at last, bits per second; empty: not known. */
  ratesOf(producerId: string): readonly number[] {
    return this.#watched.get(producerId)?.ratesBps ?? [];
  }

  /** What the device wants at most, counted from the smallest layer. */
  want(consumerId: string, spatialLayer: number): void {
    for (const watched of this.#watched.values()) {
      const steered = watched.consumers.get(consumerId);
      if (steered === undefined) continue;
      steered.wanted = spatialLayer;
      this.#steer(watched, steered);
    }
  }

  close(): void {
    this.#watched.clear();
    this.#wanted.clear();
    this.#cancelPoll?.();
    this.#cancelPoll = null;
  }

  #arm(): void {
    this.#cancelPoll = this.#clock.after(POLL_INTERVAL_MS, () => {
      this.#cancelPoll = null;
      for (const watched of this.#watched.values()) {
        // A producer that is about to end may refuse; then its consumers end as well.
        this.#read(watched).catch(() => undefined);
      }
      if (this.#watched.size > 0) this.#arm();
    });
  }

  async #read(watched: Watched): Promise<void> {
    const { producer, live, consumers } = watched;
    if (watched.asking || producer.closed || producer.paused) return;
    watched.asking = true;
    let stats: types.ProducerStat[];
    try {
      stats = await producer.getStats();
    } finally {
      watched.asking = false;
    }
    const statOf = new Map(stats.map((stat) => [stat.rid ?? stat.ssrc, stat]));
    const layers = (producer.rtpParameters.encodings ?? []).map(({ rid, ssrc }) =>
      statOf.get(rid ?? ssrc ?? 0),
    );
    watched.ratesBps = layers.map((stat) => stat?.bitrate ?? 0);
    const bytes = layers.map((stat) => stat?.byteCount ?? 0);
    const top = live.read(this.#clock.nowMs(), bytes, this.#wanted.get(producer.id) ?? bytes.length);
    if (top === watched.top) return;
    watched.top = top;
    this.#logger.info(
      { producerId: producer.id, layer: top },
      top === null ? 'all layers are sent' : 'larger layers are not sent',
    );
    for (const steered of consumers.values()) this.#steer(watched, steered);
  }

  #steer({ producer, top }: Watched, steered: Steered): void {
    const largest = (producer.rtpParameters.encodings?.length ?? 1) - 1;
    const spatialLayer = Math.min(steered.wanted ?? largest, top ?? largest, largest);
    if (spatialLayer === (steered.told ?? largest)) return;
    steered.told = spatialLayer;
    // The consumer may end meanwhile, and then nothing needs to be said.
    steered.consumer.setPreferredLayers({ spatialLayer }).catch(() => undefined);
  }
}
