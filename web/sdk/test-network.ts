/**
 * The test network of this participant: an emulated bad network that the server puts between itself and his media, for him to see what
 * becomes of the call. It ends with his stay, and comes back with him after a lost connection.
 *
 * What will surprise you: the server may take it away, or not have one any more when a call is entered again; what it says counts.
 */
import { type EmulatedNetwork, PlainAck } from '../../signaling/messages/requests.ts';
import type { Connection } from './connection.ts';

export interface TestNetworkActions {
  /** Of the joined call; null: there is none now. */
  readonly connection: () => Connection | null;
  /** The call is entered with this from now on. @throws NotJoined */
  readonly want: (network: EmulatedNetwork | null) => void;
  readonly changed: (network: EmulatedNetwork | null) => void;
}

export class TestNetwork {
  readonly #actions: TestNetworkActions;
  #current: EmulatedNetwork | null = null;

  constructor(actions: TestNetworkActions) {
    this.#actions = actions;
  }

  /** Null: none. */
  get current(): EmulatedNetwork | null {
    return this.#current;
  }

  /**
   * Without a connection it counts from the return on.
   * @throws NotJoined, ClientError
   */
  async ask(network: EmulatedNetwork | null): Promise<void> {
    const connection = this.#actions.connection();
    this.#actions.want(network);
    if (connection === null) return;
    try {
      await connection.request('TRANSPORT_UPDATE', { op: 'emulate', network }, PlainAck);
    } catch (error) {
      this.#actions.want(this.#current);
      throw error;
    }
    this.told(network);
  }

  /** The server says what is. */
  told(network: EmulatedNetwork | null): void {
    this.#actions.want(network);
    if (network === this.#current) return;
    this.#current = network;
    this.#actions.changed(network);
  }
}
