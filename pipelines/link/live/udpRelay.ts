/**
 * One UDP port of a server, seen through a network that is emulated: what the network does to packets is the path's to decide, one
 * for each direction.
 *
 * Each socket of the client (an address and a port) gets one socket towards the server, as a NAT does it (RFC 4787, address and
 * port-dependent filtering: only the server's answers come back).
 *
 * What will surprise you:
 * - Packets that are on their way already arrive even if the network is cut meanwhile.
 * - Anybody may send to it: so it keeps at most {@link MAX_FLOWS} sockets, and gives up the oldest of those that the server never answered.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

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

/** What one socket of the client has towards the server. */
interface Flow {
  /** Null: the system has none left. */
  readonly socket: Promise<Socket | null>;
  answered: boolean;
}

/** Room for a burst of key frames. */
const SOCKET_BUFFER_BYTES = 4_194_304;
/** A browser has a socket for each interface and transport. */
const MAX_FLOWS = 32;

export class UdpRelay {
  readonly #options: UdpRelayOptions;
  readonly #near: Socket;
  readonly #paths: PathPair;
  /** By the client's address and port; null: that socket's network is gone, and nothing of it passes. */
  readonly #flows = new Map<string, Flow | null>();
  #sourceAddress: string | null;
  #cut = false;
  #cutPackets = 0;
  #closed = false;

  private constructor(options: UdpRelayOptions, sourceAddress: string | null, paths: PathPair) {
    this.#options = options;
    this.#sourceAddress = sourceAddress;
    this.#paths = paths;
    this.#near = newSocket(options.address);
    this.#near.on('message', (packet, { address, port }) => this.#outwards(packet, address, port));
  }

  /**
   * @param sourceAddress where its packets to the server come from; null: from the server's own address
   * @throws the system's error where the address and port cannot be had
   */
  static async open(
    options: UdpRelayOptions,
    sourceAddress: string | null,
    paths: PathPair,
  ): Promise<UdpRelay> {
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
      void flow.socket.then((socket) => socket?.close());
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
    for (const flow of flows) (await flow?.socket)?.close();
  }

  #outwards(packet: Buffer, address: string, port: number): void {
    const name = `${address}:${port}`;
    if (this.#flows.get(name) === null) return;
    const flow = this.#flows.get(name) ?? this.#openFlow(address, port, name);
    if (flow === null) return;
    this.#pass(this.#paths.up, packet, () => {
      void flow.socket.then((socket) => {
        // Closed by an address that changed since.
        if (this.#flows.get(name) === flow) socket?.send(packet);
      });
    });
  }

  /** @returns null: there are too many */
  #openFlow(address: string, port: number, name: string): Flow | null {
    if (!this.#makeRoom()) return null;
    const flow: Flow = { socket: this.#connect().catch(() => null), answered: false };
    this.#flows.set(name, flow);
    void flow.socket.then((far) => {
      if (far === null && this.#flows.get(name) === flow) this.#flows.delete(name);
      far?.on('message', (packet) => {
        flow.answered = true;
        this.#pass(this.#paths.down, packet, () => {
          if (!this.#closed && this.#flows.get(name) === flow) this.#near.send(packet, port, address);
        });
      });
    });
    return flow;
  }

  #makeRoom(): boolean {
    const open = [...this.#flows].flatMap(([name, flow]) => (flow === null ? [] : [{ name, flow }]));
    if (open.length < MAX_FLOWS) return true;
    const idle = open.find(({ flow }) => !flow.answered);
    if (idle === undefined) return false;
    this.#flows.delete(idle.name);
    void idle.flow.socket.then((socket) => socket?.close());
    return true;
  }

  async #connect(): Promise<Socket> {
    const { target } = this.#options;
    const far = newSocket(target.address);
    far.bind(0, this.#sourceAddress ?? target.address);
    await once(far, 'listening');
    far.connect(target.port, target.address);
    await once(far, 'connect');
    return far;
  }

  #pass(path: PacketPath, packet: Buffer, forward: () => void): void {
    if (this.#cut) this.#cutPackets += 1;
    else path.pass(packet, forward);
  }
}

function newSocket(address: string): Socket {
  const socket = createSocket({
    type: isIPv6(address) ? 'udp6' : 'udp4',
    recvBufferSize: SOCKET_BUFFER_BYTES,
    sendBufferSize: SOCKET_BUFFER_BYTES,
  });
  // A port at which nobody listens (a worker that was killed) answers with ICMP, which is no fault of ours.
  socket.on('error', () => undefined);
  return socket;
}
