/** Video encoders: checks of the arguments here, all work on the native threads. */
import type {
  EncodeOptions,
  EncodedVideo,
  ReferenceFlags,
  VideoEncoder,
  VideoEncoderChange,
  VideoEncoderConfig,
  VideoFrame,
} from '../types.ts';
import { CodecParameterError } from '../errors.ts';
import { NativeCodec } from './codec.ts';
import type { Completion, NativeCore } from './core.ts';
import { checkedSettings } from './encoder-config.ts';
import { NativeFrame } from './frame.ts';
import type { UsableImplementation } from './implementations.ts';
import { COMPLETED, SUBMIT } from './library.ts';

const REFERENCE_BITS: readonly (readonly [keyof ReferenceFlags, number])[] = [
  ['useLast', SUBMIT.noUseLast],
  ['useGolden', SUBMIT.noUseGolden],
  ['useAltRef', SUBMIT.noUseAltRef],
  ['updateLast', SUBMIT.noUpdateLast],
  ['updateGolden', SUBMIT.noUpdateGolden],
  ['updateAltRef', SUBMIT.noUpdateAltRef],
];

function toEncodedVideo(done: Completion): EncodedVideo | null {
  if (done.data === null) return null;
  return {
    data: done.data,
    width: done.width,
    height: done.height,
    keyFrame: (done.flags & COMPLETED.keyFrame) !== 0,
    timestampRtp90k: done.timestampRtp90k,
    quantiser: done.quantiser,
    temporalLayer: done.temporalLayer,
    layerSync: (done.flags & COMPLETED.layerSync) !== 0,
    layerBytes: done.layerBytes ?? [done.data.length],
    encodeUs: done.workUs,
  };
}

export class NativeEncoder extends NativeCodec implements VideoEncoder {
  readonly fallback = null;
  #config: VideoEncoderConfig;

  /** @throws {CodecParameterError} where the configuration cannot be met */
  constructor(
    core: NativeCore,
    config: VideoEncoderConfig,
    { number, info }: UsableImplementation,
    onClosed: (codec: NativeCodec) => void,
  ) {
    const settings = checkedSettings(config, info);
    const action = `create ${config.codec} encoder`;
    super(core, core.check(core.library.codecCreate(core.handle, number, settings), action), info, onClosed);
    this.#config = config;
  }

  encode(frame: VideoFrame, options: EncodeOptions = {}): Promise<EncodedVideo | null> {
    return this.job(() => {
      const { width, height } = this.#config;
      if (!(frame instanceof NativeFrame)) {
        throw new CodecParameterError(`${this.action}: the frame is of another engine`);
      }
      if (frame.width !== width || frame.height !== height) {
        throw new CodecParameterError(
          `${this.action}: the frame is ${frame.width}x${frame.height}, the encoder ${width}x${height}`,
        );
      }
      const flags = this.#flagsOf(options);
      return this.core.library.encode(this.core.handle, this.handle, frame.handleFor(this.core), flags);
    }, toEncodedVideo);
  }

  update(change: VideoEncoderChange): void {
    this.assertOpen();
    const config = { ...this.#config, ...change };
    this.applySettings(checkedSettings(config, this.info));
    this.#config = config;
  }

  #flagsOf({ keyFrame = false, references }: EncodeOptions): number {
    const flags = keyFrame ? SUBMIT.forceKeyFrame : 0;
    if (references === undefined) return flags;
    const { codec, layers } = this.#config;
    if (codec !== 'VP8' || (layers?.temporal ?? 1) > 1) {
      throw new CodecParameterError(`${this.action}: references are chosen for VP8 with one temporal layer`);
    }
    return REFERENCE_BITS.reduce(
      (bits, [name, bit]) => (references[name] === false ? bits | bit : bits),
      flags,
    );
  }
}
