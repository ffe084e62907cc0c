/**
 * One connected client: turns its checked requests into what they mean for a room. One connection is in one call at most.
 *
 * Cascade: when the connection ends without LEAVE, the participant's place is kept for a while; its lobby watch and its
 * connection test end at once. A participant that comes back on another connection ends this one (`TakenOver`).
 */
import { ProtocolError } from '../../signaling/errors.ts';
import { CONNECTION_CHANNEL, type ChannelId, channelId } from '../../signaling/frames/index.ts';
import type { IceServer, RtpCapabilities } from '../../signaling/messages/media.ts';
import type {
  CallAnswer,
  CallOffer,
  Presence,
  Request,
  TransportUpdate,
} from '../../signaling/messages/requests.ts';
import type {
  ClientRequest,
  RequestHandler,
  RequestResult,
  ServerConnection,
} from '../../signaling/connection/serverConnection.ts';
import type { KeyedTokenBuckets } from '../../signaling/connection/tokenBucket.ts';
import type { Logger } from '../observe/logger.ts';
import type { Participant } from '../rooms/participant.ts';
import type { Room } from '../rooms/room.ts';
import { connectTransport, offersOf, restartIce, transportOf } from '../rooms/transports.ts';
import type { LobbyWatch, RoomRegistry } from '../rooms/roomRegistry.ts';
import type { Clock } from '../time/clock.ts';
import type { Probes } from './probes.ts';

