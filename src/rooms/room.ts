/**
 * One call: who is in it, what they publish, and what they ask for.
 *
 * Cascade: `close()` ends every participant (told by CALL_END), the reconciler, the transcodes and the media ground. A
 * participant that leaves takes its transports, producers and consumers with it. A media ground that is lost
 * (its mediasoup worker died) does not end the call: another one is opened, everybody gets new transports by a TRANSPORT_UPDATE
 * and publishes again, under the same source ids.
 */
import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { ProtocolError } from '../../signaling/errors.ts';
import type {
  CodecRestriction,
  DtlsParameters,
  IceParameters,
  RtpCapabilities,
} from '../../signaling/messages/media.ts';
import type { Logger } from '../observe/logger.ts';
import type { CodecName, ParticipantId, SourceId } from '../plan/types.ts';
import { LayerSteering } from '../sfu/layerSteering.ts';
import type { MediaWorkerPool } from '../sfu/mediaWorkerPool.ts';
import type { WorkerPool } from '../sfu/workerPool.ts';
import type { Clock } from '../time/clock.ts';
import type { CallMedia, MediaLimits } from './callMedia.ts';
import { Deliveries } from './deliveries.ts';
import { Ground } from './ground.ts';
import { type Notify, type Participant, viewOf } from './participant.ts';
import { type Member, Reconciler } from './reconciler.ts';
import type { RoomId } from './roomKeys.ts';
import { Publishing } from './publishing.ts';
import type { RoomPolicy } from './snapshot.ts';
import { Transcoders } from './transcoders.ts';
import { type Transports, availableBitrate, closeTransports, offersOf } from './transports.ts';
import { unlessGone } from './unlessGone.ts';

export interface RoomLimits extends RoomPolicy {
  readonly maxParticipants: number;
  readonly maxProducersPerParticipant: number;
}

export interface RoomOptions {
  readonly id: RoomId;
  readonly callId: string;
  readonly limits: RoomLimits;
  readonly mediaLimits: MediaLimits;
  readonly workers: WorkerPool;
  readonly mediaWorkers: MediaWorkerPool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomId: () => string;
  readonly randomSsrc: () => number;
}

export interface RoomEvents {
  /** The last participant left, or the ground could not be rebuilt: nothing is left to close. */
  closed: [];
}

export interface Joining {
  readonly name: string;
  readonly receive: RtpCapabilities;
  readonly sendVideo: readonly ('VP8' | 'H264')[];
  readonly restriction: CodecRestriction;
  readonly notify: Notify;
}

export class Room extends EventEmitter<RoomEvents> {
  readonly id: RoomId;
  readonly callId: string;
  readonly #options: RoomOptions;
  readonly #logger: Logger;
  readonly #members = new Map<ParticipantId, Member>();
  readonly #transcoders: Transcoders;
  readonly #reconciler: Reconciler;
  readonly #publishing: Publishing;
  readonly #ground: Ground;
  readonly #layers: LayerSteering;
  #speaker: ParticipantId | null = null;
  /** Joined, not yet activated: they have a place and transports, and nobody knows of them. */
  readonly #arriving = new Map<ParticipantId, Participant>();
  #joining = 0;
  #closed = false;

