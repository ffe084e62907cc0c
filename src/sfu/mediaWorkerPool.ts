/**
 * The media workers of this server. A slot whose process died gets a new one at once, and with growing delays when it keeps
 * dying. Sessions are placed on the process that has the fewest; who owns a session hears `died` on its process.
 */
import type { HardwarePolicy } from '../../codecs/types.ts';
import { PAYLOAD_CODECS, type PayloadCodec, type WorkerCodec } from '../../pipelines/ipc.ts';
import type { Logger } from '../observe/logger.ts';
import type { Clock } from '../time/clock.ts';
import { WakeUps } from '../time/wakeUps.ts';
import { MediaWorkerGoneError, MediaWorkerProcess } from './mediaWorkerProcess.ts';

/** Room for one session on a process; `release` gives it back, once. */
export interface MediaWorkerPlace {
  readonly process: MediaWorkerProcess;
  readonly release: () => void;
}

interface Slot {
  process: MediaWorkerProcess | null;
  /** Starts that failed or did not last, in a row. */
  failures: number;
  startedAtMs: number;
}

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 10_000;
/** A process that lived this long was no failed start. */
const STABLE_AFTER_MS = 30_000;

export class MediaWorkerPool {
  readonly #slots: Slot[];
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #codecThreads: number;
  readonly #softwareH264: boolean;
  readonly #hardware: HardwarePolicy;
  readonly #sessions = new Map<MediaWorkerProcess, number>();
  readonly #cancelRestarts = new Set<() => void>();
  readonly #starts: WakeUps;
  #codecs: readonly WorkerCodec[] = [];
  #transcodable: readonly TranscodablePair[] = [];
  #closed = false;

  private constructor(options: MediaWorkerPoolOptions) {
    this.#logger = options.logger;
    this.#clock = options.clock;
    this.#starts = new WakeUps(options.clock);
    this.#codecThreads = options.codecThreads;
    this.#softwareH264 = options.softwareH264;
    this.#hardware = options.hardware;
    this.#slots = Array.from({ length: options.processes }, () => ({
      process: null,
      failures: 0,
      startedAtMs: 0,
    }));
  }

  /** @throws MediaWorkerGoneError when one does not start: waiting would not help */
  static async start(options: MediaWorkerPoolOptions): Promise<MediaWorkerPool> {
    const pool = new MediaWorkerPool(options);
    try {
      await Promise.all(pool.#slots.map((slot) => pool.#startSlot(slot)));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /** Whether this server was set up to transcode at all. */
  get enabled(): boolean {
    return this.#slots.length > 0;
  }

  /** From which codec to which: what a media worker that started last can decode and encode. It stays while all are down. */
  get transcodable(): readonly TranscodablePair[] {
    return this.#transcodable;
  }

  /** What the media worker that started last says of its codec engine; it stays while all are down, empty before the first. */
  get codecs(): readonly WorkerCodec[] {
    return this.#codecs;
  }

  get pids(): readonly number[] {
    return this.#slots.flatMap(({ process }) => process?.pid ?? []);
  }

  get startedProcesses(): number {
    return this.#slots.filter(({ process }) => process?.state === 'started').length;
  }

  /**
   * Reserves a place for one session on the process that has the fewest.
   * @throws MediaWorkerGoneError when none runs within `waitMs`
   */
  async place(waitMs: number): Promise<MediaWorkerPlace> {
    const deadlineMs = this.#clock.nowMs() + waitMs;
    for (;;) {
      const chosen = this.#slots
        .flatMap(({ process }) => (process?.state === 'started' ? [process] : []))
        .sort((a, b) => (this.#sessions.get(a) ?? 0) - (this.#sessions.get(b) ?? 0))[0];
      if (chosen !== undefined) {
        this.#sessions.set(chosen, (this.#sessions.get(chosen) ?? 0) + 1);
        let held = true;
        return {
          process: chosen,
          release: () => {
            const count = this.#sessions.get(chosen);
            if (held && count !== undefined) this.#sessions.set(chosen, count - 1);
            held = false;
          },
        };
      }
      const leftMs = deadlineMs - this.#clock.nowMs();
      if (this.#closed || !this.enabled || leftMs <= 0) {
        throw new MediaWorkerGoneError('no media worker is running');
      }
      await this.#starts.wait(leftMs);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#cancelRestarts) cancel();
    this.#cancelRestarts.clear();
    this.#starts.wakeAll();
    await Promise.all(this.#slots.flatMap(({ process }) => (process === null ? [] : [process.close()])));
  }

  async #startSlot(slot: Slot): Promise<void> {
    const process = new MediaWorkerProcess({
      logger: this.#logger,
      clock: this.#clock,
      codecThreads: this.#codecThreads,
      softwareH264: this.#softwareH264,
      hardware: this.#hardware,
    });
    slot.process = process;
    slot.startedAtMs = this.#clock.nowMs();
    try {
      await process.start();
    } catch (error) {
      slot.process = null;
      throw error;
    }
    this.#codecs = process.codecs;
    this.#transcodable = pairsOf(process.codecs);
    process.once('died', () => {
      this.#sessions.delete(process);
      slot.process = null;
      const lived = this.#clock.nowMs() - slot.startedAtMs;
      if (lived > STABLE_AFTER_MS) slot.failures = 0;
      this.#restart(slot);
    });
    this.#starts.wakeAll();
  }

  #restart(slot: Slot): void {
    if (this.#closed) return;
    const delayMs =
      slot.failures === 0 ? 0 : Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (slot.failures - 1));
    slot.failures += 1;
    const cancel = this.#clock.after(delayMs, () => {
      this.#cancelRestarts.delete(cancel);
      this.#startSlot(slot).catch((error: unknown) => {
        this.#logger.error({ error: String(error) }, 'media worker did not start');
        this.#restart(slot);
      });
    });
    this.#cancelRestarts.add(cancel);
  }
}

export interface MediaWorkerPoolOptions {
  readonly processes: number;
  readonly codecThreads: number;
  readonly softwareH264: boolean;
  readonly hardware: HardwarePolicy;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface TranscodablePair {
  readonly from: PayloadCodec;
  readonly to: PayloadCodec;
}

/** Every way from a codec that can be decoded to another that can be encoded. */
export function pairsOf(codecs: readonly WorkerCodec[]): readonly TranscodablePair[] {
  const can = (codec: PayloadCodec, direction: 'encode' | 'decode'): boolean =>
    codecs.some((one) => one.codec === codec && one.direction === direction && one.missing === null);
  return PAYLOAD_CODECS.filter((from) => can(from, 'decode')).flatMap((from) =>
    PAYLOAD_CODECS.filter((to) => to !== from && can(to, 'encode')).map((to) => ({ from, to })),
  );
}
