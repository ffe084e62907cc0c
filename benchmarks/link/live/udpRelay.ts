/**
 * One UDP port of a server, seen through a network that a test or bench controls: what the network does to packets is the path's to
 * decide, one for each direction.
 *
 * Each socket of the client (an address and a port) gets one socket towards the server, as a NAT does it (RFC 4787, address and
 * port-dependent filtering: only the server's answers come back).
 *
 * What will surprise you: packets that are on their way already arrive even if the network is cut meanwhile.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface UdpRelayOptions {
  /** Where the client sends to. */
  readonly address: string;
  /** 0: the system chooses. */
  readonly port: number;
  readonly target: { readonly address: string; readonly port: number };
}

/** Decides when, how often and whether a packet is passed on. */
export interface PacketPath {
  pass(packet: Buffer, forward: () => void): void;
}

export interface PathPair {
  /** From the client to the server. */
  readonly up: PacketPath;
  readonly down: PacketPath;
}

/** Room for a burst of key frames. */
const SOCKET_BUFFER_BYTES = 4_194_304;

export class UdpRelay {
  readonly #options: UdpRelayOptions;
  readonly #near: Socket;
  readonly #paths: PathPair;
  /** By the client's address and port; null: that socket's network is gone, and nothing of it passes. */
  readonly #flows = new Map<string, Promise<Socket> | null>();
  #sourceAddress: string;
  #cut = false;
  #cutPackets = 0;
  #closed = false;

  private constructor(options: UdpRelayOptions, sourceAddress: string, paths: PathPair) {
    this.#options = options;
    this.#sourceAddress = sourceAddress;
    this.#paths = paths;
    this.#near = newSocket();
    this.#near.on('message', (packet, { address, port }) => this.#outwards(packet, address, port));
  }

  /**
   * @param sourceAddress where its packets to the server come from
   * @throws the system's error where the address and port cannot be had
   */
  static async open(options: UdpRelayOptions, sourceAddress: string, paths: PathPair): Promise<UdpRelay> {
    const relay = new UdpRelay(options, sourceAddress, paths);
    relay.#near.bind(options.port, options.address);
    try {
      await once(relay.#near, 'listening');
    } catch (error) {
      relay.#near.close();
      throw error;
    }
    return relay;
  }

  /** Where the client sends to. */
  get port(): number {
    return this.#near.address().port;
  }

  /** That came while it was cut, both ways. */
  get cutPackets(): number {
    return this.#cutPackets;
  }

  setCut(cut: boolean): void {
    this.#cut = cut;
  }

  /** Packets to the server come from other ports of `sourceAddress` from now on, whichever socket sends them. */
  rebind(sourceAddress: string): void {
    this.#sourceAddress = sourceAddress;
    for (const [name, flow] of this.#flows) {
      if (flow === null) continue;
      this.#flows.delete(name);
      void flow.then((socket) => socket.close());
    }
  }

  /** Sockets that the client has used up to now reach nobody any more; new ones come from `sourceAddress`. */
  abandon(sourceAddress: string): void {
    const names = [...this.#flows.keys()];
    this.rebind(sourceAddress);
    for (const name of names) this.#flows.set(name, null);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const flows = [...this.#flows.values()];
    this.#flows.clear();
    this.#near.close();
    for (const flow of flows) (await flow)?.close();
  }

  #outwards(packet: Buffer, address: string, port: number): void {
    const name = `${address}:${port}`;
    let flow = this.#flows.get(name);
    if (flow === null) return;
    if (flow === undefined) {
      flow = this.#openFlow(address, port, name);
      this.#flows.set(name, flow);
    }
    const opened = flow;
    this.#pass(this.#paths.up, packet, () => {
      void opened.then((socket) => {
        // Closed by an address that changed since.
        if (this.#flows.get(name) === opened) socket.send(packet);
      });
    });
  }

  async #openFlow(address: string, port: number, name: string): Promise<Socket> {
    const { target } = this.#options;
    const far = newSocket();
    far.bind(0, this.#sourceAddress);
    await once(far, 'listening');
    far.connect(target.port, target.address);
    await once(far, 'connect');
    const opened = this.#flows.get(name);
    far.on('message', (packet) => {
      this.#pass(this.#paths.down, packet, () => {
        if (!this.#closed && this.#flows.get(name) === opened) this.#near.send(packet, port, address);
      });
    });
    return far;
  }

  #pass(path: PacketPath, packet: Buffer, forward: () => void): void {
    if (this.#cut) this.#cutPackets += 1;
    else path.pass(packet, forward);
  }
}

function newSocket(): Socket {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: SOCKET_BUFFER_BYTES,
    sendBufferSize: SOCKET_BUFFER_BYTES,
  });
  // A port at which nobody listens (a worker that was killed) answers with ICMP, which is no fault of ours.
  socket.on('error', () => undefined);
  return socket;
}
