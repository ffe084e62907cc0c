/**
 * Everything that this participant sends: a publication for each source, which outlives the producer that carries it when
 * the codec is switched, the transports are reset or the connection is made anew.
 *
 * What will surprise you:
 * - `publish` may be called before the call is joined: what was wished for goes out with the join.
 * - A switch of codec and another track are make before break: the second producer runs beside the first until the server
 *   acknowledged it and a little longer (`Overlaps`). What the server is asked about one source, it is asked one after the
 *   other, because each question names the stream that it replaces.
 * - The live producer belongs to the source, not to the publication: it outlives a publication that another track replaces.
 * - Ownership: owns its producers and timers, never the tracks: whoever captured them stops them. Producers of a transport
 *   that closes are closed by it. `close()` is idempotent.
 */
import type { CodecRestriction } from '../../signaling/messages/media.ts';
import type { CallOfferEvent } from '../../signaling/messages/notifications.ts';
import { PlainAck, type SourceName } from '../../signaling/messages/requests.ts';
import { type MediaTrack, type VideoCodec, sendCodec } from './capabilities.ts';
import type { CancelTimer, Clock } from './clock.ts';
import { Emitter } from './emitter.ts';
import { CallClosed, CodecUnavailable, RequestRefused, isPermanent } from './errors.ts';
import { Overlaps } from './overlaps.ts';
import type { PublishOptions } from './produce-options.ts';
import { type LiveProducer, ProducerMaker } from './producer-maker.ts';
import type { MediaLink } from './session.ts';
import { type Sample, type StreamFigures, readReport, readSent } from './stats.ts';

export interface PublisherEvents {
  /** A publication was made, switched codec, paused, or ended. */
  changed: [];
  error: [Error];
}

export interface SentStats extends StreamFigures {
  readonly source: SourceName;
  readonly codec: string;
}

interface Publication {
  readonly source: SourceName;
  readonly track: MediaTrack;
  readonly options: PublishOptions;
  readonly done: PromiseWithResolvers<void>;
  paused: boolean;
  /** It was refused on this link. */
  failed: boolean;
  /** The codec that a switch under way leads to. */
  wanted: VideoCodec | null;
}

/** A server that cannot take a stream just now is asked again after this time. */
const RETRY_MS = 1_000;

export class Publisher extends Emitter<PublisherEvents> {
  readonly #clock: Clock;
  readonly #preferred: readonly VideoCodec[];
  readonly #publications = new Map<SourceName, Publication>();
  /** What the server has of each source on the present link. */
  readonly #live = new Map<SourceName, LiveProducer>();
  /** The last thing that the server is asked about each source; settles, never rejects. */
  readonly #turns = new Map<SourceName, Promise<void>>();
  readonly #samples = new Map<string, Sample>();
  readonly #overlaps: Overlaps;
  readonly #cancelRetries = new Set<CancelTimer>();
  #restriction: CodecRestriction = null;
  #maker: ProducerMaker | null = null;
  #closed = false;

  constructor(clock: Clock, preferred: readonly VideoCodec[]) {
    super();
    this.#clock = clock;
    this.#preferred = preferred;
    this.#overlaps = new Overlaps(clock);
  }

