/**
 * One WebRTC transport of the call: mediasoup-client's half, its connect step, and its repair when the path breaks.
 *
 * What will surprise you:
 * - The device's "connect" callback is answered at once, without waiting for the server's ACK: frames keep their order, so the
 *   server always hears of the DTLS parameters before anything that needs them, and a stream can be set up meanwhile. A
 *   refused connect step surfaces as a broken transport.
 * - Repair is an ICE restart (RFC 8445 section 2.4): at once after `failed`, shortly after `disconnected`, which often heals
 *   by itself. After a few vain tries the transport is hopeless, and its owner must reconnect.
 * - Ownership: `close()` closes the mediasoup transport too, which closes its producers and consumers (they emit
 *   `transportclose`); `release()` leaves it to whoever was given it.
 */
import type { types } from 'mediasoup-client';
import type { TransportOffer } from '../../signaling/messages/media.ts';
import { PlainAck, RestartIceAck } from '../../signaling/messages/requests.ts';
import type { CancelTimer, Clock } from './clock.ts';
import type { Connection } from './connection.ts';

export interface TransportSettings {
  readonly iceServers?: NonNullable<types.TransportOptions['iceServers']>;
  readonly iceTransportPolicy?: NonNullable<types.TransportOptions['iceTransportPolicy']>;
}

export interface TransportEvents {
  /** The path broke, or came back. */
  broken(reason: string): void;
  healed(): void;
  /** Nothing helped. */
  hopeless(reason: string): void;
}

/** `disconnected` heals by itself within this time, or an ICE restart begins. */
const DISCONNECTED_GRACE_MS = 800;
/** How long a restarted path may take to come back, before the next try. */
const RESTART_PATIENCE_MS = 4_000;
const MAX_RESTARTS = 3;
/** How long after a refused connect step new transports may still arrive. */
const CONNECT_PATIENCE_MS = 5_000;

export class CallTransport {
  readonly transport: types.Transport;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #events: TransportEvents;
  #cancelTimer: CancelTimer = () => undefined;
  #restarts = 0;
  #broken = false;
  #closed = false;

  constructor(
    direction: 'send' | 'receive',
    device: types.Device,
    offer: TransportOffer,
    connection: Connection,
    clock: Clock,
    settings: TransportSettings,
    events: TransportEvents,
  ) {
    this.#connection = connection;
    this.#clock = clock;
    this.#events = events;
    const options: types.TransportOptions = {
      id: offer.transport_id,
      iceParameters: offer.ice_parameters,
      iceCandidates: offer.ice_candidates,
      dtlsParameters: offer.dtls_parameters,
      ...settings,
    };
    this.transport =
      direction === 'send' ? device.createSendTransport(options) : device.createRecvTransport(options);
    this.transport.on('connect', ({ dtlsParameters }, done) => {
      void connection
        .request(
          'TRANSPORT_UPDATE',
          { op: 'connect', transport_id: this.transport.id, dtls_parameters: dtlsParameters },
          PlainAck,
        )
        // A server that is about to reset the transports refuses; a lost connection is its owner's business.
        .catch(() => this.#later(CONNECT_PATIENCE_MS, () => this.#giveUp('the connect step was refused')));
      done();
    });
    this.transport.on('connectionstatechange', (state) => this.#stateChanged(state));
  }

  /** Stops repairing and closes the device's half. Idempotent. */
  close(): void {
    this.release();
    this.transport.close();
  }

  /** Stops repairing and leaves the device's half to somebody else. Idempotent. */
  release(): void {
    this.#closed = true;
    this.#cancelTimer();
  }

  #stateChanged(state: types.ConnectionState): void {
    if (this.#closed) return;
    if (state === 'connected') {
      this.#cancelTimer();
      this.#restarts = 0;
      if (this.#broken) {
        this.#broken = false;
        this.#events.healed();
      }
    } else if (state === 'disconnected') {
      this.#break('The network path was interrupted.');
      this.#later(DISCONNECTED_GRACE_MS, () => this.#restart());
    } else if (state === 'failed') {
      this.#break('The network path failed.');
      this.#cancelTimer();
      this.#restart();
    }
  }

  #break(reason: string): void {
    this.#broken = true;
    this.#events.broken(reason);
  }

  #restart(): void {
    if (this.#closed || this.#connection.closed) return;
    if (this.#restarts >= MAX_RESTARTS) {
      this.#giveUp('the network path could not be repaired');
      return;
    }
    this.#restarts += 1;
    this.#later(RESTART_PATIENCE_MS, () => this.#restart());
    this.#connection
      .request('TRANSPORT_UPDATE', { op: 'restart-ice', transport_id: this.transport.id }, RestartIceAck)
      .then(async (ack) => {
        if (!this.#closed) await this.transport.restartIce({ iceParameters: ack.ice_parameters });
      })
      // Refused, or overtaken by a close: the patience timer tries again or gives up.
      .catch(() => undefined);
  }

  #giveUp(reason: string): void {
    if (this.#closed) return;
    this.#cancelTimer();
    this.#events.hopeless(reason);
  }

  #later(delayMs: number, fire: () => void): void {
    this.#cancelTimer();
    if (this.#closed || this.#connection.closed) return;
    this.#cancelTimer = this.#clock.after(delayMs, fire);
  }
}
