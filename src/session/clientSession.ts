/**
 * One connected client: turns its checked requests into what they mean for a room. One connection is in one call at most; when
 * the connection ends, the participant leaves.
 */
import { ProtocolError } from '../../signaling/errors.ts';
import { type ChannelId, channelId } from '../../signaling/frames/index.ts';
import type { RtpCapabilities } from '../../signaling/messages/media.ts';
import type { CallAnswer, CallOffer, Request } from '../../signaling/messages/requests.ts';
import type {
  ClientRequest,
  RequestHandler,
  RequestResult,
  ServerConnection,
} from '../../signaling/connection/serverConnection.ts';
import type { KeyedTokenBuckets } from '../../signaling/connection/tokenBucket.ts';
import type { Logger } from '../observe/logger.ts';
import type { ParticipantId } from '../plan/types.ts';
import { viewOf } from '../rooms/participant.ts';
import type { Room } from '../rooms/room.ts';
import { offersOf } from '../rooms/transports.ts';
import type { RoomRegistry } from '../rooms/roomRegistry.ts';
import type { Clock } from '../time/clock.ts';

export interface ClientSessionOptions {
  readonly sessionId: string;
  readonly registry: RoomRegistry;
  readonly routerRtpCapabilities: RtpCapabilities;
  /** Guesses at room keys, by address. */
  readonly attempts: KeyedTokenBuckets;
  /** The client's address, as limits count it. */
  readonly peer: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Place {
  readonly room: Room;
  readonly participantId: ParticipantId;
}

/** A connection carries one call, on this channel. */
const CALL_CHANNEL: ChannelId = channelId(1);
const PROTOCOL_VERSION = 1;

export class ClientSession implements RequestHandler {
  readonly #options: ClientSessionOptions;
  readonly #logger: Logger;
  #connection: ServerConnection | null = null;
  #place: Place | null = null;
  #joining = false;
  #closed = false;

  constructor(options: ClientSessionOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ sessionId: options.sessionId });
  }

  /** The wire on which answers go back; given once, before the first request. */
  attach(connection: ServerConnection): void {
    this.#connection = connection;
  }

  async handle(request: ClientRequest): Promise<RequestResult> {
    switch (request.type) {
      case 'HELLO':
        return this.#hello(request.payload);
      case 'JOIN':
        return this.#join(request.payload);
      case 'LEAVE':
        return this.#leave();
      case 'CALL_OFFER':
        return this.#offer(this.#placeOn(request.channel), request.payload);
      case 'CALL_ANSWER':
        return this.#answer(this.#placeOn(request.channel), request.payload);
      case 'CALL_END': {
        const { room, participantId } = this.#placeOn(request.channel);
        room.publishing.unpublish(participantId, request.payload.producer_id);
        return {};
      }
      case 'TRANSPORT_UPDATE': {
        const { room, participantId } = this.#placeOn(request.channel);
        const { payload } = request;
        if (payload.op === 'connect') {
          await room.connectTransport(participantId, payload.transport_id, payload.dtls_parameters);
          return {};
        }
        return { ack: { ice_parameters: await room.restartIce(participantId, payload.transport_id) } };
      }
    }
  }

  connectionClosed(reason: string): void {
    this.#closed = true;
    this.#logger.debug({ reason }, 'connection closed');
    this.#place?.room.leave(this.#place.participantId, `connection closed: ${reason}`);
    this.#place = null;
  }

  internalError(error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    this.#logger.error(
      { error: String(error), stack, callId: this.#place?.room.callId },
      'request failed by our own fault',
    );
  }

  #hello({ supported_versions: versions, client }: Request<'HELLO'>): RequestResult {
    if (!versions.includes(PROTOCOL_VERSION)) {
      throw new ProtocolError('ProtocolVersionMismatch', `this server speaks version ${PROTOCOL_VERSION}`);
    }
    this.#logger.debug({ client }, 'hello');
    return {
      ack: {
        handshake: 'ok',
        protocol_version: PROTOCOL_VERSION,
        session_id: this.#options.sessionId,
        router_rtp_capabilities: this.#options.routerRtpCapabilities,
      },
    };
  }

  async #join(payload: Request<'JOIN'>): Promise<RequestResult> {
    if (this.#place !== null || this.#joining) {
      throw new ProtocolError('InvalidState', 'this connection is in a call already');
    }
    const room = this.#enter(payload.room);
    this.#joining = true;
    try {
      const participant = await room.join({
        name: payload.name,
        receive: payload.receive,
        sendVideo: payload.send_video,
        restriction: payload.restriction,
        notify: (type, message) => this.#connection?.notify(CALL_CHANNEL, type, message),
      });
      if (this.#closed) {
        room.leave(participant.id, 'connection closed');
        return {};
      }
      this.#place = { room, participantId: participant.id };
      const { restriction } = payload;
      this.#logger.info(
        { callId: room.callId, participantId: participant.id, restriction },
        'session joins a call',
      );
      return {
        ack: {
          channel: CALL_CHANNEL,
          call_id: room.callId,
          participant_id: participant.id,
          participants: room.participants.map(viewOf),
          ...offersOf(participant.transports),
        },
        afterAck: () => room.activate(participant.id),
      };
    } finally {
      this.#joining = false;
    }
  }

  #enter(key: string): Room {
    const { attempts, peer, clock, registry } = this.#options;
    try {
      return registry.enter(key);
    } catch (error) {
      // Only failures count: people in a room behind one address may come and go.
      if (!attempts.take(peer, clock.nowMs())) {
        throw new ProtocolError('RateLimited', 'too many rooms that do not exist');
      }
      throw error;
    }
  }

  #leave(): RequestResult {
    const place = this.#place;
    this.#place = null;
    place?.room.leave(place.participantId, 'left');
    return {};
  }

  async #offer({ room, participantId }: Place, payload: CallOffer): Promise<RequestResult> {
    switch (payload.op) {
      case 'publish': {
        const { producerId, sourceId } = await room.publishing.publish(participantId, payload);
        return { ack: { producer_id: producerId, source_id: sourceId } };
      }
      case 'pause':
        await room.publishing.pause(participantId, payload.producer_id, payload.paused);
        return {};
      case 'restrict':
        room.restrict(participantId, payload.restriction);
        return {};
      case 'layers':
        return found(
          room.deliveriesOf(participantId).preferLayer(payload.consumer_id, payload.spatial_layer),
        );
    }
  }

  async #answer({ room, participantId }: Place, payload: CallAnswer): Promise<RequestResult> {
    switch (payload.op) {
      case 'ready':
        return found(await room.deliveriesOf(participantId).ready(payload.consumer_id));
      case 'playing':
        return found(room.deliveriesOf(participantId).playing(payload.consumer_id));
      case 'stalled':
        return found(await room.deliveriesOf(participantId).stalled(payload.consumer_id));
      case 'switch-refused':
        room.refuseSwitch(participantId, payload.codec, payload.detail);
        return {};
    }
  }

  #placeOn(channel: ChannelId): Place {
    if (this.#place === null) throw new ProtocolError('InvalidState', 'join a call first');
    if (this.#place.room.closed) throw new ProtocolError('NotFound', 'the call has ended');
    if (channel !== CALL_CHANNEL) {
      throw new ProtocolError('NotFound', `no call on channel ${channel}`);
    }
    return this.#place;
  }
}

/** A consumer may have ended while the client was answering; that is told, and is no fault of either. */
function found(known: boolean): RequestResult {
  if (!known) throw new ProtocolError('NotFound', 'no such stream');
  return {};
}
