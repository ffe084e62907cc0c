/**
 * The streams that one participant receives: one consumer for each source, two while one replaces the other.
 *
 *   nothing ──offer──▶ shown ──offer(replaces)──▶ shown + next ──playing──▶ shown (the next one)
 *
 * What will surprise you:
 * - Make before break: the old consumer goes on until the device says that the new one's first frame is decoded, or until it
 *   has had long enough.
 * - A consumer whose producer dies (a media worker was killed) stays in `shown` as a name without a stream: the device keeps
 *   its last picture until the successor, which `replaces` it, plays.
 * - How large the device shows a source (`view`) is remembered for the source, not for the consumer: a successor begins with
 *   it. What is hidden is paused; mediasoup asks for a key frame when it goes on.
 * - `reset()` forgets everything without a word: the device was told by a TRANSPORT_UPDATE that all is new.
 */
import type { types } from 'mediasoup';
import type { SourceId } from '../plan/types.ts';
import type { Delivery, Why } from '../../signaling/messages/notifications.ts';
import type { Logger } from '../observe/logger.ts';
import type { LayerSteering } from '../sfu/layerSteering.ts';
import type { Clock } from '../time/clock.ts';
import { clientCapabilities } from '../sfu/clientRtp.ts';
import { type ViewSize, isHidden } from '../sfu/viewLayer.ts';
import { wireRtpParameters } from './callMedia.ts';
import { DeliveredStream } from './deliveredStream.ts';
import { type Participant, type Source, pictureOf } from './participant.ts';
import type { StallEvidence } from './stallLadder.ts';
import { type StallReading, Stalls } from './stalls.ts';

/** A picture that a device looks at. */
export interface Picture {
  readonly stream: DeliveredStream;
  readonly source: Source;
  /** Null: the device has not said. */
  readonly view: ViewSize | null;
}

interface Entry {
  source: Source;
  /** How large the device shows it; null: it has not said. */
  view: ViewSize | null;
  shown: DeliveredStream | null;
  next: DeliveredStream | null;
  /** The producer for which a consumer is being made. */
  opening: string | null;
  /** Why there is no stream, as the device was told. */
  unavailable: string | null;
}

export interface DeliveriesOptions {
  readonly participant: Participant;
  readonly layers: LayerSteering;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The router says that the device cannot take this codec, whatever it claimed. */
  readonly onRefused: (codec: string) => void;
  /** Something ended or finished: the room shall look again. */
  readonly onChange: () => void;
  /** Something is shown larger or smaller than before, or no longer, or again. */
  readonly onView: () => void;
}

/** A device that does not report a first frame in this time shows the new stream all the same. */
const REPLACE_DEADLINE_MS = 4000;
/** What is being done for a picture stands on its tile so long, twice the time after which a device complains again. */
const TROUBLE_MS = 3000;

