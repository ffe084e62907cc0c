/** Encoders of sound: checks of the arguments here, all work on the native threads. */
import type {
  AudioEncoder,
  AudioEncoderChange,
  AudioEncoderConfig,
  EncodedAudio,
  Pcm,
} from '../audio-types.ts';
import { CodecLibraryError, CodecParameterError } from '../errors.ts';
import { checkedAudioEncoder, isFloatPcm, pcmBytes } from './audio-config.ts';
import { NativeCodec } from './codec.ts';
import type { Completion, NativeCore } from './core.ts';
import type { UsableImplementation } from './implementations.ts';
import { COMPLETED } from './library.ts';
import { packSettings } from './settings.ts';

export class NativeAudioEncoder extends NativeCodec implements AudioEncoder {
  readonly frameSamples: number;
  #config: AudioEncoderConfig;
  /** The kind of samples that native code expects now. */
  #isFloat = false;

  /** @throws {CodecParameterError} where the configuration cannot be met */
  constructor(
    core: NativeCore,
    config: AudioEncoderConfig,
    { number, info }: UsableImplementation,
    onClosed: (codec: NativeCodec) => void,
  ) {
    const settings = checkedAudioEncoder(config);
    const handle = core.library.codecCreate(core.handle, number, packSettings(settings));
    super(core, core.check(handle, `create ${config.codec} encoder`), info, onClosed);
    this.frameSamples = settings.frameSamples ?? 0;
    this.#config = config;
  }

  encode(pcm: Pcm): Promise<EncodedAudio> {
    return this.job(
      () => {
        const isFloat = isFloatPcm(pcm);
        const wanted = this.frameSamples * this.#config.channels;
        if (pcm.length !== wanted) {
          throw new CodecParameterError(`${this.action}: a frame has ${wanted} samples, not ${pcm.length}`);
        }
        if (isFloat !== this.#isFloat) this.#apply(this.#config, isFloat);
        const { library, handle } = this.core;
        return library.submit(handle, this.handle, pcmBytes(pcm), pcm.byteLength, 0, 0, 0);
      },
      (done) => this.#toEncodedAudio(done),
    );
  }

  update(change: AudioEncoderChange): void {
    this.assertOpen();
    this.#apply({ ...this.#config, ...change }, this.#isFloat);
  }

  #apply(config: AudioEncoderConfig, isFloat: boolean): void {
    this.applySettings(packSettings({ ...checkedAudioEncoder(config), floatSamples: isFloat ? 1 : 0 }));
    this.#config = config;
    this.#isFloat = isFloat;
  }

  #toEncodedAudio({ data, samples, flags, workUs }: Completion): EncodedAudio {
    if (data === null) throw new CodecLibraryError(`${this.action}: no packet came back`);
    return { data, samples, silent: (flags & COMPLETED.silent) !== 0, encodeUs: workUs };
  }
}
