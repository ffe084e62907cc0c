/**
 * A call, as an application uses it: connect, join, publish, receive, leave; and it comes back by itself when something breaks.
 *
 * States: `idle` → `connecting` → `ready` → `joining` → `joined` ⇄ `recovering` → `closed`.
 *
 * What will surprise you:
 * - `connect` may be called while the user still types a name: joining then costs one round trip. A connection that is lost
 *   before the join is made again by `join`.
 * - Three repairs, from weak to strong: ICE restart (the transports do it), new transports (the server resets them), a new
 *   connection (this class, with growing pauses, for as long as the call is not closed or refused for good).
 *   `recovering` and `recovered` speak of all of them alike.
 * - Who owns what: call → session (connection, sending transport), publisher (producers), receiver (receiving transports,
 *   consumers, streams). `close()` closes timers, publisher, receiver, session, in that order; a transport that closes closes
 *   its producers or consumers. Tracks given to `publish` stay with their owner. After a lost connection the old session
 *   stays until the new one has joined, and receiving transports until their last frame is replaced: pictures freeze
 *   instead of vanishing.
 */
import type { CodecRestriction } from '../../signaling/messages/media.ts';
import type { Notification } from '../../signaling/messages/notifications.ts';
import { type Participant, PlainAck, type SourceName } from '../../signaling/messages/requests.ts';
import type { CallEvents, CallOptions, CallState, CallStats, JoinOptions } from './call-types.ts';
import { type MediaTrack, sendableVideo, toWireCapabilities } from './capabilities.ts';
import { type CancelTimer, type Clock, backoffMs, systemClock } from './clock.ts';
import { Emitter } from './emitter.ts';
import { CallClosed, NotJoined, isPermanent, isPermanentForReturn } from './errors.ts';
import type { PublishOptions } from './produce-options.ts';
import { Publisher } from './publisher.ts';
import { Receiver } from './receiver.ts';
import type { RemoteStream } from './remote-stream.ts';
import { type Joined, Session } from './session.ts';

type Trouble = 'connection' | 'reset' | 'send' | 'receive';

/** How long leaving waits for the server's answer. */
const LEAVE_PATIENCE_MS = 1_000;

export class Call extends Emitter<CallEvents> {
  readonly #options: CallOptions;
  readonly #clock: Clock;
  readonly #publisher: Publisher;
  readonly #receiver: Receiver;
  readonly #participants = new Map<string, Participant>();
  readonly #troubles = new Set<Trouble>();
  #state: CallState = 'idle';
  #session: Session | null = null;
  /** The session of before a reconnection, whose pictures still show. */
  #stale: Session | null = null;
  #connecting: Promise<Session> | null = null;
  #wish: Required<JoinOptions> | null = null;
  #joined: Joined | null = null;
  #cancelRetry: CancelTimer = () => undefined;

  constructor(options: CallOptions) {
    super();
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#publisher = new Publisher(this.#clock, options.preferredCodecs ?? ['VP8', 'H264']);
    this.#receiver = new Receiver(this.#clock);
    this.#publisher.on('changed', () => this.emit('publications'));
    this.#publisher.on('error', (error) => this.emit('error', error));
    this.#receiver.on('stream', (stream) => this.emit('stream', stream));
    this.#receiver.on('stream-ended', (stream) => this.emit('stream-ended', stream));
    this.#receiver.on('error', (error) => this.emit('error', error));
  }

