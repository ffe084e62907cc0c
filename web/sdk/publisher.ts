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
 *   Another device with a picture of about the same size needs neither: `replaceTrack` puts its track into the producers that
 *   there are.
 * - Ownership: owns its producers and timers, never the tracks: whoever captured them stops them. Producers of a transport
 *   that closes are closed by it. `close()` is idempotent.
 */
import type { types } from 'mediasoup-client';
import type { CodecRestriction } from '../../signaling/messages/media.ts';
import type { CallOfferEvent } from '../../signaling/messages/notifications.ts';
import { PlainAck, type SourceName } from '../../signaling/messages/requests.ts';
import type { MediaTrack, VideoCodec } from './capabilities.ts';
import type { CancelTimer, Clock } from './clock.ts';
import { Emitter } from './emitter.ts';
import {
  CallClosed,
  type ClientError,
  CodecUnavailable,
  NotPublished,
  RequestRefused,
  UnusableTrack,
  asClientError,
  isPermanent,
} from './errors.ts';
import { LayerControl } from './layer-control.ts';
import { Overlaps } from './overlaps.ts';
import { type PublishOptions, chooseCodec, suitsTrack } from './produce-options.ts';
import { type LiveProducer, ProducerMaker } from './producer-maker.ts';
import { type Publication, checkSuccessor, newPublication } from './publication.ts';
import { SentReader, type SentStats } from './sent-stats.ts';
import type { MediaLink } from './session.ts';
import type { PathFigures } from './stats.ts';
import { Turns } from './turns.ts';

export interface PublisherEvents {
  /** A publication was made, switched codec, paused, or ended. */
  changed: [];
  error: [ClientError];
}

/** A server that cannot take a stream just now is asked again after this time. */
const RETRY_MS = 1_000;

export class Publisher extends Emitter<PublisherEvents> {
  readonly #clock: Clock;
  readonly #preferred: readonly VideoCodec[];
  readonly #publications = new Map<SourceName, Publication>();
  /** What the server has of each source on the present link. */
  readonly #live = new Map<SourceName, LiveProducer>();
  /** What the server is asked about a source. */
  readonly #turns = new Turns();
  readonly #reader: SentReader;
  readonly #overlaps: Overlaps;
  readonly #layers: LayerControl;
  readonly #cancelRetries = new Set<CancelTimer>();
  #restriction: CodecRestriction = null;
  #maker: ProducerMaker | null = null;
  #closed = false;

  constructor(clock: Clock, preferred: readonly VideoCodec[]) {
    super();
    this.#clock = clock;
    this.#preferred = preferred;
    this.#reader = new SentReader(clock);
    this.#layers = new LayerControl((error) => this.emit('error', error));
    this.#overlaps = new Overlaps(clock, (producerId) => this.#layers.remove(producerId));
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
    const publication = newPublication(source, track, options);
    this.#publications.set(source, publication);
    // Who publishes muted wants nothing to be seen or heard from now on, of the earlier track either.
    if (publication.paused) this.#pauseLocally(source, true);
    if (this.#maker !== null) void this.#start(publication, this.#maker);
    return publication.done.promise;
  }

  /**
   * Sends another device's track in place of the present one, in the same stream where that suits it, else in a successor. A
   * publication that is not live takes it when it goes out.
   *
   * @returns Resolves when the track is sent, or kept.
   * @throws NotPublished, UnusableTrack
   */
  async replaceTrack(source: SourceName, track: MediaTrack): Promise<void> {
    const publication = this.#publications.get(source);
    if (publication === undefined) throw new NotPublished(`${source} is not published`);
    checkSuccessor(publication, track);
    publication.track = track;
    await this.#turns.take(source, async () => {
      const maker = this.#maker;
      const live = this.#live.get(source);
      const { options } = publication;
      const madeFor = live?.producer.track ?? track;
      if (maker !== null && live !== undefined && !suitsTrack(source, madeFor, track, options)) {
        const codec = live.codec === 'opus' ? null : live.codec;
        const wish = { ...publication, codec, replaces: live.producerId };
        const successor = await maker.make(wish).catch(() => null);
        if (successor !== null) this.#adopt(publication, maker, successor);
      }
      // Also what was replaced, as long as it is watched: the device of before may be gone.
      for (const producer of this.#producersOf(source)) {
        // A later wish is on its way, or the publication that takes this place has a track of its own.
        if (publication.track !== track || this.#publications.get(source) !== publication) return;
        await producer.replaceTrack({ track }).catch((error: unknown) => {
          // One that ended meanwhile needs none.
          if (!producer.closed) throw new UnusableTrack('the track cannot be sent', { cause: error });
        });
      }
    });
    this.emit('changed');
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
    this.#live.clear();
    this.#turns.forget();
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

  /** Handles the server's word on how many layers of a stream are watched. */
  handleSend({ producer_id: producerId, layers }: Extract<CallOfferEvent, { op: 'send' }>): void {
    this.#layers.want(producerId, layers);
  }

  /** Handles the server's word on what those who watch a stream of one layer can take. */
  handleRate({ producer_id: producerId, max_bps: maxBps }: Extract<CallOfferEvent, { op: 'rate' }>): void {
    this.#layers.limit(producerId, maxBps);
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
  async stats(): Promise<{ sent: SentStats[]; path: PathFigures | null }> {
    const link = this.#maker?.link;
    if (link === undefined || link.send.closed || this.#live.size === 0) return { sent: [], path: null };
    return await this.#reader.read(link.send, [...this.#live]);
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const source of [...this.#publications.keys()]) this.#remove(source, 'the call is over');
    for (const live of this.#live.values()) live.producer.close();
    this.#live.clear();
    this.#turns.forget();
    this.#endTimers();
    this.#maker = null;
    this.removeAllListeners();
  }

  #producersOf(source: SourceName): types.Producer[] {
    const live = this.#live.get(source);
    return [...this.#overlaps.producersOf(source), ...(live === undefined ? [] : [live.producer])];
  }

  readonly #report = (error: unknown): void => {
    this.emit('error', asClientError(error));
  };

  async #start(publication: Publication, maker: ProducerMaker): Promise<void> {
    const { link } = maker;
    publication.failed = false;
    try {
      await this.#turns.take(publication.source, async () => {
        if (!this.#isCurrent(publication, maker)) return;
        const codec =
          publication.track.kind === 'audio'
            ? null
            : chooseCodec(link.device, publication.options.codec, this.#preferred, this.#restriction);
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
      publication.done.reject(asClientError(error));
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
    await this.#turns.take(publication.source, () => this.#switchNow(publication, maker, codec));
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
    if (before !== undefined) this.#overlaps.add(source, before);
    this.#live.set(source, live);
    this.#layers.add(live.producerId, live.producer);
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
    this.#layers.remove(live.producerId);
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
    this.#layers.clear();
  }

  /** For requests whose refusal changes nothing here but should be seen. */
  #tell(request: Promise<unknown>): void {
    request.catch((error: unknown) => {
      if (error instanceof RequestRefused) this.#report(error);
    });
  }
}
