/**
 * Sound: packets and PCM in and out, no RTP, no rooms. PCM is interleaved, 16 bits signed or 32-bit float (-1 to 1).
 *
 * What will surprise you:
 * - A decoder is told of loss: `conceal` makes up for what did not come, and `decodeFec` takes it from the packet after it.
 * - G.722 (RFC 3551 section 4.5.2) has an RTP clock of 8000 for a sampling rate of 16000; that is the RTP layer's matter, not here.
 */
import type { Bps, CodecInfo, ImplementationName } from './types.ts';

export type AudioCodecName = 'OPUS' | 'PCMA' | 'PCMU' | 'G722';
export type Pcm = Int16Array | Float32Array;

export interface AudioEncoderChange {
  /** Opus only: 6000 to 510 000. */
  readonly targetBps?: Bps;
  /** Opus only: the share of packets that get lost, in percent; steers in-band FEC. */
  readonly expectedLossPercent?: number;
  /** Opus only: 0 to 10. */
  readonly complexity?: number;
  /** Opus only: packets carry a coarse copy of the one before (RFC 6716 section 2.1.7). */
  readonly inBandFec?: boolean;
  /** Opus only: hardly anything is sent during silence. */
  readonly dtx?: boolean;
}

export interface AudioEncoderConfig extends AudioEncoderChange {
  readonly codec: AudioCodecName;
  /** Of the PCM: Opus 8000, 12000, 16000, 24000, 48000; G.711 8000; G.722 16000. */
  readonly sampleRateHz: number;
  /** Opus 1 or 2; the others 1. */
  readonly channels: 1 | 2;
  /** Of one packet: Opus 2.5, 5, 10, 20, 40, 60; the others 10 to 60 in whole ms. @default 20 */
  readonly frameMs?: number;
  /** Opus only. @default 'voip' */
  readonly application?: 'voip' | 'audio' | 'low-delay';
  /** Opus only: the bitrate may vary from packet to packet. @default true */
  readonly variableBitrate?: boolean;
  readonly implementation?: ImplementationName;
}

export interface EncodedAudio {
  readonly data: Uint8Array;
  /** Samples for each channel, at the rate of the configuration. */
  readonly samples: number;
  /** Opus with DTX: nothing needs to be sent (RFC 6716 section 2.1.9: one byte or two). */
  readonly silent: boolean;
  readonly encodeUs: number;
}

export interface AudioEncoder {
  readonly info: CodecInfo;
  /** Samples for each channel that one `encode` takes. */
  readonly frameSamples: number;
  /** @param pcm exactly one frame, interleaved */
  encode(pcm: Pcm): Promise<EncodedAudio>;
  /** Takes effect at the next frame. @throws CodecParameterError */
  update(change: AudioEncoderChange): void;
  readonly queuedJobs: number;
  close(): Promise<void>;
}

export interface AudioDecoderConfig {
  readonly codec: AudioCodecName;
  /** What comes out. Opus as above; G.711 8000; G.722 16000. */
  readonly sampleRateHz: number;
  readonly channels: 1 | 2;
  /** @default 's16' */
  readonly format?: 's16' | 'f32';
  readonly implementation?: ImplementationName;
}

export interface DecodedAudio {
  /** Int16Array or Float32Array, as configured; interleaved. */
  readonly pcm: Pcm;
  /** For each channel. */
  readonly samples: number;
  readonly decodeUs: number;
}

export interface AudioDecoder {
  readonly info: CodecInfo;
  /** Rejects with `CodecBitstreamError` where the packet cannot be decoded; go on with the next. */
  decode(packet: Uint8Array): Promise<DecodedAudio>;
  /** What a packet that was lost may have held (Opus: its own concealment; the others: fading repetition). */
  conceal(samples: number): Promise<DecodedAudio>;
  /**
   * The packet before this one, from its in-band copy (Opus); where there is none, concealment.
   * @param samples how long the lost one was, for each channel
   */
  decodeFec(packet: Uint8Array, samples: number): Promise<DecodedAudio>;
  readonly queuedJobs: number;
  close(): Promise<void>;
}

/** Converts a stream of PCM from one sampling rate to another; keeps what it needs of the past. */
export interface Resampler {
  /** Everything that is complete so far; over time exactly `to / from` times as much as was put in. */
  process(pcm: Pcm): Promise<Pcm>;
  close(): Promise<void>;
}

export interface ResamplerConfig {
  /** 8000 to 192 000. */
  readonly fromHz: number;
  readonly toHz: number;
  readonly channels: 1 | 2;
}

export interface AudioCodecEngine {
  createAudioEncoder(config: AudioEncoderConfig): AudioEncoder;
  createAudioDecoder(config: AudioDecoderConfig): AudioDecoder;
  createResampler(config: ResamplerConfig): Resampler;
}
