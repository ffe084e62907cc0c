/** The open WebSockets of a listener, and whether one more may come. No timers: time is an argument. */
import { ProtocolError } from '../errors.ts';
import { clientKey } from './address.ts';
import type { ManagedConnection } from './connection.ts';
import type { ListenerLimits } from './limits.ts';

/** Gives a place back; idempotent. */
export type ReleasePlace = () => void;

export class ConnectionTable {
  readonly #limits: ListenerLimits;
  readonly #perClient = new Map<string, number>();
  readonly #connections = new Set<ManagedConnection>();
  #places = 0;

  constructor(limits: ListenerLimits) {
    this.#limits = limits;
  }

  /** Open connections. */
  get size(): number {
    return this.#connections.size;
  }

  /**
   * Takes a place for a WebSocket, before anything is decided about it.
   * @throws {ProtocolError} ServerFull, TooManyConnections
   */
  reserve(remoteAddress: string): ReleasePlace {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    if (this.#places >= maxConnections) {
      throw new ProtocolError('ServerFull', `${maxConnections} connections are open`);
    }
    const key = clientKey(remoteAddress);
    const ofClient = this.#perClient.get(key) ?? 0;
    if (ofClient >= maxConnectionsPerAddress) {
      throw new ProtocolError(
        'TooManyConnections',
        `${maxConnectionsPerAddress} connections from ${key} are open`,
      );
    }
    this.#places += 1;
    this.#perClient.set(key, ofClient + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#places -= 1;
      const left = (this.#perClient.get(key) ?? 1) - 1;
      if (left === 0) this.#perClient.delete(key);
      else this.#perClient.set(key, left);
    };
  }

  add(connection: ManagedConnection): void {
    this.#connections.add(connection);
  }

  delete(connection: ManagedConnection): void {
    this.#connections.delete(connection);
  }

  /** Pings the silent, cuts the dead. */
  sweep(nowMs: number): void {
    for (const connection of [...this.#connections]) connection.checkSilence(nowMs);
  }

  /** Starts the closing handshake with everybody. */
  closeAll(): void {
    for (const connection of [...this.#connections]) connection.close(1001, 'the server is closing');
  }

  terminateAll(): void {
    for (const connection of [...this.#connections]) connection.terminate();
  }
}