  /** What is wished for, live or not yet. */
  get sources(): readonly SourceName[] {
    return [...this.#publications.keys()];
  }

  /** The video codec that a source is sent in; null where it is not live. */
  codecOf(source: SourceName): string | null {
    return this.#live.get(source)?.codec ?? null;
  }

  /**
   * Sends a track. Before the join it is kept, and sent with it. An earlier track of the same source is replaced:
   * it runs on until the server took the new one.
   *
   * @returns Resolves when the server took it.
   * @throws CodecUnavailable, RequestRefused, CallClosed
   */
  publish(source: SourceName, track: MediaTrack, options: PublishOptions = {}): Promise<void> {
    if (this.#closed) return Promise.reject(new CallClosed('the call is over'));
    this.#remove(source, 'replaced by another track');
    const done: PromiseWithResolvers<void> = Promise.withResolvers();
    const publication: Publication = {
      source,
      track,
      options,
      done,
      paused: options.paused ?? false,
      failed: false,
      wanted: null,
    };
    this.#publications.set(source, publication);
    // Nobody has to wait for a publication: what goes wrong is told by the `error` event too.
    done.promise.catch(() => undefined);
    // Who publishes muted wants nothing to be seen or heard from now on, of the earlier track either.
    if (publication.paused) this.#pauseLocally(source, true);
    if (this.#maker !== null) void this.#start(publication, this.#maker);
    return done.promise;
  }

  /** Ends a source. The track stays with its owner. */
  unpublish(source: SourceName): void {
    this.#remove(source, 'unpublished');
    this.#endLive(source);
    this.emit('changed');
  }

  /** Mutes or unmutes a source: nothing is sent meanwhile, and the others are told. */
  setPaused(source: SourceName, paused: boolean): void {
    const publication = this.#publications.get(source);
    if (publication === undefined || publication.paused === paused) return;
    publication.paused = paused;
    this.#pauseLocally(source, paused);
    const live = this.#live.get(source);
    if (live !== undefined) this.#tellPause(live, paused);
    this.emit('changed');
  }

  /** Which codecs may be sent from now on. A camera that is sent in another one is switched at once. */
  restrict(restriction: CodecRestriction): void {
    this.#restriction = restriction;
    for (const publication of this.#publications.values()) {
      if (publication.failed && this.#maker !== null) void this.#start(publication, this.#maker);
      else if (restriction !== null && publication.track.kind === 'video') {
        this.#switch(publication, restriction).catch(this.#report);
      }
    }
  }

  /**
   * Publishes everything on a new link; the producers of an earlier one are forgotten.
   *
   * @returns Resolves when each publication is live there, or refused (see the `error` event).
   */
  async bind(link: MediaLink, turn: Promise<void>): Promise<void> {
    const maker = new ProducerMaker(link);
    this.#maker = maker;
    this.#endTimers();
    this.#samples.clear();
    this.#live.clear();
    this.#turns.clear();
    const publications = [...this.#publications.values()];
    for (const publication of publications) {
      publication.failed = false;
      publication.wanted = null;
    }
    await turn;
    if (this.#maker !== maker) return;
    await Promise.all(publications.map((publication) => this.#start(publication, maker)));
  }

  /** Nobody watches a producer that was replaced: it stops sending. */
  handleRetired(producerId: string): void {
    this.#overlaps.end(producerId);
  }

  /** Handles the server's wish for another codec. */
  handleSwitch(offer: Extract<CallOfferEvent, { op: 'switch' }>): void {
    const maker = this.#maker;
    const publication = [...this.#publications.values()].find(
      ({ source }) => this.#live.get(source)?.sourceId === offer.source_id,
    );
    if (maker === null || publication === undefined) return;
    this.#switch(publication, offer.codec).catch((error: unknown) => {
      if (this.#maker !== maker) return;
      // The server's own refusal says nothing about this device.
      if (error instanceof RequestRefused) {
        this.#report(error);
        return;
      }
      const detail = (error instanceof Error ? error.message : String(error)).slice(0, 256);
      this.#tell(
        maker.link.connection.request(
          'CALL_ANSWER',
          { op: 'switch-refused', source_id: offer.source_id, codec: offer.codec, detail },
          PlainAck,
        ),
      );
    });
  }

  /** Figures of every live source, over the time since the call before. */
  async stats(): Promise<SentStats[]> {
    const link = this.#maker?.link;
    const lives = [...this.#live];
    if (link === undefined || link.send.closed || lives.length === 0) return [];
    const entries = readReport(await link.send.getStats());
    const nowMs = this.#clock.nowMs();
    return lives.flatMap(([source, live]) => {
      const { mid } = live.producer.rtpParameters;
      const reading =
        mid === undefined ? null : readSent(entries, mid, nowMs, this.#samples.get(live.producerId));
      if (reading === null) return [];
      this.#samples.set(live.producerId, reading.sample);
      return [{ source, codec: live.codec, ...reading.figures }];
    });
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const source of this.sources) this.#remove(source, 'the call is over');
    for (const live of this.#live.values()) live.producer.close();
    this.#live.clear();
    this.#turns.clear();
    this.#endTimers();
    this.#maker = null;
    this.removeAllListeners();
  }

  readonly #report = (error: unknown): void => {
    this.emit('error', error instanceof Error ? error : new Error(String(error)));
  };

  async #start(publication: Publication, maker: ProducerMaker): Promise<void> {
    const { link } = maker;
    publication.failed = false;
    try {
      await this.#inTurn(publication.source, async () => {
        if (!this.#isCurrent(publication, maker)) return;
        const codec = this.#codecFor(publication, link);
        const replaces = this.#live.get(publication.source)?.producerId ?? null;
        this.#adopt(publication, maker, await maker.make({ ...publication, codec, replaces }));
      });
      if (!this.#isCurrent(publication, maker)) return;
      publication.done.resolve();
      if (this.#restriction !== null && publication.track.kind === 'video') {
        this.#switch(publication, this.#restriction).catch(this.#report);
      }
    } catch (error) {
      // On a link that was replaced meanwhile, the newer one publishes.
      if (!this.#isCurrent(publication, maker) || link.connection.closed || link.send.closed) return;
      if (error instanceof RequestRefused && !isPermanent(error)) {
        this.#cancelRetries.add(this.#clock.after(RETRY_MS, () => void this.#retry(publication, maker)));
        return;
      }
      // The wish stays: another link or another restriction may make it possible.
      publication.failed = true;
      // Nobody wishes for the track any more that this one was to replace.
      this.#endLive(publication.source);
      publication.done.reject(error instanceof Error ? error : new Error(String(error)));
      this.#report(error);
      this.emit('changed');
    }
  }

  async #retry(publication: Publication, maker: ProducerMaker): Promise<void> {
    if (this.#isCurrent(publication, maker)) await this.#start(publication, maker);
  }

  /** Switches a live publication to another codec; where that is under way or done, nothing happens. */
  async #switch(publication: Publication, codec: VideoCodec): Promise<void> {
    const maker = this.#maker;
    const live = this.#live.get(publication.source);
    if (maker === null || live === undefined || (publication.wanted ?? live.codec) === codec) return;
    publication.wanted = codec;
    await this.#inTurn(publication.source, () => this.#switchNow(publication, maker, codec));
  }

  async #switchNow(publication: Publication, maker: ProducerMaker, codec: VideoCodec): Promise<void> {
    const live = this.#live.get(publication.source);
    if (!this.#isCurrent(publication, maker)) return;
    try {
      if (live === undefined || live.codec === codec) return;
      if (this.#restriction !== null && this.#restriction !== codec) {
        throw new CodecUnavailable(`this participant sends ${this.#restriction} only`);
      }
      this.#adopt(publication, maker, await maker.make({ ...publication, codec, replaces: live.producerId }));
    } finally {
      if (publication.wanted === codec) publication.wanted = null;
    }
  }

  /** Runs when everything that was asked about the source before is answered. */
  #inTurn(source: SourceName, run: () => Promise<void>): Promise<void> {
    const result = (this.#turns.get(source) ?? Promise.resolve()).then(run);
    this.#turns.set(
      source,
      result.catch(() => undefined),
    );
    return result;
  }

  #isCurrent(publication: Publication, maker: ProducerMaker): boolean {
    return this.#maker === maker && this.#publications.get(publication.source) === publication;
  }

  /** The server has taken a stream: it carries the source from now on, or ends where the source has ended meanwhile. */
  #adopt({ source }: Publication, maker: ProducerMaker, live: LiveProducer): void {
    if (this.#maker !== maker) {
      live.producer.close();
      return;
    }
    const before = this.#live.get(source);
    if (before !== undefined) {
      this.#samples.delete(before.producerId);
      this.#overlaps.add(source, before);
    }
    this.#live.set(source, live);
    // Where it is another publication than the one asked for, that one waits for its turn and replaces this stream.
    const wish = this.#publications.get(source);
    if (wish === undefined) {
      this.#endLive(source);
      return;
    }
    // The wish may have changed while the server was being asked.
    if (wish.paused) live.producer.pause();
    if (wish.paused !== live.offeredPaused) this.#tellPause(live, wish.paused);
    this.emit('changed');
  }

  /** Ends what is sent of a source, and tells the server. */
  #endLive(source: SourceName): void {
    this.#overlaps.endSource(source);
    const live = this.#live.get(source);
    if (live === undefined) return;
    this.#live.delete(source);
    this.#samples.delete(live.producerId);
    live.producer.close();
    this.#tell(
      live.link.connection.request('CALL_END', { op: 'unpublish', producer_id: live.producerId }, PlainAck),
    );
  }

  #pauseLocally(source: SourceName, paused: boolean): void {
    this.#overlaps.setPaused(source, paused);
    const live = this.#live.get(source);
    if (paused) live?.producer.pause();
    else live?.producer.resume();
  }

