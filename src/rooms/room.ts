/**
 * One call: who is in it, what they publish, and what they ask for.
 *
 * Cascade: `close()` ends every participant (told by CALL_END), the reconciler, the transcodes and the media ground. A
 * participant that leaves takes its transports, producers and consumers with it. One whose connection breaks loses those
 * too, but keeps its place, its hand and the names of its sources for the grace time, and takes them up again when it
 * comes back with its token. A media ground that is lost (its mediasoup worker died) does not end the call: another one is
 * opened, everybody gets new transports by a TRANSPORT_UPDATE and publishes again, under the same source ids.
 *
 * What will surprise you: ids name places, not connections. Whoever speaks for a connection therefore holds the `Participant`
 * itself: `leave` and `disconnect` of one that was taken over do nothing.
 */
import { EventEmitter } from 'node:events';
import { ProtocolError } from '../../signaling/errors.ts';
import type { CodecRestriction } from '../../signaling/messages/media.ts';
import type { EmulatedNetwork, Participant as ParticipantView } from '../../signaling/messages/requests.ts';
import type { Logger } from '../observe/logger.ts';
import type { CodecName, ParticipantId, SourceId } from '../plan/types.ts';
import { LayerSteering } from '../sfu/layerSteering.ts';
import { Bandwidth } from './bandwidth.ts';
import { Deliveries } from './deliveries.ts';
import type { StallReading } from './stalls.ts';
import { Ground } from './ground.ts';
import { NetworkWatch, measureWay } from './network.ts';
import {
  type Joining,
  type Participant,
  inherit,
  loseStreams,
  newParticipant,
  viewOf,
} from './participant.ts';
import { Places } from './places.ts';
import { Presence } from './presence.ts';
import { Publishing } from './publishing.ts';
import { Reconciler } from './reconciler.ts';
import { Relocation } from './relocation.ts';
import type { RoomEvents, RoomOptions } from './roomOptions.ts';
import type { RoomId } from './roomKeys.ts';
import { Transcoders } from './transcoders.ts';
import { type TransportMaker, type Transports, closeTransports, makeTransportsAnyway } from './transports.ts';
import { Watching } from './watching.ts';

/** Who came back publishes what he published before within this; the others see his last picture until then. */
const REPUBLISH_MS = 10_000;
/** How long the place of a device is kept that said that it goes away. */
const GOING_AWAY_GRACE_MS = 3_000;
export class Room extends EventEmitter<RoomEvents> {
  readonly id: RoomId;
  readonly callId: string;
  readonly #options: RoomOptions;
  readonly #logger: Logger;
  readonly #places: Places;
  readonly #presence: Presence;
  readonly #transcoders: Transcoders;
  readonly #reconciler: Reconciler;
  readonly #publishing: Publishing;
  readonly #ground: Ground;
  readonly #relocation: Relocation;
  readonly #maker: TransportMaker;
  readonly #layers: LayerSteering;
  readonly #watching: Watching;
  readonly #bandwidth: Bandwidth;
  readonly #network: NetworkWatch;
  readonly #cancelRepublish = new Map<Participant, () => void>();
  #closed = false;

