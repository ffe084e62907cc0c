/** Conversion between sampling rates: checks of the arguments here, all work on the native threads. */
import type { Pcm, Resampler, ResamplerConfig } from '../audio-types.ts';
import { CodecParameterError } from '../errors.ts';
import { checkedResampler, isFloatPcm, pcmBytes, pcmOf } from './audio-config.ts';
import { NativeCodec } from './codec.ts';
import type { NativeCore } from './core.ts';
import type { UsableImplementation } from './implementations.ts';
import { type NativeSettings, packSettings } from './settings.ts';

/** More at once would be no stream. */
const MAX_BLOCK_MS = 1000;

export class NativeResampler extends NativeCodec implements Resampler {
  readonly #settings: NativeSettings;
  readonly #channels: number;
  readonly #maxLength: number;
  /** The kind of samples that native code expects now; the filter's memory is the same for both. */
  #isFloat = false;

  /** @throws {CodecParameterError} where the configuration cannot be met */
  constructor(
    core: NativeCore,
    config: ResamplerConfig,
    { number, info }: UsableImplementation,
    onClosed: (codec: NativeCodec) => void,
  ) {
    const settings = checkedResampler(config);
    const handle = core.library.codecCreate(core.handle, number, packSettings(settings));
    super(core, core.check(handle, 'create a resampler'), info, onClosed, 'resample');
    this.#settings = settings;
    this.#channels = config.channels;
    this.#maxLength = (config.fromHz * config.channels * MAX_BLOCK_MS) / 1000;
  }

  process(pcm: Pcm): Promise<Pcm> {
    let isFloat = false;
    return this.job(
      () => {
        isFloat = isFloatPcm(pcm);
        const { length } = pcm;
        if (length < 1 || length > this.#maxLength || length % this.#channels !== 0) {
          throw new CodecParameterError(
            `resample: ${length} samples for ${this.#channels} channels, must be 1 to ${this.#maxLength}, whole`,
          );
        }
        if (isFloat !== this.#isFloat) {
          this.applySettings(packSettings({ ...this.#settings, floatSamples: isFloat ? 1 : 0 }));
          this.#isFloat = isFloat;
        }
        const { library, handle } = this.core;
        return library.submit(handle, this.handle, pcmBytes(pcm), pcm.byteLength, 0, 0, 0);
      },
      ({ data }) => pcmOf(data, isFloat),
    );
  }
}
