/**
 * The way into a call: makes sessions, one at a time, and enters the call with them, at first and again after each loss.
 *
 * What will surprise you:
 * - Several who want a connection at the same moment get the same one.
 * - A return names the place that the call had (`resume`), which the server then gives back, or takes from a connection that it does not know
 *   to be dead. A server that cannot make anything of the name, for example after its secret was changed, gives a new place.
 * - A connection in doubt gets a rival (`Spare`), with which a return begins where the rival was quicker.
 * - Owns the keep-alive, the spare, and the session until it is lost (`lose` hands it to the caller); `close()` is idempotent.
 */
import * as v from 'valibot';
import type { CodecRestriction } from '../../signaling/messages/media.ts';
import { type EmulatedNetwork, ResumeToken } from '../../signaling/messages/requests.ts';
import type { CallOptions, JoinOptions } from './call-types.ts';
import { PREFERRED_VIDEO, sendableVideo, toWireCapabilities } from './capabilities.ts';
import type { Clock } from './clock.ts';
import { CallClosed, NotJoined } from './errors.ts';
import { KeepAlive } from './keep-alive.ts';
import { Session } from './session.ts';
import { Spare, type SpareSession } from './spare.ts';

/** What the call is entered with, each time. */
export interface Wish extends Required<JoinOptions> {
  /** The test network to be in; null: none. */
  readonly network: EmulatedNetwork | null;
}

export interface EntranceEvents {
  /** A session was made and is about to connect: to be listened to. */
  made(session: Session): void;
  /** The device slept. */
  woke(): void;
}

/** How long leaving waits for the server's answer. */
const LEAVE_PATIENCE_MS = 1_000;
/** How long a doubtful connection may be silent: longer than round trips and retransmissions on bad networks. */
const DOUBT_PATIENCE_MS = 2_000;
/** The same where nothing but silence raised the doubt. */
const SILENCE_PATIENCE_MS = 3_000;
/** How long the second connection may take to open. */
const SPARE_OPEN_TIMEOUT_MS = 5_000;

export class Entrance {
  readonly #options: CallOptions;
  readonly #clock: Clock;
  readonly #events: EntranceEvents;
  #keepAlive: KeepAlive | null = null;
  #wish: Wish | null = null;
  #session: Session | null = null;
  /** The session that is being connected, or with which the call is being entered again. */
  #attempt: Session | null = null;
  #connecting: Promise<Session> | null = null;
  #spare: Spare | null = null;
  #closed = false;
  /** Proof of the place to come back to. */
  resumeToken: string | null = null;

  constructor(options: CallOptions, clock: Clock, events: EntranceEvents) {
    this.#options = options;
    this.#clock = clock;
    this.#events = events;
  }

  /** The connected session. */
  get session(): Session | null {
    return this.#session;
  }
  /** What the call is entered with; null until somebody wants to. */
  get wish(): Wish | null {
    return this.#wish;
  }

