/**
 * A call, as an application uses it: connect, join, publish, receive, leave; and it comes back by itself when something breaks.
 *
 * States: `idle` → `connecting` → `ready` → `joining` → `joined` ⇄ `recovering` → `closed`.
 *
 * What will surprise you:
 * - `connect` or `watch` may be called while the user still types a name: joining then costs one round trip. A connection that
 *   is lost before the join is made again by `join`, or at once where a room is watched.
 * - What breaks is repaired as `Recovery` says, for as long as the call is not closed or refused for good. A new connection takes
 *   over the place of the old one: same id, same order, same raised hand; what is published and how large streams are shown is
 *   told again.
 * - Who owns what: call → entrance → session (connection, sending transport); call → publisher (producers), receiver (receiving transports,
 *   consumers, streams), entrance, recovery, lobby, talk. `close()` closes timers, publisher, receiver, session, in that order; a
 *   transport that closes closes its producers or consumers. Tracks given to `publish` stay with their owner. After a lost
 *   connection the old session stays until the new one has joined, and receiving transports until their last frame is replaced:
 *   pictures freeze instead of vanishing.
 */
import type { CodecRestriction } from '../../signaling/messages/media.ts';
import type { CallStatsEvent } from '../../signaling/messages/notifications.ts';
import type {
  ChatMessage,
  EmulatedNetwork,
  LobbyPerson,
  Participant,
  Reaction,
  SourceName,
} from '../../signaling/messages/requests.ts';
import { CallTalk } from './call-talk.ts';
import type {
  CallEvents,
  CallOptions,
  CallState,
  CallStats,
  EndCode,
  JoinOptions,
  ViewSize,
} from './call-types.ts';
import { type MediaTrack, PREFERRED_VIDEO } from './capabilities.ts';
import { systemClock } from './clock.ts';
import type { Connection } from './connection.ts';
import { Emitter } from './emitter.ts';
import {
  CallClosed,
  CallEnded,
  type ClientError,
  TakenOver,
  asClientError,
  isPermanent,
  isPermanentForReturn,
  isTakenOver,
  wasNoticedHere,
} from './errors.ts';
import { Entrance } from './entrance.ts';
import { Lobby } from './lobby.ts';
import type { PublishOptions } from './produce-options.ts';
import { Publisher } from './publisher.ts';
import { Receiver } from './receiver.ts';
import { Recovery } from './recovery.ts';
import type { RemoteStream } from './remote-stream.ts';
import { route } from './routes.ts';
import type { Joined, MediaLink, Session } from './session.ts';
import { TestNetwork } from './test-network.ts';

export class Call extends Emitter<CallEvents> {
  readonly #publisher: Publisher;
  readonly #receiver: Receiver;
  readonly #talk: CallTalk;
  readonly #lobby: Lobby;
  readonly #recovery: Recovery;
  readonly #entrance: Entrance;
  readonly #testNetwork: TestNetwork;
  #state: CallState = 'idle';
  /** The session of before a reconnection, whose pictures still show. */
  #stale: Session | null = null;
  #joined: Joined | null = null;
  #link: MediaLink | null = null;
  #network: CallStatsEvent | null = null;