  get state(): CallState {
    return this.#state;
  }
  /** This participant's id; it changes with a reconnection. Null before the join. */
  get participantId(): string | null {
    return this.#joined?.participant_id ?? null;
  }
  /** The id under which the server's log speaks of this call. */
  get callId(): string | null {
    return this.#joined?.call_id ?? null;
  }
  /** The others, in order of arrival. */
  get participants(): readonly Participant[] {
    return [...this.#participants.values()];
  }
  get streams(): readonly RemoteStream[] {
    return this.#receiver.streams;
  }
  get restriction(): CodecRestriction {
    return this.#wish?.restriction ?? null;
  }

  /** The video codec in which a source is sent now; null where it is not live. */
  sentCodec(source: SourceName): string | null {
    return this.#publisher.codecOf(source);
  }

  /**
   * Connects ahead of the join. Idempotent.
   *
   * @throws ClientError where the server cannot be reached or refuses
   */
  async connect(): Promise<void> {
    if (this.#state === 'closed') throw new CallClosed('the call is over');
    if (this.#state !== 'idle' && this.#state !== 'connecting') return;
    this.#setState('connecting');
    try {
      await this.#connected();
      this.#setStateFrom('connecting', 'ready');
    } catch (error) {
      this.#setStateFrom('connecting', 'idle');
      throw error;
    }
  }

  /**
   * Enters the call. May be tried again after it failed.
   *
   * @throws ClientError: RequestRefused where the server refuses, ConnectionLost, RequestTimedOut
   */
  async join(options: JoinOptions): Promise<void> {
    if (this.#state === 'closed') throw new CallClosed('the call is over');
    this.#wish = { restriction: null, ...options };
    this.#publisher.restrict(this.#wish.restriction);
    this.#setState('joining');
    try {
      await this.#enter(await this.#connected());
      this.#setStateFrom('joining', 'joined');
    } catch (error) {
      this.#setStateFrom('joining', this.#session === null ? 'idle' : 'ready');
      throw error;
    }
  }

  /**
   * Sends a track; see `Publisher.publish`. May be called before the join.
   *
   * @throws CodecUnavailable, RequestRefused, CallClosed
   */
  publish(source: SourceName, track: MediaTrack, options?: PublishOptions): Promise<void> {
    return this.#publisher.publish(source, track, options);
  }

  /** Ends what this participant sends of a source. */
  unpublish(source: SourceName): void {
    this.#publisher.unpublish(source);
  }

  /** Mutes a source, or switches its camera off. */
  setPaused(source: SourceName, paused: boolean): void {
    this.#publisher.setPaused(source, paused);
  }

  /**
   * Restricts what is sent and received to one video codec, or lifts the restriction.
   *
   * @throws NotJoined, ClientError
   */
  async restrict(restriction: CodecRestriction): Promise<void> {
    const session = this.#session;
    if (this.#wish === null || session === null) throw new NotJoined('join first');
    this.#wish = { ...this.#wish, restriction };
    const told = session.connection.request('CALL_OFFER', { op: 'restrict', restriction }, PlainAck);
    this.#publisher.restrict(restriction);
    await told;
  }

  /** Figures of everything sent and received, over the time since the call before. */
  async stats(): Promise<CallStats> {
    const [received, sent] = await Promise.all([
      this.#receiver.stats().catch(() => []),
      this.#publisher.stats().catch(() => []),
    ]);
    return { received, sent };
  }

  /** Leaves the call politely, then closes. Never throws. */
  async leave(): Promise<void> {
    const session = this.#session;
    if (session !== null && this.#joined !== null && this.#state !== 'closed') {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(LEAVE_PATIENCE_MS, resolve);
        const stop = (): void => {
          cancel();
          resolve();
        };
        session.leave().then(stop, stop);
      });
    }
    this.close();
  }

  /** Ends everything at once. Idempotent. */
  close(): void {
    this.#end('left', null);
  }

  /** The session that is connected, or the one being connected, or a new one. */
  async #connected(): Promise<Session> {
    if (this.#session !== null) return this.#session;
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = null;
    });
    return await this.#connecting;
  }

  async #open(): Promise<Session> {
    const { open, createDevice, requestTimeoutMs, client, transport } = this.#options;
    const session = new Session({
      open,
      createDevice,
      clock: this.#clock,
      transport: transport ?? {},
      ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
      ...(client === undefined ? {} : { client }),
    });
    session.on('closed', (error) => this.#lost(session, error));
    session.on('joined', (joined) => this.#entered(session, joined));
    session.on('reset', (reason) => this.#trouble('reset', reason));
    session.on('path-broken', (direction, reason) => {
      // The paths of a session whose connection is gone say nothing new.
      if (this.#session === session) this.#trouble(direction, reason);
    });
    session.on('path-healed', (direction) => {
      if (this.#session === session) this.#healed(direction);
    });
    session.on('link', (link, cause) => {
      this.#healed('send', 'receive');
      this.#receiver.bind(link);
      // Who joins wants to see first: making both directions at once would delay the pictures of the others by the time that
      // the own ones take.
      const first =
        cause === 'join' && this.#othersShow() ? this.#receiver.firstPicture() : Promise.resolve();
      void this.#publisher.bind(link, first).then(() => {
        if (cause === 'reset') this.#healed('reset');
      });
    });
    session.connection.on('CALL_OFFER', (offer) => {
      if (offer.op === 'switch') this.#publisher.handleSwitch(offer);
      else this.#receiver.handleOffer(offer);
    });
    session.connection.on('CALL_END', (event) => {
      if (event.op === 'call') this.#end(event.reason, null);
      else if (event.op === 'producer') this.#publisher.handleRetired(event.producer_id);
      else this.#receiver.handleEnd(event);
    });
    session.connection.on('PRESENCE', (event) => this.#presence(event));
    try {
      await session.connect();
    } catch (error) {
      session.close();
      throw error;
    }
    if (this.#ended) {
      session.close();
      throw new CallClosed('the call is over');
    }
    this.#session = session;
    return session;
  }

  async #enter(session: Session): Promise<void> {
    const wish = this.#wish;
    if (wish === null) throw new NotJoined('no room was named');
    await session.join({
      room: wish.room,
      name: wish.name,
      receive: toWireCapabilities(session.device.recvRtpCapabilities),
      send_video: sendableVideo(session.device, this.#options.preferredCodecs ?? ['VP8', 'H264']),
      restriction: wish.restriction,
    });
  }

  #entered(session: Session, joined: Joined): void {
    this.#joined = joined;
    this.#participants.clear();
    for (const participant of joined.participants) {
      if (participant.participant_id !== joined.participant_id) {
        this.#participants.set(participant.participant_id, participant);
      }
    }
    this.#receiver.keepOnly(this.participants);
    this.emit('participants');
    if (this.#stale !== null && this.#stale !== session) this.#stale.close();
    this.#stale = null;
  }

  #othersShow(): boolean {
    return [...this.#participants.values()].some(({ sources }) =>
      sources.some(({ kind, paused }) => kind === 'video' && !paused),
    );
  }

  #presence(event: Notification<'PRESENCE'>): void {
    if (event.op === 'speaker') {
      this.emit('speaker', event.participant_id);
      return;
    }
    if (event.op === 'left') {
      this.#participants.delete(event.participant_id);
      this.#receiver.keepSources(event.participant_id, []);
    } else if (event.participant.participant_id !== this.participantId) {
      const { participant } = event;
      this.#participants.set(participant.participant_id, participant);
      this.#receiver.keepSources(participant.participant_id, participant.sources);
    }
    this.emit('participants');
  }

  /** The connection of a session is gone. */
  #lost(session: Session, error: Error | null): void {
    if (this.#session !== session || this.#ended) return;
    this.#session = null;
    if (!session.entered) {
      // Nothing of the call hangs on it yet: whoever was joining with it is told by a rejected promise.
      session.close();
      this.#setStateFrom('ready', 'idle');
      return;
    }
    this.#stale?.close();
    this.#stale = session;
    if (isPermanent(error)) {
      this.#end(error?.message ?? 'The server ended the call.', error);
      return;
    }
    this.#troubles.clear();
    this.#trouble('connection', 'The connection to the server was lost.');
    this.#retry(0);
  }

  #retry(attempt: number): void {
    const random = this.#options.random ?? Math.random;
    this.#cancelRetry = this.#clock.after(backoffMs(attempt, random()), () => {
      this.#reenter().catch((error: unknown) => {
        if (this.#ended || this.#session !== null) return;
        if (isPermanentForReturn(error)) {
          this.#end(error instanceof Error ? error.message : String(error), null);
        } else this.#retry(attempt + 1);
      });
    });
  }

  async #reenter(): Promise<void> {
    const session = await this.#connected();
    try {
      await this.#enter(session);
    } catch (error) {
      // This attempt failed as a whole: its connection is not used for the next one.
      if (this.#session === session) this.#session = null;
      session.close();
      throw error;
    }
    this.#healed('connection');
  }

  #trouble(trouble: Trouble, reason: string): void {
    if (this.#ended || this.#joined === null) return;
    this.#troubles.add(trouble);
    this.#setState('recovering');
    this.emit('recovering', reason);
  }

  #healed(...troubles: Trouble[]): void {
    const wasTroubled = this.#troubles.size > 0;
    for (const trouble of troubles) this.#troubles.delete(trouble);
    if (!wasTroubled || this.#troubles.size > 0 || this.#ended) return;
    this.#setState('joined');
    this.emit('recovered');
  }

  #end(reason: string, error: Error | null): void {
    if (this.#ended) return;
    this.#setState('closed');
    this.#cancelRetry();
    this.#publisher.close();
    this.#receiver.close();
    this.#stale?.close();
    this.#session?.close();
    this.#stale = null;
    this.#session = null;
    this.emit('closed', reason, error);
    this.removeAllListeners();
  }

  get #ended(): boolean {
    return this.#state === 'closed';
  }

  #setState(state: CallState): void {
    if (this.#state === state || this.#ended) return;
    this.#state = state;
    this.emit('state', state);
  }

  #setStateFrom(from: CallState, to: CallState): void {
    if (this.#state === from) this.#setState(to);
  }
}