  /** The codec to publish in: the wished one, else the first of the preferred ones that is allowed and can be encoded. */
  #codecFor(publication: Publication, link: MediaLink): VideoCodec | null {
    if (publication.track.kind === 'audio') return null;
    const wished = publication.options.codec === undefined ? [] : [publication.options.codec];
    const allowed = [...wished, ...this.#preferred].filter(
      (codec) => this.#restriction === null || codec === this.#restriction,
    );
    const found = allowed.find((codec) => sendCodec(link.device, codec) !== undefined);
    if (found === undefined) {
      throw new CodecUnavailable(
        this.#restriction === null
          ? 'this device can encode neither VP8 nor H.264'
          : `this device cannot encode ${this.#restriction}`,
      );
    }
    return found;
  }

  #tellPause(live: LiveProducer, paused: boolean): void {
    this.#tell(
      live.link.connection.request(
        'CALL_OFFER',
        { op: 'pause', producer_id: live.producerId, paused },
        PlainAck,
      ),
    );
  }

  #remove(source: SourceName, reason: string): void {
    const publication = this.#publications.get(source);
    if (publication === undefined) return;
    this.#publications.delete(source);
    publication.done.reject(new CallClosed(`${source}: ${reason}`));
  }

  #endTimers(): void {
    for (const cancel of this.#cancelRetries) cancel();
    this.#cancelRetries.clear();
    this.#overlaps.close();
  }

  /** For requests whose refusal changes nothing here but should be seen. */
  #tell(request: Promise<unknown>): void {
    request.catch((error: unknown) => {
      if (error instanceof RequestRefused) this.#report(error);
    });
  }
}
