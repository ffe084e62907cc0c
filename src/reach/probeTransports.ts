/**
 * Transports of the connection test: each shows one client whether ICE and DTLS get through to this server, and carries nothing.
 *
 * Each has a router of its own on one of mediasoup's workers, so that it answers on the same ports as media does. It ends with
 * the next one of its connection, with its connection, when the client's DTLS says goodbye, and after `LIFETIME_MS` in any case.
 */
import type { types } from 'mediasoup';
import { ProtocolError } from '../../signaling/errors.ts';
import type { DtlsParameters, TransportOffer } from '../../signaling/messages/media.ts';
import { transportOffer } from '../rooms/callMedia.ts';
import type { Probes } from '../session/probes.ts';
import { NoWorkerError, type WorkerPool } from '../sfu/workerPool.ts';
import type { Clock } from '../time/clock.ts';

export interface ProbeTransportsOptions {
  readonly workers: Pick<WorkerPool, 'createRouter'>;
  readonly clock: Clock;
}

interface OpenProbe {
  readonly router: types.Router;
  readonly transport: types.WebRtcTransport;
  readonly cancel: () => void;
}

/** More than any ICE needs; a test takes six seconds for each path at the most. */
const LIFETIME_MS = 20_000;
/** Of all connections together: a probe costs a router, and nobody needs one to be in a call. */
const MAX_AT_ONCE = 32;
const WORKER_WAIT_MS = 2000;

/** All probing transports of a server. */
export class ProbeTransports {
  readonly #options: ProbeTransportsOptions;
  readonly #open = new Set<ConnectionProbes>();
  /** Open, or being opened. */
  #count = 0;

  constructor(options: ProbeTransportsOptions) {
    this.#options = options;
  }

  /** Probing transports that are open or being opened. */
  get size(): number {
    return this.#count;
  }

  /** Those of one connection. */
  forConnection(): Probes {
    const probes = new ConnectionProbes(this.#options, {
      take: () => {
        if (this.#count >= MAX_AT_ONCE) throw new ProtocolError('RateLimited', 'too many connection tests');
        this.#count += 1;
        this.#open.add(probes);
      },
      giveBack: () => {
        this.#count -= 1;
        this.#open.delete(probes);
      },
    });
    return probes;
  }

  close(): void {
    for (const probes of [...this.#open]) probes.close();
  }
}

interface Places {
  /** @throws ProtocolError RateLimited */
  take(): void;
  giveBack(): void;
}

class ConnectionProbes implements Probes {
  readonly #options: ProbeTransportsOptions;
  readonly #places: Places;
  #current: OpenProbe | null = null;
  #isOpening = false;
  #closed = false;

  constructor(options: ProbeTransportsOptions, places: Places) {
    this.#options = options;
    this.#places = places;
  }

  async open(protocol: 'udp' | 'tcp'): Promise<TransportOffer> {
    if (this.#closed) throw new ProtocolError('InvalidState', 'the connection test is over');
    if (this.#isOpening) throw new ProtocolError('InvalidState', 'one probe at a time');
    this.#end();
    this.#places.take();
    this.#isOpening = true;
    try {
      return await this.#make(protocol);
    } catch (error) {
      this.#places.giveBack();
      if (error instanceof NoWorkerError) throw new ProtocolError('MediaUnavailable', error.message);
      throw error;
    } finally {
      this.#isOpening = false;
    }
  }

  async connect(transportId: string, dtlsParameters: DtlsParameters): Promise<void> {
    const transport = this.#current?.transport;
    if (transport?.id !== transportId) throw new ProtocolError('NotFound', 'no such probe');
    try {
      await transport.connect({ dtlsParameters });
    } catch (error) {
      throw new ProtocolError('InvalidMessage', error instanceof Error ? error.message : String(error));
    }
  }

  close(): void {
    this.#closed = true;
    this.#end();
  }

  /** @throws NoWorkerError, ProtocolError InvalidState where it was closed meanwhile */
  async #make(protocol: 'udp' | 'tcp'): Promise<TransportOffer> {
    const { workers, clock } = this.#options;
    const { router, webRtcServer } = await workers.createRouter(WORKER_WAIT_MS);
    try {
      const transport = await router.createWebRtcTransport({
        webRtcServer,
        enableUdp: protocol === 'udp',
        enableTcp: protocol === 'tcp',
      });
      if (this.#closed) throw new ProtocolError('InvalidState', 'the connection test is over');
      const probe: OpenProbe = { router, transport, cancel: clock.after(LIFETIME_MS, () => this.#end()) };
      this.#current = probe;
      const endThis = (): void => {
        if (this.#current === probe) this.#end();
      };
      router.on('workerclose', endThis);
      transport.on('dtlsstatechange', (state) => {
        if (state === 'closed' || state === 'failed') endThis();
      });
      return transportOffer(transport);
    } catch (error) {
      router.close();
      throw error;
    }
  }

  #end(): void {
    const probe = this.#current;
    if (probe === null) return;
    this.#current = null;
    probe.cancel();
    probe.router.close();
    this.#places.giveBack();
  }
}
