/**
 * A hardware encoder that is replaced by software where it fails: once, for good, at the picture that it failed at.
 *
 * What will surprise you: every picture in hardware's hands is kept until its answer is there, and from the first failure on all of
 * them are encoded again, in order, whatever hardware still answers: the first one as a key frame, so nothing after it may refer to what
 * hardware had before.
 */
import type {
  EncodeOptions,
  EncodedVideo,
  VideoEncoder,
  VideoEncoderChange,
  VideoEncoderConfig,
  VideoFrame,
} from '../types.ts';
import type { NativeEncoder } from './encoder.ts';
import { FallbackCodec } from './fallback.ts';
import { NativeFrame } from './frame.ts';

interface Job {
  /** A reference of our own. */
  readonly frame: NativeFrame;
  readonly options: EncodeOptions;
  /** Settings travel with each job. */
  readonly config: VideoEncoderConfig;
  readonly resolve: (encoded: EncodedVideo | null) => void;
  readonly reject: (error: unknown) => void;
}

export class FallbackEncoder extends FallbackCodec<NativeEncoder, NativeEncoder> implements VideoEncoder {
  readonly #openSecond: (config: VideoEncoderConfig) => NativeEncoder;
  /** In hardware's hands, in order. */
  readonly #pending = new Set<Job>();
  #config: VideoEncoderConfig;

  /**
   * @param config what `first` was made with
   * @param openSecond software; called at most once that succeeds. What it throws leaves hardware's failure to the caller
   * @param onFailed hears each failure of hardware
   */
  constructor(
    first: NativeEncoder,
    config: VideoEncoderConfig,
    openSecond: (config: VideoEncoderConfig) => NativeEncoder,
    onFailed: (error: unknown) => void,
  ) {
    super(first, onFailed);
    this.#config = config;
    this.#openSecond = openSecond;
  }

  encode(frame: VideoFrame, options: EncodeOptions = {}): Promise<EncodedVideo | null> {
    // What is no picture of ours is refused in the usual words.
    if (this.second !== undefined || !(frame instanceof NativeFrame)) {
      return this.working.encode(frame, options);
    }
    return new Promise((resolve, reject) => {
      const job: Job = { frame: frame.share(), options, config: this.#config, resolve, reject };
      this.#pending.add(job);
      this.first.encode(frame, options).then(
        (encoded) => {
          if (this.#settle(job)) resolve(encoded);
        },
        (error: unknown) => this.#jobFailed(job, error),
      );
    });
  }

  update(change: VideoEncoderChange): void {
    this.working.update(change);
    this.#config = { ...this.#config, ...change };
  }

  /** @returns false where software has taken the job over meanwhile */
  #settle(job: Job): boolean {
    if (!this.#pending.delete(job)) return false;
    job.frame.close();
    return true;
  }

  #jobFailed(job: Job, error: unknown): void {
    if (!this.#pending.has(job)) return;
    const { config } = job;
    const open = (): NativeEncoder => this.#openSecond(config);
    if (this.replace(error, open, (second) => this.#handOver(second, config))) return;
    if (this.#settle(job)) job.reject(error);
  }

  #handOver(second: NativeEncoder, config: VideoEncoderConfig): void {
    let set = config;
    let keyFrame = true;
    for (const job of this.#pending) {
      if (job.config !== set) second.update(job.config);
      set = job.config;
      second
        .encode(job.frame, keyFrame ? { ...job.options, keyFrame } : job.options)
        .then(job.resolve, job.reject);
      job.frame.close();
      keyFrame = false;
    }
    this.#pending.clear();
    if (set !== this.#config) second.update(this.#config);
  }
}