  constructor(options: RoomOptions) {
    super();
    this.id = options.id;
    this.callId = options.callId;
    this.#options = options;
    const { clock, epochMs, randomId, limits } = options;
    const logger = options.logger.child({ callId: options.callId, roomId: options.id });
    this.#logger = logger;
    this.#places = new Places({ maxParticipants: limits.maxParticipants, clock, epochMs, randomId });
    this.#presence = new Presence({
      nowMs: () => clock.nowMs(),
      epochMs,
      randomId,
      participants: () => this.participants,
    });
    const { members } = this.#places;
    this.#layers = new LayerSteering(clock, logger);
    this.#transcoders = new Transcoders({
      layers: this.#layers,
      callId: options.callId,
      pool: options.mediaWorkers,
      clock,
      logger,
      randomSsrc: options.randomSsrc,
      onChange: () => this.#reconciler.schedule(),
      inUse: (producerId) => this.#reconciler.inUse(producerId),
    });
    this.#watching = new Watching({
      members,
      transcoders: this.#transcoders,
      layers: this.#layers,
      lobbyWatched: options.lobbyWatched,
      clock,
      logger,
    });
    this.#bandwidth = new Bandwidth({
      members,
      transcoders: this.#transcoders,
      layers: this.#layers,
      measure: (id) => measureWay(members.get(id)),
      onNarrow: () => this.#reconciler.schedule(),
      speaker: () => this.#presence.speaker,
      clock,
      logger,
    });
    this.#reconciler = new Reconciler({
      members,
      bandwidth: this.#bandwidth,
      transcoders: this.#transcoders,
      policy: limits,
      transcodable: () => options.mediaWorkers.transcodable,
      clock,
      logger,
      onPassed: () => this.#watching.schedule(),
      onBroken: () => this.close('the server made a mistake'),
    });
    this.#network = new NetworkWatch({
      clock,
      logger,
      onQuality: ({ participant }, quality) => this.#presence.setQuality(participant, quality),
    });
    this.#maker = { ground: () => this.#ground.media(), emulator: options.emulator };
    this.#relocation = new Relocation({
      places: this.#places,
      transcoders: this.#transcoders,
      reconciler: this.#reconciler,
      maker: this.#maker,
      clock,
      logger,
    });
    this.#ground = new Ground({
      workers: options.workers,
      limits: options.mediaLimits,
      logger,
      onLost: () => this.#relocation.onLost(),
      onReady: (media, again) => this.#relocation.onReady(media, again),
      onSpeaker: (producerId) => this.#onSpeaker(producerId),
      onFailed: () => this.close('the media part of this server is not available'),
    });
    this.#publishing = new Publishing({
      members,
      transcoders: this.#transcoders,
      media: () => this.#ground.media(),
      maxProducers: limits.maxProducersPerParticipant,
      logger,
      onUpdated: (participant) => this.#presence.updated(participant),
      onChange: () => this.#reconciler.schedule(),
    });
    logger.info({}, 'call begins');
  }

  /** In the order of their places; those whose connection broke a moment ago included. */
  get participants(): readonly Participant[] {
    return this.#places.participants;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Running transcodes, for tests and statistics. */
  get transcodes(): readonly {
    readonly sourceId: SourceId;
    readonly codec: string;
    readonly size: string;
    readonly active: boolean;
  }[] {
    return this.#transcoders.outputs;
  }

  /** How everybody's way is shared, and at which rates encodes run. */
  get bandwidth(): Pick<Bandwidth, 'ways' | 'encodes'> {
    return this.#bandwidth;
  }

  /** What was done for pictures that came and did not appear. */
  get stalls(): readonly (StallReading & { readonly participant: ParticipantId })[] {
    return [...this.#places.members].flatMap(([participant, { deliveries }]) =>
      deliveries.stalls.map((one) => ({ participant, ...one })),
    );
  }

  /** What its participants publish. */
  get publishing(): Publishing {
    return this.#publishing;
  }

  /** What they know of each other. */
  get presence(): Presence {
    return this.#presence;
  }

  /**
   * Makes a place for a participant and its transports, or finds the one that its token proves. Nothing is offered to it, and
   * nobody hears of it, before `activate`.
   * @param resume a token of this room; one that proves nothing is as good as none
   * @throws ProtocolError RoomFull, MediaUnavailable
   */
  async join(
    joining: Joining,
    resume: string | undefined,
  ): Promise<Participant & { readonly transports: Transports }> {
    const proven = resume === undefined ? null : this.#options.resumeTokens.verify(this.id, resume);
    const place = this.#places.reserve(proven);
    try {
      const transports = await makeTransportsAnyway(this.#maker, joining.network);
      if (this.#closed) {
        closeTransports(transports);
        throw new ProtocolError('MediaUnavailable', 'the call has just ended');
      }
      const { participantId: id, joinedAtMs } = place;
      const network = transports.way?.network ?? null;
      const participant = {
        ...newParticipant({ ...joining, network }, { id, joinedAtMs, transports }),
        transports,
      };
      const other = this.#places.arrive(participant);
      if (other !== null) this.#takeOver(other);
      return participant;
    } finally {
      place.release();
      this.#closeIfEmpty();
    }
  }

  /** Everybody, as somebody who is just arriving sees them, himself included, in the order of their places. */
  viewsFor(arriving: Participant): readonly ParticipantView[] {
    const before = this.#places.members.get(arriving.id)?.participant;
    const { name, restriction, quality } = arriving;
    const own = before === undefined ? viewOf(arriving) : { ...viewOf(before), name, restriction, quality };
    const others = this.participants.filter(({ id }) => id !== arriving.id).map(viewOf);
    return [...others, own].sort((a, b) => a.joined_at - b.joined_at);
  }

  /** With this the participant comes back to its place. */
  resumeTokenOf({ id, joinedAtMs }: Participant): string {
    return this.#options.resumeTokens.issue(this.id, { participantId: id, joinedAtMs });
  }

  /** From now on the participant, which has joined, is in the call. */
  activate(participant: Participant): void {
    if (!this.#places.isArriving(participant)) return;
    const { id, name, restriction } = participant;
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
      onView: () => this.#watching.schedule(),
    });
    const member = { participant, deliveries };
    const before = this.#places.members.get(id)?.participant ?? null;
    if (before !== null) this.#release(before);
    this.#places.seat(member);
    if (before === null) this.#presence.joined(participant);
    else this.#succeed(participant, before);
    this.#network.add(member);
    if (participant.transports === null) {
      this.#relocation.restore(participant);
    } else {
      this.#relocation.watch(participant, participant.transports);
    }
    const participants = this.#places.members.size;
    this.#logger.info(
      { participantId: id, name, restriction, participants, resumed: before !== null },
      'participant joined',
    );
    this.#reconciler.schedule();
    this.emit('people');
  }

  /** The participant goes for good. */
  leave(participant: Participant, reason: string): void {
    const { id } = participant;
    const wasSeated = this.#places.isSeated(participant);
    if (wasSeated || this.#places.isArriving(participant)) this.#release(participant);
    this.#places.free(participant);
    if (wasSeated) {
      this.#logger.info(
        { participantId: id, reason, participants: this.#places.members.size },
        'participant left',
      );
      this.#presence.left(id, reason);
      this.#reconciler.schedule();
      this.emit('people');
    }
    this.#closeIfEmpty();
  }

  /**
   * The participant's connection ended without a word: its place is kept for a while.
   * @param goingAway the device said that it goes away: most likely the page was closed too fast for a word. A proxy between says the
   * same when it is started again, so there is a moment to come back.
   */
  disconnect(participant: Participant, reason: string, goingAway: boolean): void {
    const { limits } = this.#options;
    const graceMs = goingAway ? Math.min(limits.resumeGraceMs, GOING_AWAY_GRACE_MS) : limits.resumeGraceMs;
    if (!this.#places.isSeated(participant) || graceMs === 0) {
      this.leave(participant, `connection closed: ${reason}`);
      return;
    }
    this.#release(participant);
    participant.absent = true;
    this.#logger.info({ participantId: participant.id, reason, graceMs }, 'connection lost, place kept');
    this.#presence.setQuality(participant, 'lost');
    this.#places.keepFor(participant.id, graceMs, () => this.leave(participant, 'connection lost'));
    this.#reconciler.schedule();
  }

  restrict(participant: Participant, restriction: CodecRestriction): void {
    participant.restriction = restriction;
    participant.refusedCodecs.clear();
    participant.unshown.clear();
    this.#logger.info({ participantId: participant.id, restriction }, 'codec restriction changed');
    this.#presence.updated(participant);
    this.#reconciler.schedule();
  }

  /**
   * Puts this participant's media into a test network, or takes it out.
   * @throws ProtocolError NotFound, MediaUnavailable, EmulationUnavailable, InvalidState
   */
  async emulate({ id }: Participant, network: EmulatedNetwork | null): Promise<void> {
    const member = this.#places.members.get(id);
    if (member === undefined) throw new ProtocolError('NotFound', 'not in this call');
    await this.#relocation.emulate(member, network);
  }

  refuseSwitch(participant: Participant, codec: CodecName, detail: string): void {
    participant.refusedCodecs.add(codec);
    this.#logger.info({ participantId: participant.id, codec, detail }, 'the device refused to switch');
    this.#reconciler.schedule();
  }

  /** @throws ProtocolError NotFound */
  deliveriesOf({ id }: Participant): Deliveries {
    const member = this.#places.members.get(id);
    if (member === undefined) throw new ProtocolError('NotFound', 'not in this call');
    return member.deliveries;
  }

  /** Somebody began to watch the room's lobby, or nobody does any more. */
  lobbyChanged(): void {
    this.#watching.schedule();
  }

  /** Ends the call for everybody. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { participant } of this.#places.members.values()) {
      participant.notify('CALL_END', { op: 'call', reason });
      this.#release(participant);
    }
    for (const participant of this.#places.arriving.values()) this.#release(participant);
    this.#places.clear();
    this.#reconciler.close();
    this.#bandwidth.close();
    this.#watching.close();
    this.#network.close();
    this.#transcoders.close();
    this.#layers.close();
    this.#ground.close();
    this.#logger.info({ reason }, 'call ends');
    this.emit('closed');
  }

  /** The heir of a place: its hand, its sources, and an end for the connection that had it. */
  #succeed(heir: Participant, before: Participant): void {
    inherit(heir, before);
    if (!before.absent) this.#takeOver(before);
    this.#presence.updated(heir);
    if (heir.sources.size === 0) return;
    this.#cancelRepublish.set(
      heir,
      this.#options.clock.after(REPUBLISH_MS, () => {
        this.#cancelRepublish.delete(heir);
        if (heir.transports !== null) this.#publishing.dropSilent(heir);
      }),
    );
  }

  #takeOver(participant: Participant): void {
    this.#logger.info({ participantId: participant.id }, 'taken over by another connection');
    if (participant.transports !== null) closeTransports(participant.transports);
    participant.transports = null;
    participant.onTakenOver();
  }

  /** Ends what a participant holds of the media part; its place is another matter. */
  #release(participant: Participant): void {
    if (this.#places.isSeated(participant)) {
      this.deliveriesOf(participant).close();
      this.#network.remove(participant.id);
      this.#presence.silence(participant.id);
    }
    this.#cancelRepublishOf(participant);
    if (participant.transports !== null) closeTransports(participant.transports);
    participant.transports = null;
    loseStreams(participant);
  }

  #cancelRepublishOf(participant: Participant): void {
    this.#cancelRepublish.get(participant)?.();
    this.#cancelRepublish.delete(participant);
  }

  #onSpeaker(producerId: string | null): void {
    const owner = this.participants.find(({ sources }) =>
      [...sources.values()].some(({ producer }) => producer?.id === producerId),
    );
    this.#presence.setSpeaker(owner?.id ?? null);
  }

  #closeIfEmpty(): void {
    if (this.#places.empty) this.close('everybody left');
  }
}