  constructor(options: RoomOptions) {
    super();
    this.id = options.id;
    this.callId = options.callId;
    this.#options = options;
    this.#logger = options.logger.child({ callId: options.callId, roomId: options.id });
    this.#layers = new LayerSteering(options.clock, this.#logger);
    this.#transcoders = new Transcoders({
      layers: this.#layers,
      callId: options.callId,
      pool: options.mediaWorkers,
      clock: options.clock,
      logger: this.#logger,
      randomSsrc: options.randomSsrc,
      onChange: () => this.#reconciler.schedule(),
      inUse: (producerId) => this.#reconciler.inUse(producerId),
    });
    this.#reconciler = new Reconciler({
      members: this.#members,
      transcoders: this.#transcoders,
      policy: options.limits,
      canTranscode: () => options.mediaWorkers.enabled,
      clock: options.clock,
      logger: this.#logger,
      onBroken: () => this.close('the server made a mistake'),
    });
    this.#ground = new Ground({
      workers: options.workers,
      limits: options.mediaLimits,
      logger: this.#logger,
      onLost: () => this.#onLost(),
      onReady: (media, again) => this.#onReady(media, again),
      onSpeaker: (producerId) => this.#onSpeaker(producerId),
      onFailed: () => this.close('the media part of this server is not available'),
    });
    this.#publishing = new Publishing({
      members: this.#members,
      transcoders: this.#transcoders,
      media: () => this.#ground.media(),
      maxProducers: options.limits.maxProducersPerParticipant,
      logger: this.#logger,
      onUpdated: (participant) => this.#updated(participant),
      onChange: () => this.#reconciler.schedule(),
    });
    this.#logger.info({}, 'call begins');
  }

  get participants(): readonly Participant[] {
    return [...this.#members.values()].map(({ participant }) => participant);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Running transcodes, for tests and statistics. */
  get transcodes(): readonly { readonly sourceId: SourceId; readonly codec: string }[] {
    return this.#transcoders.outputs;
  }

  /**
   * Makes a place for a participant and its transports. Nothing is offered to it, and nobody hears of it, before `activate`.
   * @throws ProtocolError RoomFull, MediaUnavailable
   */
  async join(joining: Joining): Promise<Participant & { readonly transports: Transports }> {
    if (this.#members.size + this.#arriving.size + this.#joining >= this.#options.limits.maxParticipants) {
      throw new ProtocolError(
        'RoomFull',
        `this room takes ${this.#options.limits.maxParticipants} participants`,
      );
    }
    this.#joining += 1;
    try {
      const transports = await this.#makeTransports();
      if (this.#closed) {
        closeTransports(transports);
        throw new ProtocolError('MediaUnavailable', 'the call has just ended');
      }
      const participant = {
        id: this.#options.randomId() as ParticipantId,
        ...joining,
        transports,
        sources: new Map(),
        unreceivable: new Set<string>(),
        refusedCodecs: new Set<CodecName>(),
        availableBps: null,
      };
      this.#arriving.set(participant.id, participant);
      return participant;
    } finally {
      this.#joining -= 1;
      this.#closeIfEmpty();
    }
  }

  /** From now on the participant, which has joined, is in the call. */
  activate(id: ParticipantId): void {
    const participant = this.#arriving.get(id);
    if (participant === undefined) return;
    this.#arriving.delete(id);
    const deliveries = new Deliveries({
      participant,
      layers: this.#layers,
      clock: this.#options.clock,
      logger: this.#logger,
      onRefused: (codec) => {
        participant.unreceivable.add(codec);
        this.#reconciler.schedule();
      },
      onChange: () => this.#reconciler.schedule(),
    });
    for (const { participant: other } of this.#members.values()) {
      other.notify('PRESENCE', { op: 'joined', participant: viewOf(participant) });
    }
    this.#members.set(participant.id, { participant, deliveries });
    if (participant.transports === null) {
      this.#restore(participant).catch((error: unknown) => {
        this.#logger.error({ participantId: id, error: String(error) }, 'participant not restored');
      });
    } else {
      this.#watch(participant, participant.transports);
    }
    const { name, restriction } = participant;
    this.#logger.info(
      { participantId: id, name, restriction, participants: this.#members.size },
      'participant joined',
    );
    this.#reconciler.schedule();
  }

  leave(id: ParticipantId, reason: string): void {
    const arriving = this.#arriving.get(id);
    const member = this.#members.get(id);
    this.#arriving.delete(id);
    this.#members.delete(id);
    if (arriving?.transports) closeTransports(arriving.transports);
    if (member === undefined) {
      this.#closeIfEmpty();
      return;
    }
    this.#closeMember(member);
    this.#logger.info({ participantId: id, reason, participants: this.#members.size }, 'participant left');
    for (const { participant } of this.#members.values()) {
      participant.notify('PRESENCE', { op: 'left', participant_id: id, reason });
    }
    this.#reconciler.schedule();
    this.#closeIfEmpty();
  }

  /** What its participants publish. */
  get publishing(): Publishing {
    return this.#publishing;
  }

  restrict(id: ParticipantId, restriction: CodecRestriction): void {
    const { participant } = this.#member(id);
    participant.restriction = restriction;
    participant.refusedCodecs.clear();
    this.#logger.info({ participantId: id, restriction }, 'codec restriction changed');
    this.#updated(participant);
    this.#reconciler.schedule();
  }

  refuseSwitch(id: ParticipantId, codec: CodecName, detail: string): void {
    const { participant } = this.#member(id);
    participant.refusedCodecs.add(codec);
    this.#logger.info({ participantId: id, codec, detail }, 'the device refused to switch');
    this.#reconciler.schedule();
  }

  /** @throws ProtocolError NotFound */
  deliveriesOf(id: ParticipantId): Deliveries {
    return this.#member(id).deliveries;
  }

  /** @throws ProtocolError NotFound, InvalidMessage */
  async connectTransport(
    id: ParticipantId,
    transportId: string,
    dtlsParameters: DtlsParameters,
  ): Promise<void> {
    const transport = this.#transport(id, transportId);
    try {
      await transport.connect({ dtlsParameters });
    } catch (cause) {
      if (transport.closed) {
        throw new ProtocolError('MediaUnavailable', 'the media part is being replaced', { cause });
      }
      throw new ProtocolError('InvalidMessage', 'these DTLS parameters cannot be used', { cause });
    }
  }

  async restartIce(id: ParticipantId, transportId: string): Promise<IceParameters> {
    const transport = this.#transport(id, transportId);
    return unlessGone(
      () => transport.closed,
      () => transport.restartIce(),
    );
  }

  /** Ends the call for everybody. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const member of this.#members.values()) {
      member.participant.notify('CALL_END', { op: 'call', reason });
      this.#closeMember(member);
    }
    this.#members.clear();
    for (const { transports } of this.#arriving.values()) {
      if (transports !== null) closeTransports(transports);
    }
    this.#arriving.clear();
    this.#reconciler.close();
    this.#transcoders.close();
    this.#layers.close();
    this.#ground.close();
    this.#logger.info({ reason }, 'call ends');
    this.emit('closed');
  }

  #onLost(): void {
    this.#transcoders.setRouter(null);
    this.#reconciler.forget();
    for (const { participant, deliveries } of this.#members.values()) {
      deliveries.reset();
      participant.transports = null;
      participant.availableBps = null;
      for (const source of participant.sources.values()) {
        source.producer = null;
        source.retiring = [];
      }
    }
    // Whoever was about to arrive has transports that are gone: it starts again.
    for (const participant of this.#arriving.values()) participant.transports = null;
  }

  #onReady(media: CallMedia, again: boolean): void {
    this.#transcoders.setRouter(media.router);
    this.#logger.info({ workerPid: media.workerPid }, 'media ground opened');
    if (!again) return;
    for (const { participant } of this.#members.values()) {
      // A ground that is lost again meanwhile comes back here with its successor.
      this.#restore(participant).catch((error: unknown) => {
        this.#logger.error(
          { participantId: participant.id, error: String(error) },
          'participant not restored',
        );
      });
    }
  }

  async #restore(participant: Participant): Promise<void> {
    const transports = await this.#makeTransports();
    if (this.#members.get(participant.id)?.participant !== participant) {
      closeTransports(transports);
      return;
    }
    participant.transports = transports;
    this.#watch(participant, transports);
    participant.notify('TRANSPORT_UPDATE', {
      op: 'reset',
      reason: 'the media process of this call was replaced',
      ...offersOf(transports),
    });
    this.#reconciler.schedule();
  }

  async #makeTransports(): Promise<Transports> {
    try {
      const media = await this.#ground.media();
      const [send, receive] = await Promise.all([media.createTransport(), media.createTransport()]);
      await media.limitIncoming(send);
      return { send, receive };
    } catch (cause) {
      throw new ProtocolError('MediaUnavailable', 'no media process could take this participant', { cause });
    }
  }

  #watch(participant: Participant, { send, receive }: Transports): void {
    receive.on('trace', ({ type, info }) => {
      if (type === 'bwe') participant.availableBps = availableBitrate(info) ?? participant.availableBps;
    });
    receive.enableTraceEvent(['bwe']).catch((error: unknown) => {
      this.#logger.warn({ participantId: participant.id, error: String(error) }, 'no bandwidth estimates');
    });
    for (const [direction, transport] of [
      ['send', send],
      ['receive', receive],
    ] as const) {
      const fields = { participantId: participant.id, direction };
      transport.on('icestatechange', (state) => this.#logger.debug({ ...fields, state }, 'ICE state'));
      transport.on('dtlsstatechange', (state) => this.#logger.debug({ ...fields, state }, 'DTLS state'));
    }
  }

  #onSpeaker(producerId: string | null): void {
    const owner = this.participants.find(({ sources }) =>
      [...sources.values()].some(({ producer }) => producer?.id === producerId),
    );
    const speaker = owner?.id ?? null;
    if (speaker === this.#speaker) return;
    this.#speaker = speaker;
    for (const { participant } of this.#members.values()) {
      participant.notify('PRESENCE', { op: 'speaker', participant_id: speaker });
    }
  }

  #updated(participant: Participant): void {
    for (const { participant: other } of this.#members.values()) {
      if (other !== participant) {
        other.notify('PRESENCE', { op: 'updated', participant: viewOf(participant) });
      }
    }
  }

  #member(id: ParticipantId): Member {
    const member = this.#members.get(id);
    if (member === undefined) throw new ProtocolError('NotFound', 'not in this call');
    return member;
  }

  #transport(id: ParticipantId, transportId: string): types.WebRtcTransport {
    const { transports } = this.#member(id).participant;
    if (transports?.send.id === transportId) return transports.send;
    if (transports?.receive.id === transportId) return transports.receive;
    throw new ProtocolError('NotFound', 'no such transport of yours');
  }

  #closeMember({ participant, deliveries }: Member): void {
    deliveries.close();
    if (participant.transports !== null) closeTransports(participant.transports);
    participant.transports = null;
  }

  #closeIfEmpty(): void {
    if (this.#members.size + this.#arriving.size + this.#joining === 0) this.close('everybody left');
  }
}
