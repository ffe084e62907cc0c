/**
 * One UDP socket on loopback with a port that the system chooses, talking to one peer. Datagrams from anybody else never
 * reach the session.
 *
 * What will surprise you: the socket is not connected in the kernel's sense, because then strangers' datagrams would vanish
 * uncounted.
 */
import dgram from 'node:dgram';
import { EventEmitter } from 'node:events';

/** Several large key frames; the kernel allows what `net.core.rmem_max` and `wmem_max` say. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
const LOCAL_ADDRESS = '127.0.0.1';

export interface UdpPeer {
  readonly ip: string;
  readonly port: number;
}

export interface UdpPortEvents {
  datagram: [datagram: Uint8Array];
  foreign: [];
  /** The socket is lost. */
  failed: [error: Error];
}

export class UdpPort extends EventEmitter<UdpPortEvents> {
  readonly localPort: number;
  readonly #socket: dgram.Socket;
  readonly #peer: UdpPeer;
  #closing: Promise<void> | null = null;
  #sendFailures = 0;

  private constructor(socket: dgram.Socket, peer: UdpPeer) {
    super();
    this.#socket = socket;
    this.#peer = peer;
    this.localPort = socket.address().port;
    socket.on('message', (datagram, from) => {
      if (from.port === peer.port && from.address === peer.ip) this.emit('datagram', datagram);
      else this.emit('foreign');
    });
    socket.on('error', (error) => void this.emit('failed', error));
  }

  /** Binds the socket. Rejects with the system's error where none can be had. */
  static async open(peer: UdpPeer): Promise<UdpPort> {
    const socket = dgram.createSocket({
      type: 'udp4',
      recvBufferSize: SOCKET_BUFFER_BYTES,
      sendBufferSize: SOCKET_BUFFER_BYTES,
      // The peer is an address, never a name: nothing to look up.
      lookup: (address, _options, callback) => callback(null, address, 4),
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: LOCAL_ADDRESS, port: 0 }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    return new UdpPort(socket, peer);
  }

  /** Datagrams that the kernel refused. */
  get sendFailures(): number {
    return this.#sendFailures;
  }

  /** Sends in order; a datagram that the kernel refuses is counted and lost, as on any network. */
  send(datagrams: readonly Uint8Array[]): void {
    if (this.#closing !== null) return;
    for (const datagram of datagrams) {
      this.#socket.send(datagram, this.#peer.port, this.#peer.ip, (error) => {
        if (error !== null) this.#sendFailures++;
      });
    }
  }

  /** Datagrams handed over before still leave. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => this.#socket.close(resolve));
    return this.#closing;
  }
}