export interface ClientSessionOptions {
  readonly sessionId: string;
  readonly registry: RoomRegistry;
  readonly routerRtpCapabilities: RtpCapabilities;
  /** Relays for this client, with credentials that are made when it asks. */
  readonly iceServers: () => readonly IceServer[];
  /** Whether participants may have test networks. */
  readonly emulation: boolean;
  /** The connection test of this client; asked for when it is first used. */
  readonly openProbes: () => Probes;
  /** Guesses at room keys, by address. */
  readonly attempts: KeyedTokenBuckets;
  /** The client's address, as limits count it. */
  readonly peer: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Place {
  readonly room: Room;
  readonly participant: Participant;
}

/** A connection carries one call, on this channel. */
const CALL_CHANNEL: ChannelId = channelId(1);
const PROTOCOL_VERSION = 1;

export class ClientSession implements RequestHandler {
  readonly #options: ClientSessionOptions;
  readonly #logger: Logger;
  #connection: ServerConnection | null = null;
  #place: Place | null = null;
  #lobby: LobbyWatch | null = null;
  #probes: Probes | null = null;
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
        const { room, participant } = this.#placeOn(request.channel);
        room.publishing.unpublish(participant.id, request.payload.producer_id);
        return {};
      }
      case 'TRANSPORT_UPDATE':
        return this.#transport(request.channel, request.payload);
      case 'PRESENCE':
        return this.#presence(request.channel, request.payload);
      case 'MSG': {
        const { room, participant } = this.#placeOn(request.channel);
        room.presence.write(participant, request.payload.text);
        return {};
      }
    }
  }

  connectionClosed(reason: string, goingAway: boolean): void {
    this.#closed = true;
    this.#logger.debug({ reason }, 'connection closed');
    this.#endBefore();
    this.#place?.room.disconnect(this.#place.participant, reason, goingAway);
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
        ice_servers: this.#options.iceServers(),
        emulation: this.#options.emulation,
      },
    };
  }

  async #join(payload: Request<'JOIN'>): Promise<RequestResult> {
    if (this.#place !== null || this.#joining) {
      throw new ProtocolError('InvalidState', 'this connection is in a call already');
    }
    const room = this.#withKey(() => this.#options.registry.enter(payload.room));
    this.#joining = true;
    try {
      const participant = await room.join(
        {
          name: payload.name,
          receive: payload.receive,
          sendVideo: payload.send_video,
          restriction: payload.restriction,
          network: payload.network,
          notify: (type, message) => this.#connection?.notify(CALL_CHANNEL, type, message),
          onTakenOver: () => this.#takenOver(),
        },
        payload.resume,
      );
      if (this.#closed) {
        room.leave(participant, 'connection closed');
        return {};
      }
      this.#place = { room, participant };
      this.#endBefore();
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
          participants: room.viewsFor(participant),
          ...offersOf(participant.transports),
          resume_token: room.resumeTokenOf(participant),
          messages: room.presence.messages,
        },
        afterAck: () => room.activate(participant),
      };
    } finally {
      this.#joining = false;
    }
  }

  /** Asks the registry for something that needs a room's key. */
  #withKey<T>(ask: () => T): T {
    const { attempts, peer, clock } = this.#options;
    try {
      return ask();
    } catch (error) {
      // Only failures count: people in a room behind one address may come and go.
      if (!attempts.take(peer, clock.nowMs())) {
        throw new ProtocolError('RateLimited', 'too many rooms that do not exist');
      }
      throw error;
    }
  }

  /** What belongs to the time before a call. */
  #endBefore(): void {
    this.#lobby?.stop();
    this.#lobby = null;
    this.#probes?.close();
    this.#probes = null;
  }

  #takenOver(): void {
    this.#place = null;
    this.#connection?.fail(
      new ProtocolError('TakenOver', 'this participant came back on another connection'),
    );
  }

  #leave(): RequestResult {
    const place = this.#place;
    this.#place = null;
    place?.room.leave(place.participant, 'left');
    return {};
  }

  #presence(channel: ChannelId, payload: Presence): RequestResult {
    switch (payload.op) {
      case 'watch':
        return this.#watch(payload.room);
      case 'hand': {
        const { room, participant } = this.#placeOn(channel);
        room.presence.raiseHand(participant, payload.raised);
        return {};
      }
      case 'reaction': {
        const { room, participant } = this.#placeOn(channel);
        room.presence.react(participant, payload.reaction);
        return {};
      }
      case 'ping':
        return {};
    }
  }

  #watch(key: string): RequestResult {
    if (this.#place !== null || this.#joining) {
      throw new ProtocolError('InvalidState', 'this connection is in a call already');
    }
    this.#lobby?.stop();
    this.#lobby = null;
    this.#lobby = this.#withKey(() =>
      this.#options.registry.watch(key, (participants) =>
        this.#connection?.notify(CONNECTION_CHANNEL, 'PRESENCE', {
          op: 'lobby',
          participants: [...participants],
        }),
      ),
    );
    const { people, maxParticipants } = this.#lobby;
    return { ack: { participants: people, max_participants: maxParticipants } };
  }

  async #transport(channel: ChannelId, payload: TransportUpdate): Promise<RequestResult> {
    if (payload.op === 'probe') return this.#probe(payload.protocol);
    if (this.#place === null && channel === CONNECTION_CHANNEL && payload.op === 'connect') {
      if (this.#probes === null) throw new ProtocolError('InvalidState', 'open a probe first');
      await this.#probes.connect(payload.transport_id, payload.dtls_parameters);
      return {};
    }
    if (payload.op === 'emulate') {
      const { room, participant } = this.#placeOn(channel);
      await room.emulate(participant, payload.network);
      return {};
    }
    const transport = transportOf(this.#placeOn(channel).participant, payload.transport_id);
    if (payload.op === 'restart-ice') return { ack: { ice_parameters: await restartIce(transport) } };
    await connectTransport(transport, payload.dtls_parameters);
    return {};
  }

  async #probe(protocol: 'udp' | 'tcp'): Promise<RequestResult> {
    if (this.#place !== null || this.#joining) {
      throw new ProtocolError('InvalidState', 'the connection is tested before a call');
    }
    const probes = (this.#probes ??= this.#options.openProbes());
    const transport = await probes.open(protocol);
    // The connection may have ended meanwhile, or joined.
    if (this.#probes !== probes) probes.close();
    return { ack: { transport } };
  }

  async #offer({ room, participant }: Place, payload: CallOffer): Promise<RequestResult> {
    switch (payload.op) {
      case 'publish': {
        const { producerId, sourceId } = await room.publishing.publish(participant.id, payload);
        return { ack: { producer_id: producerId, source_id: sourceId } };
      }
      case 'pause':
        await room.publishing.pause(participant.id, payload.producer_id, payload.paused);
        return {};
      case 'restrict':
        room.restrict(participant, payload.restriction);
        return {};
      case 'view': {
        const { consumer_id: consumerId, width, height } = payload;
        return found(room.deliveriesOf(participant).view(consumerId, { width, height }));
      }
    }
  }

  async #answer({ room, participant }: Place, payload: CallAnswer): Promise<RequestResult> {
    switch (payload.op) {
      case 'ready':
        return found(await room.deliveriesOf(participant).ready(payload.consumer_id));
      case 'playing':
        return found(room.deliveriesOf(participant).playing(payload.consumer_id));
      case 'stalled':
        return found(
          await room.deliveriesOf(participant).stalled(payload.consumer_id, {
            framesReceived: payload.frames_received ?? null,
            packetsLost: payload.packets_lost ?? null,
          }),
        );
      case 'switch-refused':
        room.refuseSwitch(participant, payload.codec, payload.detail);
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
