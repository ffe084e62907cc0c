/**
 * One WebRTC transport of the call: mediasoup-client's half, its connect step, and the repair of its path (`PathRepair`).
 *
 * What will surprise you:
 * - The device's "connect" callback is answered at once, without waiting for the server's ACK: frames keep their order, so the
 *   server always hears of the DTLS parameters before anything that needs them, and a stream can be set up meanwhile. A
 *   refused connect step surfaces as a broken transport.
 * - The relays that the server named carry credentials that end, after hours. They come anew with every connection, which is
 *   what a restarted path without them leads to.
 * - Ownership: `close()` closes the mediasoup transport too, which closes its producers and consumers (they emit
 *   `transportclose`); `release()` leaves it to whoever was given it.
 */
import type { types } from 'mediasoup-client';
import type { IceServer, TransportOffer } from '../../signaling/messages/media.ts';
import { PlainAck, RestartIceAck } from '../../signaling/messages/requests.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Unsubscribe } from './emitter.ts';
import { type PathEvents, PathRepair } from './path-repair.ts';

type IceServers = NonNullable<types.TransportOptions['iceServers']>;

export interface TransportSettings {
  /** STUN and TURN servers, besides those that the server names. */
  readonly iceServers?: IceServers;
  /** Whether those that the server names are left out. @default false */
  readonly onlyOwnIceServers?: boolean;
  /** `relay`: media goes over TURN only. @default 'all' */
  readonly iceTransportPolicy?: NonNullable<types.TransportOptions['iceTransportPolicy']>;
}

/** The STUN and TURN servers to use: the server's, then one's own. */
export function iceServersOf(settings: TransportSettings, named: readonly IceServer[]): IceServers {
  const servers: IceServers =
    settings.onlyOwnIceServers === true ? [] : named.map((server) => ({ ...server }));
  return [...servers, ...(settings.iceServers ?? [])];
}

/** How long after a refused connect step new transports may still arrive. */
const CONNECT_PATIENCE_MS = 5_000;

export class CallTransport {
  readonly transport: types.Transport;
  readonly #repair: PathRepair;
  readonly #stopListening: Unsubscribe;

  /** @param iceServers Those that the server named; `settings` says whether they are used. */
  constructor(
    direction: 'send' | 'receive',
    device: types.Device,
    offer: TransportOffer,
    connection: Connection,
    clock: Clock,
    settings: TransportSettings,
    iceServers: readonly IceServer[],
    events: PathEvents,
  ) {
    const options: types.TransportOptions = {
      id: offer.transport_id,
      iceParameters: offer.ice_parameters,
      iceCandidates: offer.ice_candidates,
      dtlsParameters: offer.dtls_parameters,
      iceServers: iceServersOf(settings, iceServers),
      ...(settings.iceTransportPolicy === undefined
        ? {}
        : { iceTransportPolicy: settings.iceTransportPolicy }),
    };
    const transport =
      direction === 'send' ? device.createSendTransport(options) : device.createRecvTransport(options);
    this.transport = transport;
    const repair = new PathRepair(clock, events, async () => {
      const ack = await connection.request(
        'TRANSPORT_UPDATE',
        { op: 'restart-ice', transport_id: transport.id },
        RestartIceAck,
      );
      if (!repair.closed) await transport.restartIce({ iceParameters: ack.ice_parameters });
    });
    this.#repair = repair;
    // Without a connection nothing can be repaired here; the call makes a new one, and with it new transports.
    this.#stopListening = connection.on('closed', () => repair.close());
    transport.on('connect', ({ dtlsParameters }, done) => {
      void connection
        .request(
          'TRANSPORT_UPDATE',
          { op: 'connect', transport_id: transport.id, dtls_parameters: dtlsParameters },
          PlainAck,
        )
        // A server that is about to reset the transports refuses; a lost connection is its owner's business.
        .catch(() => repair.doomed(CONNECT_PATIENCE_MS, 'the connect step was refused'));
      done();
    });
    transport.on('connectionstatechange', (state) => repair.stateChanged(state));
  }

  /** Repairs the path without waiting, where it needs it. */
  checkNow(): void {
    this.#repair.checkNow();
  }

  /** Stops repairing and closes the device's half. Idempotent. */
  close(): void {
    this.release();
    this.transport.close();
  }

  /** Stops repairing and leaves the device's half to somebody else. Idempotent. */
  release(): void {
    this.#stopListening();
    this.#repair.close();
  }
}
