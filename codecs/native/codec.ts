/** What encoders and decoders have in common: a native context, jobs in flight, one way to close. */
import type { CodecInfo } from '../types.ts';
import { MAX_QUEUED_JOBS } from '../types.ts';
import { CodecClosedError, CodecQueueFullError } from '../errors.ts';
import type { Completion, NativeCore } from './core.ts';

export abstract class NativeCodec {
  readonly info: CodecInfo;
  protected readonly core: NativeCore;
  protected readonly handle: number;
  /** How error messages begin. */
  protected readonly action: string;
  readonly #onClosed: (codec: NativeCodec) => void;
  #jobs = 0;
  #closing: Promise<void> | undefined;

  /** Takes over the context that `handle` stands for. */
  constructor(
    core: NativeCore,
    handle: number,
    info: CodecInfo,
    onClosed: (codec: NativeCodec) => void,
    action = `${info.direction} ${info.codec}`,
  ) {
    this.core = core;
    this.handle = handle;
    this.info = info;
    this.action = action;
    this.#onClosed = onClosed;
  }

  get queuedJobs(): number {
    return this.#jobs;
  }

  /** Waits for the running job off the event loop; queued jobs reject with `CodecClosedError`. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** @throws {CodecClosedError} after `close()` */
  protected assertOpen(): void {
    if (this.#closing !== undefined || this.core.closed) throw new CodecClosedError(`${this.action}: closed`);
  }

  /**
   * Submits a job; what `submit` or the library throws rejects the promise. One promise a job and no `async` layers: this
   * runs for every picture.
   * @param submit checks the arguments and calls the library, answers a job id or an error
   * @param result turns what came back into what the caller waits for
   */
  protected job<T>(submit: () => number, result: (completion: Completion) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#assertRoom();
      const finished = (): void => {
        this.#jobs--;
      };
      this.core.whenDone(
        submit(),
        this.action,
        (completion) => {
          finished();
          resolve(result(completion));
        },
        (error) => {
          finished();
          reject(error);
        },
      );
      this.#jobs++;
    });
  }

  /** Settings for the jobs that are submitted from now on. @throws {CodecParameterError} where the library cannot meet them */
  protected applySettings(settings: Int32Array): void {
    const status = this.core.library.codecUpdate(this.core.handle, this.handle, settings);
    this.core.check(status, `change the settings of ${this.action}`);
  }

  /** By what the caller has been told is finished, so that the answer does not depend on how fast the threads are. */
  #assertRoom(): void {
    this.assertOpen();
    if (this.#jobs >= MAX_QUEUED_JOBS) {
      throw new CodecQueueFullError(`${this.action}: ${this.#jobs} jobs are queued already`);
    }
  }

  #close(): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = this.core.library.codecClose(this.core.handle, this.handle);
      const closed = (): void => {
        this.#onClosed(this);
        resolve();
      };
      this.core.whenDone(id, `close ${this.action}`, closed, reject);
    });
  }
}
