/**
 * The UDP half of a participant's network: one port of the server, seen through a network that a test controls.
 *
 * Each socket of the browser (an address and a port) gets one socket towards the server, as a NAT does it (RFC 4787, address and
 * port-dependent filtering: only the server's answers come back).
 *
 * What will surprise you: packets that wait out a delay are passed on even if the network is cut meanwhile: they were under way.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface UdpRelayOptions {
  /** Where the browser sends to. */
  readonly address: string;
  readonly port: number;
  readonly target: { readonly address: string; readonly port: number };
}

export interface PacketFate {
  /** Share of packets that get lost, each way, 0 to 1. */
  readonly loss: number;
  readonly delayMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Room for a burst of key frames. */
const SOCKET_BUFFER_BYTES = 4_194_304;

export class UdpRelay {
  readonly #options: UdpRelayOptions;
  readonly #near: Socket;
  readonly #fate: () => PacketFate;
  /** By the browser's address and port; null: that socket's network is gone, and nothing of it passes. */
  readonly #flows = new Map<string, Promise<Socket> | null>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #sourceAddress: string;
  #cut = false;
  #closed = false;

  private constructor(options: UdpRelayOptions, sourceAddress: string, fate: () => PacketFate) {
    this.#options = options;
    this.#sourceAddress = sourceAddress;
    this.#fate = fate;
    this.#near = newSocket();
    this.#near.on('message', (packet, { address, port }) => this.#outwards(packet, address, port));
  }

  /**
   * @param sourceAddress where its packets to the server come from
   * @throws the system's error where the address and port cannot be had
   */
  static async open(
    options: UdpRelayOptions,
    sourceAddress: string,
    fate: () => PacketFate,
  ): Promise<UdpRelay> {
    const relay = new UdpRelay(options, sourceAddress, fate);
    relay.#near.bind(options.port, options.address);
    await once(relay.#near, 'listening');
    return relay;
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

  /** Sockets that the browser has used up to now reach nobody any more; new ones come from `sourceAddress`. */
  abandon(sourceAddress: string): void {
    const names = [...this.#flows.keys()];
    this.rebind(sourceAddress);
    for (const name of names) this.#flows.set(name, null);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
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
    this.#pass(() => {
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
      this.#pass(() => {
        if (!this.#closed && this.#flows.get(name) === opened) this.#near.send(packet, port, address);
      });
    });
    return far;
  }

  #pass(send: () => void): void {
    if (this.#cut) return;
    const { loss, delayMs, random } = this.#fate();
    if (loss > 0 && random() < loss) return;
    if (delayMs === 0) {
      send();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#closed) send();
    }, delayMs);
    this.#timers.add(timer);
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
