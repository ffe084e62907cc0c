/**
 * One native engine seen from JavaScript: jobs in flight, and the socket that says when some are done.
 *
 * The wake-up is a socket pair read by a net.Socket: one byte comes when the native list of completions goes from empty to
 * not empty, and everything is then drained with one call. koffi's own poll handle on an eventfd would spare the read, but
 * calls back outside Node's callback scope, so promises settled there would not run until some other event came by.
 */
import net from 'node:net';
import type { LiveObjects, Rtp90k } from '../types.ts';
import type { CodecError } from '../errors.ts';
import { CodecClosedError } from '../errors.ts';
import type { ShimLibrary } from './library.ts';
import { COMPLETED, COMPLETION_FIELDS, MAX_SPATIAL_LAYERS } from './library.ts';
import { NativeFrame } from './frame.ts';
import { errorFromStatus } from './status.ts';

const DRAIN_BATCH = 64;

/** What came of one job that did not fail. */
export interface Completion {
  readonly flags: number;
  readonly frame: NativeFrame | null;
  readonly data: Uint8Array | null;
  readonly width: number;
  readonly height: number;
  readonly timestampRtp90k: Rtp90k;
  readonly quantiser: number;
  readonly workUs: number;
  readonly temporalLayer: number;
  /** Of each spatial layer in `data`; null where there is one layer. */
  readonly layerBytes: readonly number[] | null;
  readonly samples: number;
}

interface PendingJob {
  readonly action: string;
  readonly done: (completion: Completion) => void;
  readonly failed: (error: CodecError) => void;
}

/** Owns the native engine and its wake-up socket. */
export class NativeCore {
  readonly library: ShimLibrary;
  /** The engine's handle, as every call of the library needs it. */
  readonly handle: number;
  readonly #socket: net.Socket;
  readonly #pending = new Map<number, PendingJob>();
  readonly #completions = new Float64Array(COMPLETION_FIELDS * DRAIN_BATCH);
  readonly #live = new Int32Array(6);
  #closed = false;
  #onEnded: (() => void) | undefined;

  /** @throws {CodecError} where threads or the socket pair cannot be made */
  constructor(library: ShimLibrary, threads: number) {
    this.library = library;
    const wakeFd = new Int32Array(1);
    this.handle = this.check(library.engineCreate(threads, wakeFd), 'start the codec engine');
    const [fd] = wakeFd;
    this.#socket = new net.Socket({
      ...(fd === undefined ? {} : { fd }),
      readable: true,
      writable: false,
      onread: {
        buffer: new Uint8Array(16),
        callback: () => {
          this.#drain();
          return true;
        },
      },
    });
    this.#socket.unref();
  }

  /** Passes a handle, job id or count on; throws where the library answered an error. */
  check(result: number, action: string): number {
    if (result < 0) throw errorFromStatus(result, action);
    return result;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Has `done` or `failed` called, later and once, for a job that was just submitted.
   * @param job what the library answered: a job id, or an error, which is thrown
   * @throws {CodecError} where the job was refused; neither function is called then
   */
  whenDone(
    job: number,
    action: string,
    done: (completion: Completion) => void,
    failed: (error: CodecError) => void,
  ): void {
    this.check(job, action);
    // Only work in hand keeps the process alive.
    if (this.#pending.size === 0) this.#socket.ref();
    this.#pending.set(job, { action, done, failed });
  }

  liveObjects(): LiveObjects {
    if (this.#closed) return { frames: 0, encoders: 0, decoders: 0, converters: 0, jobs: 0 };
    this.check(this.library.engineLiveObjects(this.handle, this.#live), 'count live objects');
    const [frames = 0, encoders = 0, decoders = 0, jobs = 0, , converters = 0] = this.#live;
    return { frames, encoders, decoders, converters, jobs };
  }

  /** Ends the threads after their running jobs, then frees all native memory, frames still open included. */
  async close(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.#onEnded = resolve;
    });
    this.#socket.ref();
    this.check(this.library.engineClose(this.handle), 'close the codec engine');
    await ended;
    this.#closed = true;
    this.library.engineDestroy(this.handle);
    this.#socket.destroy();
    for (const job of this.#pending.values()) {
      job.failed(new CodecClosedError(`${job.action}: the engine was closed`));
    }
    this.#pending.clear();
  }

  #drain(): void {
    let count: number;
    do {
      count = this.library.drain(this.handle, this.#completions, DRAIN_BATCH);
      for (let i = 0; i < count; i++) this.#settle(i * COMPLETION_FIELDS);
    } while (count === DRAIN_BATCH);
    if (this.#pending.size === 0 && this.#onEnded === undefined) this.#socket.unref();
  }

  /**
   * Takes everything that one completion brings out of native memory, whether anybody waits for it or not. Runs for every
   * picture, so it reads field by field: destructuring a typed array costs several times as much.
   */
  #settle(at: number): void {
    const fields = this.#completions;
    const job = fields[at] ?? 0;
    const status = fields[at + 1] ?? 0;
    const flags = fields[at + 3] ?? 0;
    const frame = fields[at + 4] ?? 0;
    const timestampRtp90k = (fields[at + 7] ?? 0) as Rtp90k;
    const output = fields[at + 8] ?? 0;
    const width = fields[at + 5] ?? 0;
    const height = fields[at + 6] ?? 0;
    const picture = frame === 0 ? null : new NativeFrame(this, frame, width, height, timestampRtp90k);
    const data = output === 0 ? null : this.#takeOutput(output, fields[at + 9] ?? 0);
    const pending = this.#pending.get(job);
    this.#pending.delete(job);
    if ((flags & COMPLETED.engineEnded) !== 0) this.#onEnded?.();
    if (pending === undefined) picture?.close();
    else if (status < 0) pending.failed(errorFromStatus(status, pending.action, fields[at + 2]));
    else {
      pending.done({
        flags,
        frame: picture,
        data,
        width,
        height,
        timestampRtp90k,
        quantiser: fields[at + 10] ?? 0,
        workUs: fields[at + 11] ?? 0,
        temporalLayer: fields[at + 12] ?? 0,
        layerBytes: this.#layerBytes(at + 13),
        samples: fields[at + 16] ?? 0,
      });
    }
  }

  #layerBytes(at: number): readonly number[] | null {
    const sizes = this.#completions.subarray(at, at + MAX_SPATIAL_LAYERS);
    const highest = sizes.findLastIndex((size) => size > 0);
    return highest < 0 ? null : [...sizes.subarray(0, highest + 1)];
  }

  #takeOutput(output: number, bytes: number): Uint8Array {
    const data = new Uint8Array(bytes);
    this.check(this.library.outputTake(this.handle, output, data, bytes), 'copy encoded video');
    return data;
  }
}
