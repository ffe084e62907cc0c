/**
 * A hardware decoder that is replaced by software where it fails: once, for good, at the access unit that it failed at.
 *
 * What will surprise you: software knows no picture from before, so until it has shown one that is intact everything is answered as
 * `corrupt`, without a picture, and never as an error: whoever asks for key frames where that is said gets one. Access units in
 * hardware's hands are kept until their answers are there, and are then decoded again, in order.
 */
import type { DecodedVideo, Rtp90k, VideoDecoder } from '../types.ts';
import { CodecBitstreamError } from '../errors.ts';
import type { NativeDecoder } from './decoder.ts';
import { FallbackCodec } from './fallback.ts';

interface Job {
  readonly accessUnit: Uint8Array;
  readonly timestampRtp90k: Rtp90k;
  readonly resolve: (decoded: DecodedVideo) => void;
  readonly reject: (error: unknown) => void;
}

export class FallbackDecoder extends FallbackCodec<VideoDecoder, NativeDecoder> implements VideoDecoder {
  readonly #openSecond: () => VideoDecoder;
  /** In hardware's hands, in order. */
  readonly #pending = new Set<Job>();
  /** Software has not shown an intact picture yet. */
  #isBlind = true;

  /**
   * @param openSecond software; called at most once that succeeds. What it throws leaves hardware's failure to the caller
   * @param onFailed hears each failure of hardware
   */
  constructor(first: NativeDecoder, openSecond: () => VideoDecoder, onFailed: (error: unknown) => void) {
    super(first, onFailed);
    this.#openSecond = openSecond;
  }

  decode(accessUnit: Uint8Array, timestampRtp90k: Rtp90k): Promise<DecodedVideo> {
    if (this.second !== undefined) return this.#bySecond(this.second, accessUnit, timestampRtp90k);
    return new Promise((resolve, reject) => {
      // A copy: the caller's bytes are his again as soon as this returns.
      const job: Job = { accessUnit: accessUnit.slice(), timestampRtp90k, resolve, reject };
      this.#pending.add(job);
      this.first.decode(accessUnit, timestampRtp90k).then(
        (decoded) => {
          if (this.#pending.delete(job)) resolve(decoded);
          // Software shows it, if it can.
          else decoded.frame?.close();
        },
        (error: unknown) => this.#jobFailed(job, error),
      );
    });
  }

  #jobFailed(job: Job, error: unknown): void {
    if (!this.#pending.has(job)) return;
    if (this.replace(error, this.#openSecond, (second) => this.#handOver(second))) return;
    this.#pending.delete(job);
    job.reject(error);
  }

  #handOver(second: VideoDecoder): void {
    for (const { accessUnit, timestampRtp90k, resolve, reject } of this.#pending) {
      this.#bySecond(second, accessUnit, timestampRtp90k).then(resolve, reject);
    }
    this.#pending.clear();
  }

  /** Always by way of the same number of promises, so that answers keep their order. */
  #bySecond(second: VideoDecoder, accessUnit: Uint8Array, timestampRtp90k: Rtp90k): Promise<DecodedVideo> {
    return second.decode(accessUnit, timestampRtp90k).then(
      (decoded) => this.#seen(decoded),
      (error: unknown) => {
        if (this.#isBlind && error instanceof CodecBitstreamError) return NOTHING_SEEN;
        throw error;
      },
    );
  }

  #seen(decoded: DecodedVideo): DecodedVideo {
    if (decoded.frame !== null && !decoded.corrupt) this.#isBlind = false;
    if (!this.#isBlind) return decoded;
    decoded.frame?.close();
    return { ...NOTHING_SEEN, decodeUs: decoded.decodeUs };
  }
}

const NOTHING_SEEN: DecodedVideo = { frame: null, corrupt: true, decodeUs: 0 };
