/**
 * The mediasoup workers: one process for each core, each with one UDP and one TCP port (`WebRtcServer`).
 *
 * A slot is `starting`, `started` or `closed`. A worker that dies is replaced in its slot, on the same port; its routers are
 * gone, and whoever owns one hears mediasoup's `workerclose` on it and asks for another. Closing the pool closes the
 * workers, and those their servers and routers.
 */
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import type { Logger } from '../observe/logger.ts';
import type { Clock } from '../time/clock.ts';
import { WakeUps } from '../time/wakeUps.ts';
import { ROUTER_CODECS } from './routerCodecs.ts';

export interface WorkerPoolOptions {
  readonly workers: number;
  readonly workerBin: string;
  readonly listen: readonly { readonly ip: string; readonly announcedAddress?: string | undefined }[];
  /** Beside an announced address, tell clients the machine's own, too: a relay on this machine gets there by that. */
  readonly exposeInternalIp: boolean;
  /** Port of the first worker's server; 0: any. */
  readonly firstPort: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface PlacedRouter {
  readonly router: types.Router;
  readonly webRtcServer: types.WebRtcServer;
  readonly workerPid: number;
}

interface Slot {
  readonly index: number;
  state: 'starting' | 'started' | 'closed';
  worker: types.Worker | null;
  webRtcServer: types.WebRtcServer | null;
  /** Routers of the worker that runs now; a new set with each worker. */
  routers: Set<types.Router>;
  /** Routers being created, so that two requests at once do not choose the same worker. */
  pending: number;
}

/** No mediasoup worker runs just now; ask again when one was replaced. */
export class NoWorkerError extends Error {
  readonly code = 'NO_WORKER';
  override readonly name = 'NoWorkerError';
}

/** A worker that dies at every start is not restarted faster than this. */
const RESTART_DELAY_MS = 1000;
/** Room for a burst of key frames to many receivers; the kernel's default holds about 150 packets. */
const SOCKET_BUFFER_BYTES = 4_194_304;

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots: Slot[];
  readonly #starts: WakeUps;
  #closed = false;
  readonly #cancelRestarts = new Set<() => void>();

  private constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#starts = new WakeUps(options.clock);
    this.#slots = Array.from({ length: options.workers }, (_, index) => ({
      index,
      state: 'starting',
      worker: null,
      webRtcServer: null,
      routers: new Set(),
      pending: 0,
    }));
  }

  /** @throws when a worker does not start at all: the binary or a port is wrong, and waiting will not help */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    try {
      await Promise.all(pool.#slots.map((slot) => pool.#startSlot(slot)));
    } catch (error) {
      pool.close();
      throw error;
    }
    return pool;
  }

  get workerPids(): readonly number[] {
    return this.#slots.flatMap(({ worker }) => (worker === null ? [] : [worker.pid]));
  }

  get startedWorkers(): number {
    return this.#slots.filter(({ state }) => state === 'started').length;
  }

  /**
   * A router on the worker that has the fewest.
   * @throws NoWorkerError when none runs within `waitMs`
   */
  async createRouter(waitMs: number): Promise<PlacedRouter> {
    const deadlineMs = this.#options.clock.nowMs() + waitMs;
    for (;;) {
      const slot = this.#slots
        .filter(({ state }) => state === 'started')
        .sort((a, b) => load(a) - load(b))[0];
      if (slot?.worker && slot.webRtcServer) {
        const { worker, webRtcServer, routers } = slot;
        slot.pending += 1;
        try {
          const router = await worker.createRouter({ mediaCodecs: ROUTER_CODECS });
          routers.add(router);
          router.observer.once('close', () => routers.delete(router));
          return { router, webRtcServer, workerPid: worker.pid };
        } catch (error) {
          if (!worker.closed) throw error;
        } finally {
          slot.pending -= 1;
        }
      }
      const leftMs = deadlineMs - this.#options.clock.nowMs();
      if (this.#closed || leftMs <= 0) throw new NoWorkerError('no mediasoup worker is running');
      await this.#starts.wait(leftMs);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of this.#cancelRestarts) cancel();
    for (const slot of this.#slots) {
      slot.state = 'closed';
      slot.worker?.close();
    }
    this.#starts.wakeAll();
  }

  async #startSlot(slot: Slot): Promise<void> {
    slot.state = 'starting';
    const { workerBin, listen, firstPort, exposeInternalIp, logger } = this.#options;
    const worker = await mediasoup.createWorker({ workerBin, logLevel: 'warn' });
    try {
      const first = await worker.createWebRtcServer({
        listenInfos: listen.flatMap(({ ip, announcedAddress }) =>
          (['udp', 'tcp'] as const).map((protocol) => ({
            protocol,
            ip,
            ...(announcedAddress === undefined
              ? {}
              : { announcedAddress, exposeInternalIp: exposeInternalIp && !isWildcard(ip) }),
            ...(firstPort === 0 ? {} : { port: firstPort + slot.index }),
            sendBufferSize: SOCKET_BUFFER_BYTES,
            recvBufferSize: SOCKET_BUFFER_BYTES,
          })),
        ),
      });
      if (this.#closed) {
        worker.close();
        return;
      }
      slot.worker = worker;
      slot.webRtcServer = first;
    } catch (error) {
      worker.close();
      throw error;
    }
    worker.on('died', (error) => {
      logger.error({ workerPid: worker.pid, error: error.message }, 'mediasoup worker died, replacing it');
      slot.worker = null;
      slot.webRtcServer = null;
      slot.routers = new Set();
      if (!this.#closed) this.#restart(slot, 0);
    });
    slot.state = 'started';
    logger.info({ workerPid: worker.pid, slot: slot.index }, 'mediasoup worker started');
    this.#starts.wakeAll();
  }

  #restart(slot: Slot, delayMs: number): void {
    slot.state = 'starting';
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#cancelRestarts.delete(cancel);
      this.#startSlot(slot).catch((error: unknown) => {
        this.#options.logger.error(
          { slot: slot.index, error: String(error) },
          'mediasoup worker did not start',
        );
        if (!this.#closed) this.#restart(slot, RESTART_DELAY_MS);
      });
    });
    this.#cancelRestarts.add(cancel);
  }
}

/** Every address: it cannot be told to anybody. */
function isWildcard(ip: string): boolean {
  return ip === '0.0.0.0' || ip === '::';
}

function load(slot: Slot): number {
  return slot.routers.size + slot.pending;
}