  /** The session that is connected, or the one being connected, or a new one. @throws ClientError */
  async connected(openTimeoutMs?: number): Promise<Session> {
    if (this.#session !== null) return this.#session;
    this.#connecting ??= this.#open(openTimeoutMs).finally(() => {
      this.#connecting = null;
      this.#attempt = null;
    });
    return await this.#connecting;
  }

  /** From now on the call is entered with this. */
  want(options: JoinOptions): void {
    this.#wish = { restriction: null, resume: null, network: null, ...options };
    // A stranger's text in a page's storage shall not keep anybody out.
    this.resumeToken = v.is(ResumeToken, this.#wish.resume) ? this.#wish.resume : null;
  }

  /** @throws NotJoined where nothing is wanted yet */
  restrict(restriction: CodecRestriction): void {
    if (this.#wish === null) throw new NotJoined('join first');
    this.#wish = { ...this.#wish, restriction };
  }

  /** @throws NotJoined where nothing is wanted yet */
  emulate(network: EmulatedNetwork | null): void {
    if (this.#wish === null) throw new NotJoined('join first');
    this.#wish = { ...this.#wish, network };
  }

  /** Enters for the first time; a refusal leaves the connection as it is. @throws NotJoined, ClientError */
  async enter(): Promise<void> {
    await this.#join(await this.connected());
  }

  /** Enters again; what fails, fails with its connection. @throws NotJoined, ClientError */
  async reenter(openTimeoutMs: number): Promise<void> {
    const session = await this.connected(openTimeoutMs);
    this.#attempt = session;
    try {
      await this.#join(session);
    } catch (error) {
      this.lose(session);
      session.close();
      throw error;
    } finally {
      this.#attempt = null;
    }
  }

  /** Gives up the attempt under way, which then fails. */
  abandon(): void {
    this.#attempt?.close();
  }

  /** A session is of no use any more; whoever says so closes it. @returns Whether it was the connected one. */
  lose(session: Session): boolean {
    if (this.#session !== session) return false;
    this.#session = null;
    return true;
  }

  /** Doubts the connection, and repairs broken paths without waiting. */
  checkNow(): void {
    this.#session?.repairNow();
    this.#doubt(DOUBT_PATIENCE_MS);
  }

  /** Nothing comes any more, of the server's words or of the media: is the connection alive? */
  fellSilent(): void {
    this.#doubt(SILENCE_PATIENCE_MS);
  }

  /** Tells the server that this participant leaves, where there is a connection. Never throws, and takes a moment at most. */
  async leave(): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(LEAVE_PATIENCE_MS, resolve);
      const stop = (): void => {
        cancel();
        resolve();
      };
      session.leave().then(stop, stop);
    });
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#keepAlive?.close();
    this.#spare?.close();
    this.#attempt?.close();
    this.#session?.close();
    this.#session = null;
  }

  #doubt(patienceMs: number): void {
    const session = this.#session;
    if (session === null) return;
    session.connection.probe(patienceMs);
    // Who has not entered has no place to lose, and time.
    if (!session.entered || this.#spare?.over === false) return;
    this.#spare = new Spare(session, this.#clock, () => this.#make(SPARE_OPEN_TIMEOUT_MS));
  }

  async #open(openTimeoutMs: number | undefined): Promise<Session> {
    const { session, ready } = this.#spare?.take() ?? this.#make(openTimeoutMs);
    this.#attempt = session;
    this.#session = await ready;
    this.#keepAlive ??= new KeepAlive(this.#clock, () => this.#session?.connection.lastReceivedMs ?? null, {
      silent: () => this.fellSilent(),
      woke: () => this.#events.woke(),
    });
    return this.#session;
  }

  #make(openTimeoutMs: number | undefined): SpareSession {
    const { open, createDevice, requestTimeoutMs, client, transport } = this.#options;
    const session = new Session({
      open,
      createDevice,
      clock: this.#clock,
      transport: transport ?? {},
      ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
      ...(openTimeoutMs === undefined ? {} : { openTimeoutMs }),
      ...(client === undefined ? {} : { client }),
    });
    this.#events.made(session);
    return { session, ready: this.#connect(session) };
  }

  async #connect(session: Session): Promise<Session> {
    try {
      await session.connect();
      if (this.#closed) throw new CallClosed('the call is over');
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  async #join(session: Session): Promise<void> {
    const wish = this.#wish;
    if (wish === null) throw new NotJoined('no room was named');
    const request = {
      room: wish.room,
      name: wish.name,
      receive: toWireCapabilities(session.device.recvRtpCapabilities),
      send_video: sendableVideo(session.device, this.#options.preferredCodecs ?? PREFERRED_VIDEO),
      restriction: wish.restriction,
      network: wish.network,
    };
    const resume = this.resumeToken;
    await session.join(resume === null ? request : { ...request, resume });
  }
}
