/** Decoders of sound: untrusted bytes are copied into native memory and decoded there, on the native threads. */
import type { AudioDecoder, AudioDecoderConfig, DecodedAudio } from '../audio-types.ts';
import { CodecParameterError } from '../errors.ts';
import { checkedAudioDecoder, pcmOf } from './audio-config.ts';
import { NativeCodec } from './codec.ts';
import type { Completion, NativeCore } from './core.ts';
import { requireWhole } from './encoder-config.ts';
import type { UsableImplementation } from './implementations.ts';
import { SUBMIT } from './library.ts';
import { packSettings } from './settings.ts';

/** What a datagram can hold. */
const MAX_PACKET_BYTES = 65_535;
/** The longest packet that Opus has (RFC 6716 section 3.2.5), and twice the longest that the others have here. */
const MAX_CONCEALED_MS = 120;

export class NativeAudioDecoder extends NativeCodec implements AudioDecoder {
  readonly #config: AudioDecoderConfig;
  readonly #isFloat: boolean;
  readonly #toDecodedAudio = ({ data, samples, workUs }: Completion): DecodedAudio => ({
    pcm: pcmOf(data, this.#isFloat),
    samples,
    decodeUs: workUs,
  });

  /** @throws {CodecParameterError} where the configuration cannot be met */
  constructor(
    core: NativeCore,
    config: AudioDecoderConfig,
    { number, info }: UsableImplementation,
    onClosed: (codec: NativeCodec) => void,
  ) {
    const settings = checkedAudioDecoder(config);
    const handle = core.library.codecCreate(core.handle, number, packSettings(settings));
    super(core, core.check(handle, `create ${config.codec} decoder`), info, onClosed);
    this.#config = config;
    this.#isFloat = settings.floatSamples === 1;
  }

  decode(packet: Uint8Array): Promise<DecodedAudio> {
    return this.job(() => this.#submit(packet, 0, 0), this.#toDecodedAudio);
  }

  conceal(samples: number): Promise<DecodedAudio> {
    return this.job(() => {
      this.#requireSamples(samples);
      const { library, handle } = this.core;
      return library.submit(handle, this.handle, null, 0, 0, SUBMIT.conceal, samples);
    }, this.#toDecodedAudio);
  }

  decodeFec(packet: Uint8Array, samples: number): Promise<DecodedAudio> {
    return this.job(() => {
      this.#requireSamples(samples);
      return this.#submit(packet, SUBMIT.fec, samples);
    }, this.#toDecodedAudio);
  }

  #submit(packet: Uint8Array, flags: number, samples: number): number {
    const { length } = packet;
    if (length < 1 || length > MAX_PACKET_BYTES) {
      throw new CodecParameterError(`${this.action}: a packet of ${length} bytes`);
    }
    const { library, handle } = this.core;
    return library.submit(handle, this.handle, packet, length, 0, flags, samples);
  }

  /** Opus makes up whole pieces of 2.5 ms. */
  #requireSamples(samples: number): void {
    const { codec, sampleRateHz } = this.#config;
    requireWhole('samples', samples, 1, (sampleRateHz * MAX_CONCEALED_MS) / 1000);
    const piece = codec === 'OPUS' ? sampleRateHz / 400 : 1;
    if (samples % piece !== 0) {
      throw new CodecParameterError(`${this.action}: ${samples} samples are no multiple of 2.5 ms`);
    }
  }
}
