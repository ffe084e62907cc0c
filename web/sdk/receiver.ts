/**
 * Everything that this participant receives: offers become consumers, consumers carry streams, and a stream changes over to
 * a new consumer only when that one can be seen.
 *
 * What will surprise you:
 * - A consumer that the server ended is kept here, silent, until its successor shows or its source ends: the view keeps the
 *   last frame instead of going black. The same holds for the consumers of an earlier link after a reset or a reconnection.
 * - Ownership: owns its streams, its consumers, the watcher, and the receiving transport of every link that it was bound to:
 *   an earlier one is closed as soon as nothing of it shows. `close()` is idempotent, ends every stream, and closes every
 *   consumer and transport.
 */
import type { types } from 'mediasoup-client';
import type { CallEndEvent, CallOfferEvent, Delivery } from '../../signaling/messages/notifications.ts';
import {
  type CallAnswer,
  type Participant,
  PlainAck,
  type SourceName,
} from '../../signaling/messages/requests.ts';
import type * as v from 'valibot';
import type { ViewSize } from './call-types.ts';
import { toDeviceParameters } from './capabilities.ts';
import type { CancelTimer, Clock } from './clock.ts';
import { Emitter } from './emitter.ts';
import { type ClientError, asClientError } from './errors.ts';
import { DecodeWatcher } from './decode-watch.ts';
import { ReceivedReader, type ReceivedStats } from './received-stats.ts';
import { RemoteStream, type StreamShare } from './remote-stream.ts';
import type { MediaLink } from './session.ts';
import type { PathFigures } from './stats.ts';
import { ViewSizes } from './view-sizes.ts';

export interface ReceiverEvents {
  stream: [RemoteStream];
  'stream-ended': [RemoteStream];
  error: [ClientError];
}

type ConsumeOffer = Extract<CallOfferEvent, { op: 'consume' }>;
type Answer = v.InferInput<typeof CallAnswer>;

/** What the server said last of a consumer, also while its local half is being made. */
interface Told {
  paused: boolean;
  delivery: Delivery;
  share: StreamShare | null;
}

interface Carrier {
  readonly stream: RemoteStream;
  readonly consumer: types.Consumer;
  readonly link: MediaLink;
  /** Offers are numbered: a later one wins over an earlier one of the same stream. */
  readonly order: number;
  readonly told: Told;
  /** Makes it the one that carries the stream. */
  readonly show: () => void;
}

interface Coming {
  /** The server ended it already. */
  ended: boolean;
  readonly told: Told;
}

/** How long the earlier track stays open after a change, for the view to show the new one. */
const CHANGE_OVER_MS = 1_000;
/** Publishing waits for the first picture of the others no longer than this. */
const FIRST_PICTURE_PATIENCE_MS = 250;

