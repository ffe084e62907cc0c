/**
 * What participants publish: streams come, are paused, change their codec, and go.
 *
 * What will surprise you: a source outlives its producer. Its id is made of owner and name, so after a codec switch, or on
 * another worker, the others go on seeing the same source.
 */
import type { types } from 'mediasoup';
import { ProtocolError } from '../../signaling/errors.ts';
import type { CallOffer, SourceName } from '../../signaling/messages/requests.ts';
import type { Logger } from '../observe/logger.ts';
import type { CodecName, ParticipantId, SourceId } from '../plan/types.ts';
import { clientParameters } from '../sfu/clientRtp.ts';
import { codecName } from '../sfu/routerCodecs.ts';
import type { CallMedia } from './callMedia.ts';
import { type Participant, type Source, sourceId } from './participant.ts';
import type { Member } from './reconciler.ts';
import type { Transcoders } from './transcoders.ts';
import { unlessGone } from './unlessGone.ts';

export type PublishRequest = Omit<Extract<CallOffer, { op: 'publish' }>, 'op'>;

export interface PublishingOptions {
  readonly members: ReadonlyMap<ParticipantId, Member>;
  readonly transcoders: Transcoders;
  readonly media: () => Promise<CallMedia>;
  readonly maxProducers: number;
  readonly logger: Logger;
  /** Everybody shall hear of it. */
  readonly onUpdated: (participant: Participant) => void;
  /** The plan may be another one now. */
  readonly onChange: () => void;
}

/** The others are pictures. */
/**
 * Browsers ignore a request for a key frame within 300 ms of the one before (libwebrtc's EncoderRtcpFeedback), and mediasoup
 * repeats a request only after a second: who came in that window would wait that long for the picture. So the second request waits.
 */
const KEY_FRAME_REQUESTS_APART_MS = 350;
const AUDIO_SOURCES: ReadonlySet<SourceName> = new Set<SourceName>(['microphone', 'screen-audio']);

interface OwnSource {
  readonly participant: Participant;
  readonly source: Source;
}

export class Publishing {
  readonly #options: PublishingOptions;
  /** Sources whose producer is being made, by participant: a second request for one is refused, not made twice. */
  readonly #pending = new WeakMap<Participant, Set<SourceName>>();

  constructor(options: PublishingOptions) {
    this.#options = options;
  }

