/**
 * What a hardware codec and the software behind it share, encoding as well as decoding: which of the two works, and the change from the
 * first to the second, once and for good.
 *
 * What will surprise you: the first one is closed only when everything that it had was given to the second, and its end is waited for
 * where the engine ends, too.
 */
import type { CodecFallback, CodecInfo } from '../types.ts';
import { CodecLibraryError } from '../errors.ts';

interface Replaceable {
  readonly info: CodecInfo;
  readonly queuedJobs: number;
  close(): Promise<void>;
}

export abstract class FallbackCodec<Codec extends Replaceable, First extends Codec> {
  protected readonly first: First;
  readonly #onFailed: (error: unknown) => void;
  #second: Codec | undefined;
  #fallback: CodecFallback | null = null;
  #closing: Promise<void> | undefined;

  /** @param onFailed hears each failure of hardware */
  constructor(first: First, onFailed: (error: unknown) => void) {
    this.first = first;
    this.#onFailed = onFailed;
  }

  get info(): CodecInfo {
    return this.working.info;
  }

  get fallback(): CodecFallback | null {
    return this.#fallback;
  }

  get queuedJobs(): number {
    return this.working.queuedJobs;
  }

  close(): Promise<void> {
    this.#closing ??= Promise.all([this.first.close(), this.#second?.close()]).then(() => undefined);
    return this.#closing;
  }

  /** Software, once hardware has failed. */
  protected get second(): Codec | undefined {
    return this.#second;
  }

  protected get working(): Codec {
    return this.#second ?? this.first;
  }

  /**
   * Hardware failed at a job.
   * @param open makes software; what it throws leaves hardware's failure to the caller
   * @param handOver gives it what hardware had, this job among it
   * @returns false where it is the caller's: no fault of hardware, or nothing is there in its place
   */
  protected replace(error: unknown, open: () => Codec, handOver: (second: Codec) => void): boolean {
    if (!(error instanceof CodecLibraryError)) return false;
    this.#onFailed(error);
    if (this.#closing !== undefined) return false;
    let second: Codec;
    try {
      second = open();
    } catch {
      return false;
    }
    this.#second = second;
    this.#fallback = { from: this.first.info.name, to: second.info.name, reason: error.message };
    handOver(second);
    // It has nothing more to say; the engine's end waits for it as well.
    this.first.close().catch(this.#onFailed);
    return true;
  }
}