export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #entries = new Map<SourceId, Entry>();
  readonly #stalls: Stalls;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
    this.#stalls = new Stalls(options);
  }

  /** Sees to it that the source arrives from this producer; does nothing where it does, or is about to. */
  ensure(source: Source, producer: types.Producer, delivery: Delivery): void {
    const entry = this.#entry(source);
    entry.source = source;
    entry.unavailable = null;
    const newest = entry.next ?? entry.shown;
    if (entry.opening === producer.id) return;
    if (newest?.producerId === producer.id && !newest.consumer.closed) {
      if (!newest.troubled) this.#redescribe(newest, delivery);
      return;
    }
    entry.opening = producer.id;
    this.#open(entry, producer, delivery).catch((error: unknown) => {
      this.#options.logger.warn(
        { participantId: this.#options.participant.id, sourceId: source.id, error: String(error) },
        'no consumer could be made',
      );
      if (entry.opening !== producer.id) return;
      entry.opening = null;
      if (producer.closed || this.#options.participant.transports === null) return;
      this.#options.onRefused(delivery.to);
    });
  }

  /** The source cannot arrive: whatever arrived ends, and the device is told why, once. */
  refuse(
    source: Source,
    { reason, why }: { readonly reason: string; readonly why: Why },
    keepShown: boolean,
  ): void {
    const entry = this.#entry(source);
    if (keepShown && entry.shown !== null) return;
    entry.opening = null;
    this.#end(entry, reason);
    if (entry.unavailable === reason) return;
    entry.unavailable = reason;
    this.#options.participant.notify('CALL_OFFER', {
      op: 'unavailable',
      participant_id: source.owner,
      source_id: source.id,
      source: source.name,
      reason,
      why,
    });
  }

  /** Ends the deliveries of sources that are no longer there. */
  keepOnly(sources: ReadonlySet<SourceId>): void {
    for (const [id, entry] of this.#entries) {
      if (sources.has(id)) continue;
      this.#entries.delete(id);
      this.#stalls.forget(id);
      entry.opening = null;
      this.#end(entry, 'the source ended');
    }
  }

  /** The device built its half: media may flow. */
  async ready(consumerId: string): Promise<boolean> {
    const stream = this.#find(consumerId);
    await stream?.ready();
    return stream !== undefined;
  }

  /** The device decoded the first frame of a successor: what it replaces ends. */
  playing(consumerId: string): boolean {
    for (const entry of this.#entries.values()) {
      if (entry.next?.consumer.id === consumerId) {
        this.#promote(entry);
        return true;
      }
      if (entry.shown?.consumer.id === consumerId) return true;
    }
    return false;
  }

  /** The device decodes nothing of this stream. @throws ProtocolError MediaUnavailable */
  async stalled(consumerId: string, evidence: StallEvidence): Promise<boolean> {
    const entry = this.#entryOf(consumerId);
    const stream = this.#find(consumerId);
    if (entry === undefined || stream === undefined) return false;
    // Otherwise its successor is on its way already.
    const isNewest = entry.opening === null && stream === (entry.next ?? entry.shown);
    const found = isNewest ? this.#stalls.complain(entry.source, stream, evidence) : null;
    if (found === null) return true;
    const { step, reason, why } = found;
    this.#redescribe(stream, { ...stream.delivery, reason, why });
    stream.cancelTrouble();
    stream.troubled = true;
    stream.cancelTrouble = this.#options.clock.after(TROUBLE_MS, () => {
      stream.troubled = false;
      this.#options.onChange();
    });
    if (step === 'key-frame' || step === 'lower-layer') await stream.requestKeyFrame();
    else this.#options.onChange();
    return true;
  }

  /** What was done for pictures that did not appear, for the metrics. */
  get stalls(): readonly StallReading[] {
    return this.#stalls.readings;
  }

  /** How large the device shows this stream, in device pixels; 0 x 0: not at all. Sound has no size. */
  view(consumerId: string, size: ViewSize): boolean {
    const entry = this.#entryOf(consumerId);
    if (entry === undefined) return false;
    if (entry.source.kind === 'audio') return true;
    entry.view = size;
    for (const stream of [entry.shown, entry.next]) if (stream !== null) this.#show(entry, stream);
    // A successor that nobody looks at has no first frame to wait for.
    if (isHidden(size)) this.#promote(entry);
    this.#options.onView();
    return true;
  }

  /** Every producer that reaches the device, or is about to, with how large it is shown; null where the device has not said. */
  *views(): Generator<readonly [producerId: string, view: ViewSize | null]> {
    for (const { shown, next, opening, view } of this.#entries.values()) {
      if (opening !== null) yield [opening, view];
      for (const stream of [shown, next]) {
        if (stream !== null && !stream.consumer.closed) yield [stream.producerId, view];
      }
    }
  }

  /** The pictures that the device looks at, and how large: what its way is shared among. */
  *pictures(): Generator<Picture> {
    for (const { shown, next, source, view } of this.#entries.values()) {
      const stream = shown?.consumer.closed === false ? shown : next;
      if (stream === null || stream.consumer.closed || source.kind !== 'video') continue;
      if (!isHidden(view) && !stream.consumer.producerPaused) yield { stream, source, view };
    }
  }

  /** A stream that arrives now, for measuring the way to the device. */
  anyConsumer(): types.Consumer | null {
    for (const { shown } of this.#entries.values()) {
      if (shown !== null && !shown.consumer.closed && !shown.paused && !shown.consumer.producerPaused) {
        return shown.consumer;
      }
    }
    return null;
  }

  /** Whether a stream of this producer still reaches, or is about to reach, the device. */
  uses(producerId: string): boolean {
    for (const { shown, next, opening } of this.#entries.values()) {
      if (opening === producerId) return true;
      for (const stream of [shown, next]) {
        if (stream?.producerId === producerId && !stream.consumer.closed) return true;
      }
    }
    return false;
  }

  /** How many streams arrive, for sharing the network among them. */
  counts(): { readonly videos: number; readonly audios: number } {
    let videos = 0;
    let audios = 0;
    for (const { shown, next } of this.#entries.values()) {
      const stream = shown ?? next;
      if (stream === null || stream.consumer.closed || stream.paused || stream.consumer.producerPaused) {
        continue;
      }
      if (stream.consumer.kind === 'video') videos += 1;
      else audios += 1;
    }
    return { videos, audios };
  }

  /** The ground was lost with everything on it. */
  reset(): void {
    for (const entry of this.#entries.values()) {
      entry.shown?.cancelTimers();
      entry.next?.cancelTimers();
    }
    this.#entries.clear();
  }

  /** The participant left: its transports close the consumers. */
  close(): void {
    this.reset();
  }

  #entry(source: Source): Entry {
    let entry = this.#entries.get(source.id);
    if (entry === undefined) {
      entry = { source, view: null, shown: null, next: null, opening: null, unavailable: null };
      this.#entries.set(source.id, entry);
    }
    return entry;
  }

  #entryOf(consumerId: string): Entry | undefined {
    for (const entry of this.#entries.values()) {
      if (entry.shown?.consumer.id === consumerId || entry.next?.consumer.id === consumerId) return entry;
    }
    return undefined;
  }

  #find(consumerId: string): DeliveredStream | undefined {
    const entry = this.#entryOf(consumerId);
    return [entry?.shown, entry?.next].find((stream) => stream?.consumer.id === consumerId) ?? undefined;
  }

  #show({ view, source }: Entry, stream: DeliveredStream): void {
    stream.show(view, pictureOf(source)).catch((error: unknown) => {
      this.#options.logger.warn({ error: String(error) }, 'a view could not be followed');
    });
  }

  async #open(entry: Entry, producer: types.Producer, delivery: Delivery): Promise<void> {
    const { participant, clock } = this.#options;
    const transport = participant.transports?.receive;
    if (transport === undefined) {
      entry.opening = null;
      return;
    }
    // Before DTLS is up nothing can be lost, and mediasoup asks for a key frame when it is: no round trip for `ready`.
    const held = transport.dtlsState === 'connected';
    const consumer = await transport.consume({
      producerId: producer.id,
      rtpCapabilities: clientCapabilities(participant.receive),
      paused: held || isHidden(entry.view),
    });
    if (entry.opening !== producer.id || this.#entries.get(entry.source.id) !== entry) {
      consumer.close();
      return;
    }
    entry.opening = null;
    const { layers } = this.#options;
    const stream = new DeliveredStream({ producer, consumer, delivery, held, layers });
    this.#watch(entry, stream);
    this.#show(entry, stream);
    if (entry.next !== null) this.#close(entry.next, 'replaced before it was shown');
    const replaces = entry.shown?.consumer.id;
    if (entry.shown === null) {
      entry.shown = stream;
    } else {
      entry.next = stream;
      stream.cancelDeadline = clock.after(REPLACE_DEADLINE_MS, () => this.#promote(entry));
    }
    participant.notify('CALL_OFFER', {
      op: 'consume',
      consumer_id: consumer.id,
      producer_id: producer.id,
      participant_id: entry.source.owner,
      source_id: entry.source.id,
      source: entry.source.name,
      kind: consumer.kind,
      rtp_parameters: wireRtpParameters(consumer.rtpParameters),
      paused: consumer.producerPaused,
      ...(replaces === undefined ? {} : { replaces }),
      delivery,
    });
    // Nobody looks, so there is no first frame to wait for.
    if (isHidden(entry.view)) this.#promote(entry);
    this.#options.onChange();
  }

  #watch(entry: Entry, stream: DeliveredStream): void {
    const { notify } = this.#options.participant;
    const { consumer } = stream;
    consumer.on('producerpause', () =>
      notify('CALL_OFFER', { op: 'paused', consumer_id: consumer.id, paused: true }),
    );
    consumer.on('producerresume', () =>
      notify('CALL_OFFER', { op: 'paused', consumer_id: consumer.id, paused: false }),
    );
    consumer.on('producerclose', () => {
      if (entry.next === stream) {
        entry.next = null;
        this.#close(stream, 'its stream ended');
      }
      this.#options.onChange();
    });
  }

  #redescribe(stream: DeliveredStream, delivery: Delivery): void {
    const old = stream.delivery;
    if (
      old.via === delivery.via &&
      old.from === delivery.from &&
      old.to === delivery.to &&
      old.reason === delivery.reason
    ) {
      return;
    }
    stream.delivery = delivery;
    this.#options.participant.notify('CALL_OFFER', {
      op: 'delivery',
      consumer_id: stream.consumer.id,
      delivery,
    });
  }

  #promote(entry: Entry): void {
    const { next, shown } = entry;
    if (next === null) return;
    next.cancelDeadline();
    entry.shown = next;
    entry.next = null;
    if (shown !== null) this.#close(shown, 'replaced');
    this.#options.onChange();
  }

  #end(entry: Entry, reason: string): void {
    for (const stream of [entry.shown, entry.next]) if (stream !== null) this.#close(stream, reason);
    entry.shown = null;
    entry.next = null;
  }

  #close(stream: DeliveredStream, reason: string): void {
    stream.cancelTimers();
    stream.consumer.close();
    this.#options.participant.notify('CALL_END', { op: 'consumer', consumer_id: stream.consumer.id, reason });
  }
}
