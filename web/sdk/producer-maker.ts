/**
 * Makes producers on one link: the device's half by mediasoup-client, the server's half by CALL_OFFER publish.
 *
 * What will surprise you: mediasoup-client is told a provisional producer id at once, so that several sources are offered in
 * one round trip; the server's id comes with the ACK, and a refusal then closes the device's half again.
 */
import type { types } from 'mediasoup-client';
import * as v from 'valibot';
import { PublishAck, type SourceName } from '../../signaling/messages/requests.ts';
import { type MediaTrack, type VideoCodec, toWireParameters } from './capabilities.ts';
import { CallClosed } from './errors.ts';
import {
  type PublishOptions,
  audioOptions,
  capturedPicture,
  optionsFor,
  setDegradation,
  videoOptions,
} from './produce-options.ts';
import type { MediaLink } from './session.ts';

export interface ProducerWish {
  readonly source: SourceName;
  readonly track: MediaTrack;
  readonly options: PublishOptions;
  readonly paused: boolean;
  /** Null for sound. */
  readonly codec: VideoCodec | null;
  /** The server's id of the producer whose place it takes. */
  readonly replaces: string | null;
}

/** A producer that the server has taken. */
export interface LiveProducer {
  readonly producer: types.Producer;
  readonly producerId: string;
  readonly sourceId: string;
  readonly codec: VideoCodec | 'opus';
  /** What the server was told about its being paused. */
  readonly offeredPaused: boolean;
  readonly link: MediaLink;
}

type Ack = v.InferOutput<typeof PublishAck>;

/** Ties mediasoup-client's "produce" event to the wish that led to it. */
const Token = v.object({ token: v.number() });

export class ProducerMaker {
  readonly link: MediaLink;
  readonly #wishes = new Map<number, ProducerWish>();
  readonly #acks = new Map<number, Promise<Ack>>();
  #nextToken = 1;

  constructor(link: MediaLink) {
    this.link = link;
    link.send.on('produce', ({ kind, rtpParameters, appData }, done) => {
      const { token } = v.parse(Token, appData);
      const wish = this.#wishes.get(token);
      if (wish !== undefined) {
        const ack = this.#offer(kind, rtpParameters, wish);
        // `make` awaits it a moment later; until then a refusal must not count as unhandled.
        ack.catch(() => undefined);
        this.#acks.set(token, ack);
      }
      done({ id: `local-${token}` });
    });
  }

  /** @throws CodecUnavailable, RequestRefused, ConnectionLost; CallClosed where the transport closed meanwhile */
  async make(wish: ProducerWish): Promise<LiveProducer> {
    const { source, track, codec } = wish;
    const options = optionsFor(source, track, wish.options);
    const token = this.#nextToken++;
    this.#wishes.set(token, wish);
    try {
      const producer = await this.link.send.produce({
        track,
        // The track belongs to whoever captured it, and may be carried by two producers during a switch.
        stopTracks: false,
        disableTrackOnPause: false,
        zeroRtpOnPause: true,
        appData: { token },
        ...(codec === null ? audioOptions(source) : videoOptions(this.link.device, track, options, codec)),
      });
      try {
        const ack = await this.#acks.get(token);
        if (ack === undefined) throw new CallClosed('the transport closed meanwhile');
        if (options.degradationPreference !== undefined) {
          await setDegradation(producer, options.degradationPreference);
        }
        return {
          producer,
          producerId: ack.producer_id,
          sourceId: ack.source_id,
          codec: codec ?? 'opus',
          offeredPaused: wish.paused,
          link: this.link,
        };
      } catch (error) {
        producer.close();
        throw error;
      }
    } finally {
      this.#acks.delete(token);
      this.#wishes.delete(token);
    }
  }

  #offer(kind: 'audio' | 'video', parameters: types.RtpParameters, wish: ProducerWish): Promise<Ack> {
    return this.link.connection.request(
      'CALL_OFFER',
      {
        op: 'publish',
        source: wish.source,
        kind,
        rtp_parameters: toWireParameters(parameters),
        paused: wish.paused,
        ...capturedPicture(wish.track),
        ...(wish.replaces === null ? {} : { replaces: wish.replaces }),
      },
      PublishAck,
    );
  }
}
