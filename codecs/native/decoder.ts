/** Decoders: untrusted bytes are copied into native memory and decoded there, on the native threads. */
import type { DecodedVideo, Rtp90k, VideoDecoder } from '../types.ts';
import { CodecParameterError } from '../errors.ts';
import { NativeCodec } from './codec.ts';
import type { Completion, NativeCore } from './core.ts';
import type { UsableImplementation } from './implementations.ts';
import { COMPLETED } from './library.ts';
import { packSettings } from './settings.ts';

/** A key frame of 4096x4096 at the finest quantiser stays below; anything longer is an attack or a mistake. */
const MAX_ACCESS_UNIT_BYTES = 8 << 20;

export class NativeDecoder extends NativeCodec implements VideoDecoder {
  readonly fallback = null;

  constructor(
    core: NativeCore,
    { number, info }: UsableImplementation,
    onClosed: (codec: NativeCodec) => void,
  ) {
    const handle = core.library.codecCreate(core.handle, number, packSettings({}));
    super(core, core.check(handle, `create ${info.codec} decoder`), info, onClosed);
  }

  decode(accessUnit: Uint8Array, timestampRtp90k: Rtp90k): Promise<DecodedVideo> {
    return this.job(() => {
      const { length } = accessUnit;
      if (length < 1 || length > MAX_ACCESS_UNIT_BYTES) {
        throw new CodecParameterError(`${this.action}: an access unit of ${length} bytes`);
      }
      if (!Number.isSafeInteger(timestampRtp90k)) {
        throw new CodecParameterError(`${this.action}: timestamp ${timestampRtp90k} is no integer`);
      }
      return this.core.library.submit(
        this.core.handle,
        this.handle,
        accessUnit,
        length,
        timestampRtp90k,
        0,
        0,
      );
    }, toDecodedVideo);
  }
}

function toDecodedVideo(done: Completion): DecodedVideo {
  return { frame: done.frame, corrupt: (done.flags & COMPLETED.corrupt) !== 0, decodeUs: done.workUs };
}
