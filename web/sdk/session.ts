/**
 * One stay in a call over one connection: HELLO, JOIN, the two transports, and their replacement when the server resets them.
 * `Call` makes a new session for every reconnection.
 *
 * What will surprise you:
 * - `link` is emitted while the ACK of JOIN is handled, before the offers behind it, and again after a reset: whoever publishes
 *   or receives binds to the newest link. The sending transport of before is closed right after.
 * - The receiving transport belongs to whoever binds to the link (`Receiver`), because closing it would turn pictures black
 *   before their successors show.
 * - Ownership: owns the connection and the sending transport. `close()` is idempotent and closes the sending transport (and
 *   with it every producer), then the connection. A connection that is lost leaves both transports as they are.
 */
import type { types } from 'mediasoup-client';
import { channelId } from '../../signaling/frames/index.ts';
import type { IceServer, RtpCapabilities, TransportOffer } from '../../signaling/messages/media.ts';
import type { TransportUpdateEvent } from '../../signaling/messages/notifications.ts';
import { JoinAck, PlainAck, type RequestInput } from '../../signaling/messages/requests.ts';
import type * as v from 'valibot';
import { toDeviceCapabilities } from './capabilities.ts';
import type { Clock } from './clock.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { Emitter } from './emitter.ts';
import { type ClientError, PathHopeless } from './errors.ts';
import { CallTransport, type TransportSettings } from './transport.ts';

/** Where streams are published and received now. */
export interface MediaLink {
  readonly connection: Connection;
  readonly device: types.Device;
  readonly send: types.Transport;
  readonly receive: types.Transport;
}

export type Joined = v.InferOutput<typeof JoinAck>;

export interface SessionEvents {
  /** The call was entered: handled before any offer that follows. */
  joined: [Joined];
  link: [MediaLink, 'join' | 'reset'];
  /** The server replaced what carries the media. */
  reset: [TransportUpdateEvent];
  'path-broken': ['send' | 'receive', 'path-interrupted' | 'path-failed'];
  'path-healed': ['send' | 'receive'];
  closed: [ClientError | null];
}

export interface SessionOptions extends ConnectionOptions {
  /** A fresh mediasoup-client device; loaded by the session. */
  readonly createDevice: () => types.Device;
  readonly transport: TransportSettings;
}

export class Session extends Emitter<SessionEvents> {
  readonly connection: Connection;
  readonly device: types.Device;
  readonly #clock: Clock;
  readonly #settings: TransportSettings;
  #send: CallTransport | null = null;
  #receive: CallTransport | null = null;
  #iceServers: readonly IceServer[] = [];
  #entered = false;
  #emulation = false;
  #closed = false;

  constructor(options: SessionOptions) {
    super();
    this.#clock = options.clock;
    this.#settings = options.transport;
    this.device = options.createDevice();
    this.connection = new Connection(options);
    this.connection.on('closed', (error) => this.emit('closed', error));
    this.connection.on('TRANSPORT_UPDATE', (event) => {
      this.emit('reset', event);
      this.#build(event.send_transport, event.receive_transport, 'reset');
    });
  }

  /** Whether the call was entered over this session. */
  get entered(): boolean {
    return this.#entered;
  }

  /** Whether the server has test networks; known once it is connected. */
  get emulation(): boolean {
    return this.#emulation;
  }

  /**
   * Connects, says HELLO and loads the device: all of it may be done before the user decides to join.
   *
   * @throws ClientError where the server cannot be reached or refuses
   */
  async connect(): Promise<void> {
    const hello = await this.connection.connect();
    this.#iceServers = hello.ice_servers;
    this.#emulation = hello.emulation;
    const capabilities: RtpCapabilities = hello.router_rtp_capabilities;
    await this.device.load({
      routerRtpCapabilities: toDeviceCapabilities(capabilities),
      preferLocalCodecsOrder: false,
    });
  }

  /**
   * Enters the call: one round trip.
   *
   * @throws ClientError where the connection is lost or the server refuses
   */
  async join(request: RequestInput<'JOIN'>): Promise<void> {
    await this.connection.request('JOIN', request, JoinAck, (ack) => {
      this.connection.channel = channelId(ack.channel);
      this.#entered = true;
      this.emit('joined', ack);
      this.#build(ack.send_transport, ack.receive_transport, 'join');
    });
  }

  /** Repairs paths that are broken without waiting. */
  repairNow(): void {
    this.#send?.checkNow();
    this.#receive?.checkNow();
  }

  /** Tells the server that this participant leaves. @throws ClientError */
  async leave(): Promise<void> {
    await this.connection.request('LEAVE', {}, PlainAck);
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#send?.close();
    this.#receive?.release();
    this.connection.close();
    this.removeAllListeners();
  }

  #build(send: TransportOffer, receive: TransportOffer, cause: 'join' | 'reset'): void {
    this.#receive?.release();
    const oldSend = this.#send;
    const make = (direction: 'send' | 'receive', offer: TransportOffer): CallTransport =>
      new CallTransport(
        direction,
        this.device,
        offer,
        this.connection,
        this.#clock,
        this.#settings,
        this.#iceServers,
        {
          broken: (trouble) => this.emit('path-broken', direction, trouble),
          healed: () => this.emit('path-healed', direction),
          // Closing makes the call reconnect, which is the next stronger repair.
          hopeless: (reason) => this.connection.fail(new PathHopeless(reason)),
        },
      );
    const sendTransport = make('send', send);
    const receiveTransport = make('receive', receive);
    this.#send = sendTransport;
    this.#receive = receiveTransport;
    this.emit(
      'link',
      {
        connection: this.connection,
        device: this.device,
        send: sendTransport.transport,
        receive: receiveTransport.transport,
      },
      cause,
    );
    oldSend?.close();
  }
}