export class Receiver extends Emitter<ReceiverEvents> {
  readonly #clock: Clock;
  readonly #streams = new Map<string, RemoteStream>();
  /** Source id → stream, as far as offers told. */
  readonly #sources = new Map<string, RemoteStream>();
  readonly #carriers = new Map<string, Carrier>();
  readonly #current = new Map<RemoteStream, Carrier>();
  readonly #reader: ReceivedReader;
  readonly #views: ViewSizes;
  readonly #timers = new Set<CancelTimer>();
  /** Carriers that another one has replaced and whose tracks stay for a moment. */
  readonly #leaving = new Set<Carrier>();
  /** Consumers whose local half is being made, by the server's id. */
  readonly #coming = new Map<string, Coming>();
  /** Receiving transports of earlier links, some of whose last frames still show. */
  readonly #retired = new Set<types.Transport>();
  /** Whoever waits for the first picture. */
  readonly #waiting = new Set<() => void>();
  #link: MediaLink | null = null;
  #watcher: DecodeWatcher | null = null;
  #order = 0;

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
    this.#reader = new ReceivedReader(clock);
    this.#views = new ViewSizes(clock);
  }

  get streams(): readonly RemoteStream[] {
    return [...this.#streams.values()];
  }

  /** Consumers are offered anew on this link; streams stay, with what they last showed. */
  bind(link: MediaLink): void {
    this.#watcher?.close();
    if (this.#link !== null) this.#retired.add(this.#link.receive);
    this.#link = link;
    for (const id of this.#carriers.keys()) this.#views.remove(id);
    // What had not shown yet never will; what shows stays until its successor does.
    for (const [id, carrier] of this.#carriers) {
      if (this.#current.get(carrier.stream) !== carrier && !this.#leaving.has(carrier)) this.#drop(id);
    }
    this.#closeUnused();
    this.#watcher = new DecodeWatcher(link.receive, this.#clock);
  }

  /** Resolves when the first picture of somebody is decoded, or after a while. */
  firstPicture(): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel();
        this.#timers.delete(cancel);
        this.#waiting.delete(finish);
        resolve();
      };
      const cancel = this.#clock.after(FIRST_PICTURE_PATIENCE_MS, finish);
      this.#timers.add(cancel);
      this.#waiting.add(finish);
    });
  }

  /** How large a stream is shown from now on, in device pixels; 0 x 0: not at all. */
  view(stream: RemoteStream, size: ViewSize): void {
    if (stream.kind === 'audio') return;
    this.#views.set(stream, size);
    if (!this.#views.isHidden(stream)) return;
    // Nothing of it comes from now on: there is no first frame to wait for.
    for (const [id, carrier] of this.#carriers) {
      if (carrier.stream !== stream) continue;
      this.#watcher?.expectNothing(id);
      carrier.show();
    }
  }

  /** Handles one CALL_OFFER, except `switch`, `send` and `rate`, which are the publisher's. */
  handleOffer(offer: CallOfferEvent): void {
    switch (offer.op) {
      case 'consume':
        this.#consume(offer).catch((error: unknown) => {
          this.emit('error', asClientError(error));
        });
        return;
      case 'paused':
        this.#paused(offer.consumer_id, offer.paused);
        return;
      case 'delivery':
        this.#said(offer.consumer_id, { delivery: offer.delivery });
        return;
      case 'share': {
        const { bps, held, reason, why } = offer;
        this.#said(offer.consumer_id, { share: { bps, held, reason, why } });
        return;
      }
      case 'unavailable': {
        const stream = this.#streamOf(offer.participant_id, offer.source, offer.source_id);
        stream.update({ unavailable: { reason: offer.reason, why: offer.why } });
        return;
      }
      case 'switch':
      case 'send':
      case 'rate':
        return;
    }
  }

  /** Handles one CALL_END, except `call`, which is the call's. */
  handleEnd(event: CallEndEvent): void {
    if (event.op === 'consumer') {
      const carrier = this.#carriers.get(event.consumer_id);
      const coming = this.#coming.get(event.consumer_id);
      if (coming !== undefined) coming.ended = true;
      this.#watcher?.forget(event.consumer_id);
      this.#views.remove(event.consumer_id);
      // What shows stays until its successor does, and what was replaced until the view has changed over.
      if (carrier === undefined || this.#leaving.has(carrier)) return;
      if (this.#current.get(carrier.stream) !== carrier) this.#drop(event.consumer_id);
    } else if (event.op === 'source') {
      const stream = this.#sources.get(event.source_id);
      if (stream !== undefined) this.#endStream(stream);
    }
  }

  /** Ends the streams of everybody who is not (any longer) in the call, and of sources that their owners do not list. */
  keepOnly(participants: readonly Participant[]): void {
    const sources = new Map(
      participants.map((participant) => [participant.participant_id, participant.sources]),
    );
    const owners = new Set(this.streams.map(({ participantId }) => participantId));
    for (const owner of owners) this.keepSources(owner, sources.get(owner) ?? []);
  }

  /**
   * Ends the streams of one participant that are of no listed source. The server lists a source before it offers it, and goes
   * on listing it while it replaces what carries the media.
   */
  keepSources(participantId: string, sources: Participant['sources']): void {
    const names = new Set(sources.map(({ source }) => source));
    for (const stream of this.streams) {
      if (stream.participantId === participantId && !names.has(stream.source)) this.#endStream(stream);
    }
  }

  /** Figures of every stream that has a consumer, over the time since the call before. */
  async stats(): Promise<{ received: ReceivedStats[]; path: PathFigures | null }> {
    const link = this.#link;
    if (link === null || link.receive.closed || this.#current.size === 0) return { received: [], path: null };
    const streams = [...this.#current].map(([stream, { consumer }]) => [stream, consumer] as const);
    return await this.#reader.read(link.receive, streams);
  }

  /** Idempotent. */
  close(): void {
    this.#watcher?.close();
    this.#watcher = null;
    this.#views.close();
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    for (const finish of [...this.#waiting]) finish();
    for (const stream of this.streams) this.#endStream(stream);
    this.#link?.receive.close();
    this.#link = null;
    this.#closeUnused();
    this.removeAllListeners();
  }

  async #consume(offer: ConsumeOffer): Promise<void> {
    const link = this.#link;
    if (link === null) return;
    const order = ++this.#order;
    const stream = this.#streamOf(offer.participant_id, offer.source, offer.source_id);
    const told: Told = { paused: offer.paused, delivery: offer.delivery, share: null };
    const coming: Coming = { ended: false, told };
    this.#coming.set(offer.consumer_id, coming);
    const consumer = await link.receive
      .consume({
        id: offer.consumer_id,
        producerId: offer.producer_id,
        kind: offer.kind,
        rtpParameters: toDeviceParameters(offer.rtp_parameters),
        // What plays in sync: a person's microphone and camera, and a screen with its sound.
        streamId: `${offer.participant_id}-${offer.source.startsWith('screen') ? 'screen' : 'person'}`,
      })
      .finally(() => this.#coming.delete(offer.consumer_id));
    if (stream.ended || this.#link !== link || coming.ended) {
      consumer.close();
      return;
    }
    const carrier: Carrier = { stream, consumer, link, order, told, show: () => this.#show(carrier, offer) };
    this.#carriers.set(consumer.id, carrier);
    // Before the server starts it, so that it starts with the right layer.
    if (stream.kind === 'video') {
      this.#views.add(consumer.id, stream, (size) => this.#tellSize(carrier, size));
    }
    this.#answer(link, { op: 'ready', consumer_id: consumer.id });
    const isFirst = this.#current.get(stream) === undefined;
    const isSilent = told.paused || this.#views.isHidden(stream);
    if (isFirst || isSilent) carrier.show();
    const appeared = (): void => {
      if (offer.kind === 'video') for (const finish of [...this.#waiting]) finish();
      carrier.show();
    };
    this.#watcher?.watch(consumer, {
      appeared: isSilent ? null : appeared,
      stalled: ({ framesReceived, packetsLost }) =>
        this.#answer(link, {
          op: 'stalled',
          consumer_id: consumer.id,
          frames_received: framesReceived,
          packets_lost: packetsLost,
        }),
    });
  }

  /** Makes a consumer the one that carries its stream; for the one that carries it already, nothing changes. */
  #show(carrier: Carrier, offer: ConsumeOffer): void {
    const { stream, consumer, told } = carrier;
    const before = this.#current.get(stream);
    if (before === carrier || stream.ended || this.#carriers.get(consumer.id) !== carrier) return;
    if (this.#leaving.has(carrier)) return;
    if (before !== undefined && before.order > carrier.order) {
      this.#drop(consumer.id);
      return;
    }
    this.#current.set(stream, carrier);
    stream.update({ ...told, unavailable: null });
    stream.setTrack(consumer.track);
    if (offer.replaces !== undefined) this.#answer(carrier.link, { op: 'playing', consumer_id: consumer.id });
    if (before !== undefined) {
      const cancel = this.#clock.after(CHANGE_OVER_MS, () => {
        this.#timers.delete(cancel);
        this.#drop(before.consumer.id);
      });
      this.#timers.add(cancel);
      this.#leaving.add(before);
      this.#views.remove(before.consumer.id);
    }
  }

  #paused(consumerId: string, paused: boolean): void {
    const told = this.#toldOf(consumerId);
    if (told !== undefined) told.paused = paused;
    const carrier = this.#carriers.get(consumerId);
    if (carrier === undefined) return;
    // A paused stream shows no first frame to wait for.
    if (paused) carrier.show();
    carrier.stream.update({ paused });
  }

  /** What is said of a consumer, now or once it is there; a stream shows only what is said of the one that it is shown by. */
  #said(consumerId: string, change: Partial<Pick<Told, 'delivery' | 'share'>>): void {
    const told = this.#toldOf(consumerId);
    if (told !== undefined) Object.assign(told, change);
    const carrier = this.#carriers.get(consumerId);
    if (carrier !== undefined && this.#current.get(carrier.stream) === carrier) carrier.stream.update(change);
  }

  #toldOf(consumerId: string): Told | undefined {
    return (this.#coming.get(consumerId) ?? this.#carriers.get(consumerId))?.told;
  }

  #streamOf(participantId: string, source: SourceName, sourceId: string): RemoteStream {
    const key = RemoteStream.key(participantId, source);
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = new RemoteStream(participantId, source);
      this.#streams.set(key, stream);
      this.#sources.set(sourceId, stream);
      this.emit('stream', stream);
    }
    this.#sources.set(sourceId, stream);
    return stream;
  }

  #endStream(stream: RemoteStream): void {
    this.#streams.delete(stream.key);
    for (const [id, known] of this.#sources) if (known === stream) this.#sources.delete(id);
    for (const [id, carrier] of this.#carriers) if (carrier.stream === stream) this.#drop(id);
    this.#current.delete(stream);
    stream.end();
    this.emit('stream-ended', stream);
  }

  #drop(consumerId: string): void {
    const carrier = this.#carriers.get(consumerId);
    if (carrier === undefined) return;
    this.#carriers.delete(consumerId);
    this.#leaving.delete(carrier);
    this.#views.remove(consumerId);
    this.#watcher?.forget(consumerId);
    carrier.consumer.close();
    this.#closeUnused();
  }

  /** Closes the transports of earlier links that carry nothing any more. */
  #closeUnused(): void {
    const used = new Set([...this.#carriers.values()].map(({ link }) => link.receive));
    for (const transport of this.#retired) {
      if (used.has(transport)) continue;
      this.#retired.delete(transport);
      transport.close();
    }
  }

  #tellSize({ consumer, link }: Carrier, size: ViewSize): void {
    link.connection
      .request('CALL_OFFER', { op: 'view', consumer_id: consumer.id, ...size }, PlainAck)
      // As for answers: what the server does not know any more needs no size.
      .catch(() => undefined);
  }

  #answer(link: MediaLink, answer: Answer): void {
    // A consumer may have ended on the server meanwhile; its CALL_END is then on the way, so a refusal says nothing new.
    link.connection.request('CALL_ANSWER', answer, PlainAck).catch(() => undefined);
  }
}
