/**
 * An H.264 decoder that goes over to the second library where the first cannot be trusted with the stream.
 *
 * What will surprise you: the sequence parameter set decides, before anything of it is decoded, so no picture from the key frame on
 * is lost. openh264 keeps constrained baseline, which it decodes to the bit and at once; of pictures in another order than they
 * were sent it gets some wrong, and it refuses interlace and other profiles (docs/codecs.md). Having gone over, a decoder stays.
 */
import type { CodecInfo, DecodedVideo, Rtp90k, VideoDecoder } from '../types.ts';
import type { NativeDecoder } from './decoder.ts';

const START_CODE = Buffer.of(0, 0, 1);
const SEQUENCE_PARAMETER_SET = 7;
/** ITU-T H.264 annex A.2.1: no B slices, no interlace, no CABAC. */
const BASELINE_PROFILE_IDC = 66;

/** `profile_idc` of the parameter sets before the first slice (table 7-1); most access units have none. */
function profilesOf(accessUnit: Uint8Array): number[] {
  const bytes = Buffer.from(accessUnit.buffer, accessUnit.byteOffset, accessUnit.byteLength);
  const profiles: number[] = [];
  for (let at = bytes.indexOf(START_CODE); at >= 0; at = bytes.indexOf(START_CODE, at + 3)) {
    const type = (bytes[at + 3] ?? 0) & 31;
    if (type >= 1 && type <= 5) break;
    const profile = bytes[at + 4];
    if (type === SEQUENCE_PARAMETER_SET && profile !== undefined) profiles.push(profile);
  }
  return profiles;
}

export class H264Decoder implements VideoDecoder {
  /** Going over to the other library is no failure. */
  readonly fallback = null;
  readonly #first: NativeDecoder;
  readonly #openSecond: () => NativeDecoder;
  #second: NativeDecoder | undefined;
  /** The first decoder's latest job; then that everything of it was answered, and it is closed. */
  #firstDone: Promise<unknown> = Promise.resolve();

  /** @param openSecond called once, when a stream needs it */
  constructor(first: NativeDecoder, openSecond: () => NativeDecoder) {
    this.#first = first;
    this.#openSecond = openSecond;
  }

  /** Of the library that decodes now. */
  get info(): CodecInfo {
    return (this.#second ?? this.#first).info;
  }

  get queuedJobs(): number {
    return this.#first.queuedJobs + (this.#second?.queuedJobs ?? 0);
  }

  decode(accessUnit: Uint8Array, timestampRtp90k: Rtp90k): Promise<DecodedVideo> {
    if (this.#second === undefined && profilesOf(accessUnit).some((idc) => idc !== BASELINE_PROFILE_IDC)) {
      this.#goOver();
    }
    if (this.#second === undefined) {
      const decoded = this.#first.decode(accessUnit, timestampRtp90k);
      // Only that it is over counts here; whoever asked is told how it ended.
      this.#firstDone = decoded.catch(() => undefined);
      return decoded;
    }
    const decoded = this.#second.decode(accessUnit, timestampRtp90k);
    if (this.#first.queuedJobs === 0) return decoded;
    // Two libraries work at a time then; answers keep their order.
    return Promise.allSettled([this.#firstDone, decoded]).then(() => decoded);
  }

  async close(): Promise<void> {
    await Promise.all([this.#first.close(), this.#second?.close()]);
  }

  /** What the first one still has in hand is finished, then it is closed. */
  #goOver(): void {
    this.#second = this.#openSecond();
    this.#firstDone = this.#firstDone.then(() => this.#first.close());
  }
}