  /**
   * A new stream, or with `replaces` the same source in another codec.
   * @throws ProtocolError NotFound, InvalidState, InvalidMessage, CodecUnavailable, MediaUnavailable
   */
  async publish(
    id: ParticipantId,
    request: PublishRequest,
  ): Promise<{ readonly producerId: string; readonly sourceId: SourceId }> {
    const participant = this.#participant(id);
    const transport = this.#admit(participant, request);
    const parameters = clientParameters(request.rtp_parameters);
    const codec = publishedCodec(request);
    const pending = this.#begin(participant, request.source);
    let producer: types.Producer;
    try {
      producer = await produce(transport, request, parameters);
    } finally {
      pending.delete(request.source);
    }
    if (this.#options.members.get(id)?.participant !== participant || producer.closed) {
      producer.close();
      if (participant.transports === null) {
        throw new ProtocolError('MediaUnavailable', 'the media part was replaced meanwhile');
      }
      throw new ProtocolError('InvalidState', 'left while publishing');
    }
    this.#adopt(participant, request, codec, producer);
    const { kind, source } = request;
    this.#options.logger.info(
      { participantId: id, source, codec, producerId: producer.id, type: producer.type },
      'published',
    );
    if (kind === 'audio') await this.#watchSpeech(producer);
    return { producerId: producer.id, sourceId: sourceId(id, source) };
  }

  /** @throws ProtocolError NotFound */
  unpublish(id: ParticipantId, producerId: string): void {
    const { participant, source } = this.#sourceOf(id, producerId);
    // A stream that was replaced already ends when nobody watches it any more.
    if (source.producer?.id !== producerId) return;
    this.#remove(participant, source);
  }

  /** Ends what a participant that came back has not published again. */
  dropSilent(participant: Participant): void {
    for (const source of [...participant.sources.values()]) {
      if (source.producer === null) this.#remove(participant, source);
    }
  }

  #remove(participant: Participant, source: Source): void {
    source.producer?.close();
    for (const old of source.retiring) old.close();
    participant.sources.delete(source.id);
    for (const { participant: other } of this.#options.members.values()) {
      if (other !== participant) {
        other.notify('CALL_END', { op: 'source', participant_id: participant.id, source_id: source.id });
      }
    }
    this.#options.onUpdated(participant);
    this.#options.onChange();
  }

  /** @throws ProtocolError NotFound */
  async pause(id: ParticipantId, producerId: string, paused: boolean): Promise<void> {
    const { participant, source } = this.#sourceOf(id, producerId);
    if (source.producer === null) return;
    source.paused = paused;
    const { producer } = source;
    await unlessGone(
      () => producer.closed,
      () => (paused ? producer.pause() : producer.resume()),
    );
    this.#options.onUpdated(participant);
    this.#options.onChange();
  }

  #admit(participant: Participant, request: PublishRequest): types.WebRtcTransport {
    const source = participant.sources.get(sourceId(participant.id, request.source));
    const streams = [...participant.sources.values()].flatMap(({ producer, retiring }) =>
      [producer ?? [], retiring].flat(),
    );
    if (streams.length >= this.#options.maxProducers) {
      throw new ProtocolError('InvalidState', 'too many streams');
    }
    if (source?.producer && source.producer.id !== request.replaces) {
      throw new ProtocolError('InvalidState', `${request.source} is already published`);
    }
    if (participant.transports === null) {
      throw new ProtocolError('MediaUnavailable', 'the media part is being replaced');
    }
    return participant.transports.send;
  }

  #adopt(
    participant: Participant,
    request: PublishRequest,
    sends: CodecName,
    producer: types.Producer,
  ): void {
    const id = sourceId(participant.id, request.source);
    const old = participant.sources.get(id);
    if (old?.producer?.closed === false) old.retiring.push(old.producer);
    participant.sources.set(id, {
      id,
      owner: participant.id,
      name: request.source,
      kind: request.kind,
      producer,
      retiring: old?.retiring ?? [],
      sends,
      paused: request.paused,
      width: request.width ?? old?.width,
      height: request.height ?? old?.height,
      frameRate: request.frame_rate ?? old?.frameRate,
    });
    this.#options.onUpdated(participant);
    this.#options.onChange();
  }

  #begin(participant: Participant, source: SourceName): Set<SourceName> {
    const pending = this.#pending.get(participant) ?? new Set();
    this.#pending.set(participant, pending);
    if (pending.has(source)) throw new ProtocolError('InvalidState', `${source} is being published`);
    return pending.add(source);
  }

  async #watchSpeech(producer: types.Producer): Promise<void> {
    try {
      const media = await this.#options.media();
      await media.watchLevel(producer);
    } catch (error) {
      if (!producer.closed) this.#options.logger.warn({ error: String(error) }, 'speech is not watched');
    }
  }

  #participant(id: ParticipantId): Participant {
    const member = this.#options.members.get(id);
    if (member === undefined) throw new ProtocolError('NotFound', 'not in this call');
    return member.participant;
  }

  #sourceOf(id: ParticipantId, producerId: string): OwnSource {
    const participant = this.#participant(id);
    for (const source of participant.sources.values()) {
      const streams = [source.producer, ...source.retiring];
      if (streams.some((producer) => producer?.id === producerId)) return { participant, source };
    }
    throw new ProtocolError('NotFound', 'no such stream of yours');
  }
}

/**
 * The codec of a stream, where everything that is said of it fits together: mediasoup does not compare kind and codec.
 * @throws ProtocolError InvalidMessage, CodecUnavailable
 */
function publishedCodec({ source, kind, rtp_parameters: { codecs } }: PublishRequest): CodecName {
  if (AUDIO_SOURCES.has(source) !== (kind === 'audio')) {
    throw new ProtocolError('InvalidMessage', `${source} is not ${kind}`);
  }
  for (const { mimeType } of codecs) {
    if (!mimeType.startsWith(`${kind}/`)) {
      throw new ProtocolError('InvalidMessage', `${mimeType} is not ${kind}`);
    }
  }
  const mimeType = codecs[0]?.mimeType ?? '';
  const codec = codecName(mimeType);
  if (codec === null) throw new ProtocolError('CodecUnavailable', `no router carries ${mimeType}`);
  return codec;
}

async function produce(
  transport: types.WebRtcTransport,
  request: PublishRequest,
  rtpParameters: types.RtpParameters,
): Promise<types.Producer> {
  try {
    return await transport.produce({
      kind: request.kind,
      rtpParameters,
      paused: request.paused,
      keyFrameRequestDelay: KEY_FRAME_REQUESTS_APART_MS,
    });
  } catch (cause) {
    // Its worker may have died meanwhile; then the parameters are not to blame, and the client tries again on new transports.
    if (transport.closed) {
      throw new ProtocolError('MediaUnavailable', 'the media part is being replaced', { cause });
    }
    throw new ProtocolError('InvalidMessage', 'these RTP parameters cannot be published', { cause });
  }
}