  constructor(options: CallOptions) {
    super();
    const clock = options.clock ?? systemClock;
    const random = options.random ?? Math.random;
    this.#entrance = new Entrance(options, clock, {
      made: (session) => this.#listen(session),
      woke: () => this.checkNow(),
    });
    this.#publisher = new Publisher(clock, options.preferredCodecs ?? PREFERRED_VIDEO);
    this.#receiver = new Receiver(clock);
    this.#testNetwork = new TestNetwork({
      connection: () => this.#joinedConnection,
      want: (network) => this.#entrance.emulate(network),
      changed: (network) => this.emit('emulated', network),
    });
    this.#talk = new CallTalk(clock, {
      connection: () => this.#joinedConnection,
      changed: () => this.emit('participants'),
      sources: (participantId, sources) => this.#receiver.keepSources(participantId, sources),
      speaker: (participantId) => this.emit('speaker', participantId),
      reaction: (event) => this.emit('reaction', event),
      message: (message) => this.emit('message', message),
    });
    this.#lobby = new Lobby(clock, random, {
      connect: async () => {
        await this.connect();
        return (await this.#entrance.connected()).connection;
      },
      changed: (people) => this.emit('lobby', people),
      failed: (error) => this.emit('error', asClientError(error)),
    });
    this.#recovery = new Recovery(clock, random, {
      reconnect: (openTimeoutMs) => this.#entrance.reenter(openTimeoutMs),
      abandon: () => this.#entrance.abandon(),
      isFinal: isPermanentForReturn,
      refused: (error) => this.#end('refused', asClientError(error)),
      recovering: (trouble) => {
        this.#setState('recovering');
        this.emit('recovering', trouble);
      },
      recovered: (tookMs) => {
        this.#setState('joined');
        this.emit('recovered', { tookMs });
      },
    });
    this.#publisher.on('changed', () => this.emit('publications'));
    this.#publisher.on('error', (error) => this.emit('error', error));
    this.#receiver.on('stream', (stream) => this.emit('stream', stream));
    this.#receiver.on('stream-ended', (stream) => this.emit('stream-ended', stream));
    this.#receiver.on('error', (error) => this.emit('error', error));
  }

  get state(): CallState {
    return this.#state;
  }
  /** This participant's id; it stays over reconnections. Null before the join. */
  get participantId(): string | null {
    return this.#joined?.participant_id ?? null;
  }
  /** The id under which the server's log speaks of this call. */
  get callId(): string | null {
    return this.#joined?.call_id ?? null;
  }
  /** Proof of this participant's place, with which another `Call` can take it over; null before the join. */
  get resumeToken(): string | null {
    return this.#joined === null ? null : this.#entrance.resumeToken;
  }
  /** This participant as the others see him; null before the join. */
  get self(): Participant | null {
    return this.#talk.roster.self;
  }
  /** The others, in order of arrival. The same array until somebody comes, changes or leaves. */
  get participants(): readonly Participant[] {
    return this.#talk.roster.others;
  }
  /** Whether anybody else shows a picture: a camera or a screen that is not paused. */
  get someoneShows(): boolean {
    return this.participants.some(({ sources }) =>
      sources.some(({ kind, paused }) => kind === 'video' && !paused),
    );
  }
  /** Who is in the watched room; null where none is watched, and after the join. */
  get lobby(): readonly LobbyPerson[] | null {
    return this.#joined === null ? this.#lobby.people : null;
  }
  /** How many people the watched room takes; null before `watch`. */
  get roomSize(): number | null {
    return this.#lobby.roomSize;
  }
  /** What was written, oldest first. The same array until somebody writes. */
  get messages(): readonly ChatMessage[] {
    return this.#talk.messages;
  }
  /** The server's last measurements of this participant's network. */
  get network(): CallStatsEvent | null {
    return this.#network;
  }
  get streams(): readonly RemoteStream[] {
    return this.#receiver.streams;
  }
  get restriction(): CodecRestriction {
    return this.#entrance.wish?.restriction ?? null;
  }

  /** Whether the server has test networks; known once it is connected. */
  get canEmulate(): boolean {
    return this.#entrance.session?.emulation ?? false;
  }
  /** The test network that this participant's media goes through; null: none. */
  get emulated(): EmulatedNetwork | null {
    return this.#testNetwork.current;
  }

  /** The codec in which a source is sent now; null where it is not live. */
  sentCodec(source: SourceName): string | null {
    return this.#publisher.codecOf(source);
  }

  /**
   * Connects ahead of the join. Idempotent.
   *
   * @throws ClientError where the server cannot be reached or refuses
   */
  async connect(): Promise<void> {
    if (this.#ended) throw new CallClosed('the call is over');
    if (this.#state !== 'idle' && this.#state !== 'connecting') return;
    this.#setState('connecting');
    try {
      await this.#entrance.connected();
      this.#setStateFrom('connecting', 'ready');
    } catch (error) {
      this.#setStateFrom('connecting', 'idle');
      throw error;
    }
  }

  /**
   * Looks into a room before joining: `lobby` and `roomSize` tell, now and at each change, until the join.
   *
   * @throws AlreadyJoined, and ClientError as `connect`; RequestRefused where there is no such room
   */
  async watch(room: string): Promise<void> {
    if (this.#ended) throw new CallClosed('the call is over');
    await this.#lobby.watch(room);
  }

  /**
   * Enters the call. May be tried again after it failed.
   *
   * @throws ClientError: RequestRefused where the server refuses, ConnectionLost, RequestTimedOut
   */
  async join(options: JoinOptions): Promise<void> {
    if (this.#ended) throw new CallClosed('the call is over');
    this.#entrance.want(options);
    this.#publisher.restrict(options.restriction ?? null);
    this.#setState('joining');
    try {
      await this.#entrance.enter();
      this.#setStateFrom('joining', 'joined');
    } catch (error) {
      this.#setStateFrom('joining', this.#entrance.session === null ? 'idle' : 'ready');
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

  /**
   * Another device for a source that is published: nothing changes for the others. Works while the connection is lost, too.
   *
   * @throws NotPublished, UnusableTrack
   */
  replaceTrack(source: SourceName, track: MediaTrack): Promise<void> {
    return this.#publisher.replaceTrack(source, track);
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
   * How large a stream is shown, in device pixels; 0 x 0: not at all, and nothing of it is received then. Remembered for the
   * stream; may be called as often as sizes change.
   */
  view(stream: RemoteStream, size: ViewSize): void {
    this.#receiver.view(stream, size);
  }

  /**
   * Writes to everybody.
   *
   * @throws InvalidText, NotJoined (also while the connection is lost), ClientError
   */
  sendMessage(text: string): Promise<void> {
    return this.#talk.sendMessage(text);
  }

  /** Raises or lowers the hand. @throws NotJoined (also while the connection is lost), ClientError */
  setHand(raised: boolean): Promise<void> {
    return this.#talk.setHand(raised);
  }

  /** Shows everybody a reaction for a moment. @throws NotJoined (also while the connection is lost), ClientError */
  react(reaction: Reaction): Promise<void> {
    return this.#talk.react(reaction);
  }

  /**
   * Restricts what is sent and received to one video codec, or lifts the restriction. While the connection is lost it counts from
   * the return on.
   *
   * @throws NotJoined, ClientError
   */
  async restrict(restriction: CodecRestriction): Promise<void> {
    this.#entrance.restrict(restriction);
    const told = this.#talk.tellRestriction(restriction);
    this.#publisher.restrict(restriction);
    await told;
  }

  /**
   * Puts this participant's own media, both ways, into an emulated bad network, or takes it out (null). While the connection is lost it
   * counts from the return on.
   *
   * @throws NotJoined, ClientError: RequestRefused where the server has none (left)
   */
  emulate(network: EmulatedNetwork | null): Promise<void> {
    return this.#testNetwork.ask(network);
  }

  /** Figures of everything sent and received, over the time since the call before. One report for each direction. */
  async stats(): Promise<CallStats> {
    const [{ received, path: receivePath }, { sent, path: sendPath }] = await Promise.all([
      this.#receiver.stats().catch(() => ({ received: [], path: null })),
      this.#publisher.stats().catch(() => ({ sent: [], path: null })),
    ]);
    return { received, sent, receivePath, sendPath };
  }

  /**
   * The network may have changed or come back, or the device woke up: doubts the connection and repairs without waiting what is
   * broken. Harmless at any time.
   */
  checkNow(): void {
    if (this.#ended) return;
    this.#entrance.checkNow();
    this.#recovery.retryNow();
    this.#lobby.retryNow();
  }

  /** Leaves the call politely, then closes. Never throws. */
  async leave(): Promise<void> {
    if (this.#joined !== null && !this.#ended) await this.#entrance.leave();
    this.close();
  }

  /** Ends everything at once. Idempotent. */
  close(): void {
    this.#end('left', null);
  }

  #listen(session: Session): void {
    // What a session whose connection is gone says of its paths is nothing new.
    const isCurrent = (): boolean => this.#entrance.session === session;
    session.on('closed', (error) => this.#lost(session, error));
    session.on('joined', (joined) => this.#entered(session, joined));
    session.on('reset', ({ network }) => {
      this.#recovery.broke('media', 'media-reset');
      this.#testNetwork.told(network);
    });
    session.on('path-broken', (direction, trouble) => {
      if (!isCurrent()) return;
      this.#recovery.broke(direction, trouble);
      this.#entrance.fellSilent();
    });
    session.on('path-healed', (direction) => {
      if (isCurrent()) this.#recovery.healed(direction);
    });
    session.on('link', (link, cause) => this.#bind(link, cause));
    route(session.connection, {
      publisher: this.#publisher,
      receiver: this.#receiver,
      talk: this.#talk,
      lobby: this.#lobby,
      ended: (reason) => this.#end('ended', new CallEnded(reason)),
      network: (figures) => {
        this.#network = figures;
        this.emit('network', figures);
      },
    });
  }

  #entered(session: Session, joined: Joined): void {
    const isReturn = this.#joined !== null;
    this.#joined = joined;
    this.#entrance.resumeToken = joined.resume_token;
    this.#testNetwork.told(joined.network);
    this.#lobby.close();
    this.#talk.entered(joined, isReturn);
    this.#receiver.keepOnly(this.participants);
    this.emit('participants');
    if (this.#stale !== null && this.#stale !== session) this.#stale.close();
    this.#stale = null;
  }

  #bind(link: MediaLink, cause: 'join' | 'reset'): void {
    const isReturn = this.#recovery.isBroken;
    this.#link = link;
    this.#recovery.healed('send', 'receive');
    this.#receiver.bind(link);
    // Who joins wants to see first: making both directions at once would delay the pictures of the others by the time that
    // the own ones take. Who returns was missed.
    const first =
      cause === 'join' && !isReturn && this.someoneShows ? this.#receiver.firstPicture() : Promise.resolve();
    void this.#publisher.bind(link, first).then(() => {
      if (this.#link === link && !link.connection.closed) this.#recovery.healed('media', 'connection');
    });
  }

  /** The connection of a session is gone. */
  #lost(session: Session, error: ClientError | null): void {
    if (this.#ended || !this.#entrance.lose(session)) return;
    if (!session.entered) {
      // Nothing of the call hangs on it yet: whoever was joining with it is told by a rejected promise.
      session.close();
      this.#setStateFrom('ready', 'idle');
      this.#lobby.connectionLost();
      return;
    }
    this.#stale?.close();
    this.#stale = session;
    if (isTakenOver(error)) this.#end('taken-over', new TakenOver('the place was entered from elsewhere'));
    else if (isPermanent(error)) this.#end('refused', error);
    else this.#recovery.connectionLost(wasNoticedHere(error));
  }

  #end(code: EndCode, error: ClientError | null): void {
    if (this.#ended) return;
    this.#setState('closed');
    this.#recovery.close();
    this.#lobby.close();
    this.#talk.close();
    this.#publisher.close();
    this.#receiver.close();
    this.#stale?.close();
    this.#entrance.close();
    this.#stale = null;
    this.#link = null;
    this.emit('closed', code, error);
    this.removeAllListeners();
  }

  /** Of the session with which the call was entered; null: there is none now. */
  get #joinedConnection(): Connection | null {
    const { session } = this.#entrance;
    return session?.entered === true ? session.connection : null;
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
