/**
 * Who looks at what, and how large: from it follows what publishers are asked to send and what is decoded.
 *
 *   views of everybody ─▶ layers wanted of each stream ─▶ `send` to its publisher, input of its transcode
 *
 * What will surprise you:
 * - Whoever watches the room's lobby counts as watching everything: who joins from there finds pictures that are alive.
 * - A stream that is about to be delivered, or whose device has not said how large it shows it, counts as wanted whole.
 * - Sound is never stopped: it costs little, and its first word must not be lost.
 */
import type { types } from 'mediasoup';
import type { Logger } from '../observe/logger.ts';
import type { ParticipantId } from '../plan/types.ts';
import type { LayerSteering } from '../sfu/layerSteering.ts';
import { type ViewSize, largestView, layerFor, layersOf } from '../sfu/viewLayer.ts';
import type { Clock } from '../time/clock.ts';
import { Demand, type WantedLayers } from './demand.ts';
import { type Participant, type Source, pictureOf } from './participant.ts';
import type { Member } from './reconciler.ts';
import type { Transcoders } from './transcoders.ts';

export interface WatchingOptions {
  readonly members: ReadonlyMap<ParticipantId, Member>;
  readonly transcoders: Transcoders;
  readonly layers: LayerSteering;
  readonly lobbyWatched: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Published {
  readonly owner: Participant;
  readonly source: Source;
  readonly producer: types.Producer;
}

/** By producer. */
type Views = ReadonlyMap<string, readonly (ViewSize | null)[]>;

/** A page that arranges its tiles anew says so for each of them. */
const LOOK_DELAY_MS = 20;

export class Watching {
  readonly #options: WatchingOptions;
  /** Of publishers, by producer. */
  readonly #sent: Demand;
  /** Of transcodes' inputs, by the producer that is decoded. */
  readonly #decoded: Demand;
  #published: ReadonlyMap<string, Published> = new Map();
  #cancelLook: (() => void) | null = null;
  #closed = false;

  constructor(options: WatchingOptions) {
    this.#options = options;
    const { clock, transcoders } = options;
    this.#sent = new Demand({ clock, tell: (producerId, layers) => this.#ask(producerId, layers) });
    this.#decoded = new Demand({
      clock,
      tell: (producerId, layers) => transcoders.setInput(producerId, layers),
    });
  }

  /** Looks again, soon. */
  schedule(): void {
    if (this.#closed) return;
    this.#cancelLook ??= this.#options.clock.after(LOOK_DELAY_MS, () => {
      this.#cancelLook = null;
      this.#look();
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancelLook?.();
    this.#sent.close();
    this.#decoded.close();
  }

  #look(): void {
    const published = this.#streams();
    const views = this.#views();
    this.#published = new Map(published.map((stream) => [stream.producer.id, stream]));
    const sent: WantedLayers[] = [];
    const decoded: WantedLayers[] = [];
    for (const { producer, source } of published) {
      const encodings = layersOf(producer.rtpParameters);
      // A layer counted from 0 is one layer, and no layer is none.
      const layersFor = (view: ViewSize | null): number =>
        (layerFor(view, pictureOf(source), encodings) ?? -1) + 1;
      let layers = layersFor(largestView(views.get(producer.id) ?? []));
      if (this.#options.transcoders.transcodes(producer.id)) {
        const input = layersFor(this.#viewOfTranscodes(producer.id, views));
        decoded.push({ producerId: producer.id, layers: input, of: encodings.length });
        layers = Math.max(layers, input);
      }
      if (this.#options.lobbyWatched()) layers = encodings.length;
      sent.push({ producerId: producer.id, layers, of: encodings.length });
    }
    this.#decoded.keep(decoded);
    this.#sent.keep(sent);
  }

  /** Every video stream that arrives, those included that have been replaced and are still watched. */
  #streams(): readonly Published[] {
    return [...this.#options.members.values()].flatMap(({ participant: owner }) =>
      [...owner.sources.values()]
        .filter(({ kind }) => kind === 'video')
        .flatMap((source) =>
          [source.producer, ...source.retiring].flatMap((producer) =>
            producer === null || producer.closed ? [] : [{ owner, source, producer }],
          ),
        ),
    );
  }

  #views(): Views {
    const views = new Map<string, (ViewSize | null)[]>();
    for (const { deliveries } of this.#options.members.values()) {
      for (const [producerId, view] of deliveries.views()) {
        const known = views.get(producerId);
        if (known === undefined) views.set(producerId, [view]);
        else known.push(view);
      }
    }
    return views;
  }

  /** All outputs are made of one decode; while there is none yet, everything is needed. */
  #viewOfTranscodes(producerId: string, views: Views): ViewSize | null {
    const outputs = this.#options.transcoders.outputs.filter((output) => output.producerId === producerId);
    if (outputs.length === 0) return null;
    return largestView(outputs.flatMap(({ outputProducerId }) => views.get(outputProducerId) ?? []));
  }

  #ask(producerId: string, layers: number): void {
    const stream = this.#published.get(producerId);
    if (stream === undefined) return;
    const { owner, producer, source } = stream;
    this.#options.logger.debug({ sourceId: source.id, producerId, layers }, 'layers asked for');
    this.#options.layers.setWanted(producer, layers);
    owner.notify('CALL_OFFER', { op: 'send', producer_id: producerId, layers });
  }
}
