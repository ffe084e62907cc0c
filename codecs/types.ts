/**
 * The one interface of every codec: frames and access units in and out, no RTP, no rooms. Sound is in audio-types.ts.
 *
 * What will surprise you:
 * - Frames live in native memory and are reference-counted: whoever receives a {@link VideoFrame} owns one reference and
 *   must `close()` it. `encode()` and `transform()` take their own reference while they run, so the caller may close at once.
 * - Work runs on the engine's own threads, one job at a time per codec, in order of submission. Each call returns a
 *   promise; nothing here blocks the event loop.
 * - `close()` on a codec waits for its running job; jobs still queued reject with `CodecClosedError`.
 */
import type { AudioCodecEngine, AudioCodecName } from './audio-types.ts';

/** Media time in 90 kHz ticks, unwrapped (grows without bound); RFC 3550 section 5.1 without the 32-bit wrap. */
export type Rtp90k = number & { readonly __unit: 'rtp90k' };
/** Bits per second. */
export type Bps = number & { readonly __unit: 'bps' };

export type VideoCodecName = 'VP8' | 'VP9' | 'H264' | 'AV1';

/**
 * One codec library's way to encode or decode, by name: `libvpx-vp9`, `openh264`, `libaom-av1`, … The first that is there and
 * fits is taken where nobody names one.
 */
export type ImplementationName = string;

export interface CodecInfo {
  readonly name: ImplementationName;
  readonly codec: VideoCodecName | AudioCodecName;
  readonly direction: 'encode' | 'decode';
  /** The C library that does the work, and its version as it reports it. */
  readonly library: string;
  readonly version: string;
  readonly hardware: boolean;
  /** What it runs on where that is hardware (cuda, vaapi, qsv, v4l2): all of one device are lost together. Else null. */
  readonly device: string | null;
  /** The most layers that its encoder makes; 1 and 1 for decoders and sound. */
  readonly spatialLayers: number;
  readonly temporalLayers: number;
  /** Why it cannot be used here, in words; null where it can. Hardware cannot before it was tried: `probeHardware()`. */
  readonly missing: string | null;
}

/**
 * Whether hardware codecs are used: before software, where they were tried and work; only for what no software here can do; or never.
 */
export type HardwarePolicy = 'prefer' | 'allow' | 'refuse';

/** That hardware failed in a stream's midst and software has taken over. */
export interface CodecFallback {
  readonly from: ImplementationName;
  readonly to: ImplementationName;
  /** The failure, in words. */
  readonly reason: string;
}

/** How packed pixels lie in memory: planes Y, U, V; plane Y and pairs U V; three bytes R, G, B; four bytes B, G, R, A. */
export type RawFormat = 'I420' | 'NV12' | 'RGB24' | 'BGRA';

/** One I420 picture in native memory; or in a device's, as long as only that device works on it. */
export interface VideoFrame {
  readonly width: number;
  readonly height: number;
  readonly timestampRtp90k: Rtp90k;
  /**
   * Copies the picture out as tightly packed I420 (Y, then U, then V), on the caller's thread, from a device if it lies there; for tests
   * and snapshots. `CodecEngine.frameToRaw` does so on the engine's threads.
   */
  toI420(): Uint8Array;
  /** Gives the reference back; idempotent. */
  close(): void;
}

/** What the pictures show: decides the tools that an encoder uses. */
export type ContentType = 'camera' | 'screen';

export interface LayerCounts {
  /** Sizes in one stream, each twice the one below (VP9 SVC). 1 to 3. */
  readonly spatial: number;
  /** Frame rates in one stream, each twice the one below. 1 to 4, as the implementation can. */
  readonly temporal: number;
}

/** What may change between two pictures of one stream. */
export interface VideoEncoderChange {
  /** Even, 2 to 4096. Another size comes with a key frame. */
  readonly width?: number;
  readonly height?: number;
  readonly targetBps?: Bps;
  /** The most frames a second that will come; rate control starts from it. */
  readonly maxFrameRate?: number;
  readonly layers?: LayerCounts;
  readonly content?: ContentType;
}

export interface VideoEncoderConfig extends VideoEncoderChange {
  readonly codec: VideoCodecName;
  readonly width: number;
  readonly height: number;
  readonly targetBps: Bps;
  readonly maxFrameRate: number;
  /** @default one of each */
  readonly layers?: LayerCounts;
  /** @default 'camera' */
  readonly content?: ContentType;
  /** Threads inside the codec library for one picture. @default 1 */
  readonly threads?: number;
  /** H.264 only: no NAL unit longer than this (packetization-mode 0 needs it); absent: one slice a picture. */
  readonly maxNalBytes?: number;
  /** H.264 only. @default 'constrained-baseline' */
  readonly profile?: 'constrained-baseline' | 'main';
  /** VP8 and VP9: every picture can be read where one before it was lost, at some cost in bits. @default false */
  readonly errorResilient?: boolean;
  /**
   * The library's own measure of effort: VP8 and VP9 cpu-used, AV1 cpu-used or preset, H.264 complexity 0 (low) to 2.
   * @default the operating point that docs/codecs.md gives the reasons for
   */
  readonly speed?: number;
  readonly implementation?: ImplementationName;
}

/** Which earlier pictures a VP8 picture may be predicted from and replaces; for reference schemes of the caller's own. */
export interface ReferenceFlags {
  readonly useLast?: boolean;
  readonly useGolden?: boolean;
  readonly useAltRef?: boolean;
  readonly updateLast?: boolean;
  readonly updateGolden?: boolean;
  readonly updateAltRef?: boolean;
}

export interface EncodeOptions {
  /** This picture becomes a key frame, or, where the rate control skips it, the next one does. */
  readonly keyFrame?: boolean;
  /** VP8 with one temporal layer only. Absent flags are true. */
  readonly references?: ReferenceFlags;
}

export interface EncodedVideo {
  /**
   * One access unit: a VP8 frame, a VP9 superframe's layer frames one behind the other (`layerBytes`), H.264 in Annex B form (SPS
   * and PPS before every IDR), or an AV1 temporal unit (low-overhead format, without temporal delimiter).
   */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly keyFrame: boolean;
  readonly timestampRtp90k: Rtp90k;
  /** The quantiser the library reports (VP8 0–127, VP9 and AV1 0–255, H.264 0–51); -1 where hardware does not say. */
  readonly quantiser: number;
  /** 0 is the base layer. */
  readonly temporalLayer: number;
  /** Whoever receives lower temporal layers may go on to this one from here. */
  readonly layerSync: boolean;
  /** Bytes of each spatial layer within `data`, from the smallest; one entry without spatial layers. 0: left out. */
  readonly layerBytes: readonly number[];
  /** Time on the codec thread. */
  readonly encodeUs: number;
}

export interface VideoEncoder {
  /** Of what encodes now. */
  readonly info: CodecInfo;
  /** Set once hardware has failed: the picture that it failed at came from software, as a key frame. */
  readonly fallback: CodecFallback | null;
  /**
   * Encodes one picture. A frame whose size differs from the configuration rejects with `CodecParameterError`.
   * @returns the access unit, or `null` where the rate control skipped the picture.
   */
  encode(frame: VideoFrame, options?: EncodeOptions): Promise<EncodedVideo | null>;
  /**
   * Takes effect at the next picture. Only another size, and where the library cannot do without, other layers or content bring a
   * key frame.
   * @throws CodecParameterError where the whole configuration would then be one that cannot be met; nothing changes
   */
  update(change: VideoEncoderChange): void;
  /** Jobs submitted and not finished. The engine refuses more than {@link MAX_QUEUED_JOBS} with `CodecQueueFullError`. */
  readonly queuedJobs: number;
  close(): Promise<void>;
}

export interface DecodedVideo {
  /**
   * `null` where the decoder took the data and has no picture (yet): VP8 may hide one, H.264 profiles that reorder pictures
   * come late, and of an incomplete access unit nothing is shown (`corrupt` is then true).
   */
  readonly frame: VideoFrame | null;
  /**
   * The picture, or one it was predicted from, was damaged and concealed: a key frame should be asked for. Stays true until
   * the next intact key frame. H.264 notices a missing access unit by itself; VP8 cannot: count what was lost outside.
   */
  readonly corrupt: boolean;
  readonly decodeUs: number;
}

export interface VideoDecoder {
  /** Of what decodes now. */
  readonly info: CodecInfo;
  /** Set once hardware has failed: from that access unit on everything is corrupt, until software has got a key frame. */
  readonly fallback: CodecFallback | null;
  /**
   * Decodes one access unit (H.264 in Annex B form).
   * Rejects with `CodecBitstreamError` where the library cannot decode it: ask for a key frame and go on.
   */
  decode(accessUnit: Uint8Array, timestampRtp90k: Rtp90k): Promise<DecodedVideo>;
  readonly queuedJobs: number;
  close(): Promise<void>;
}

/** Jobs that one codec holds, the running one included; more are refused, so a slow codec costs pictures, not memory. */
export const MAX_QUEUED_JOBS = 8;

/** What `transform` makes of a picture; absent: as it is. */
export interface Transformation {
  /** The part that is kept, in pixels of the source. Even left and top, and inside of it. */
  readonly crop?: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
  readonly width?: number;
  readonly height?: number;
  /** Of the scaling (libyuv). @default 'box' */
  readonly filter?: 'point' | 'linear' | 'bilinear' | 'box';
}

export interface LiveObjects {
  readonly frames: number;
  readonly encoders: number;
  readonly decoders: number;
  /** Resamplers. */
  readonly converters: number;
  readonly jobs: number;
}

export interface CodecEngine extends AudioCodecEngine {
  /** Every implementation that this build knows, in order of preference, with why those that are missing are. */
  implementations(): readonly CodecInfo[];
  /** What this build can do here. */
  probe(): readonly CodecInfo[];
  /**
   * Tries each hardware codec once for each process, by really using it, on the engine's threads; before that none is used. Resolves when
   * all answers are known, which may take seconds where there is a device, and does nothing where hardware is refused.
   */
  probeHardware(): Promise<void>;
  /** @throws CodecParameterError where no implementation can meet the configuration */
  createEncoder(config: VideoEncoderConfig): VideoEncoder;
  createDecoder(
    codec: VideoCodecName,
    options?: { readonly implementation?: ImplementationName },
  ): VideoDecoder;
  /**
   * A new picture, cropped and scaled; the source keeps its reference. By libyuv, or where the whole picture lies on a device that can,
   * there, with the device's own filter.
   */
  transform(frame: VideoFrame, transformation: Transformation): Promise<VideoFrame>;
  /** A picture from packed I420 (tests, small RAW sources); copies on the caller's thread. */
  frameFromI420(data: Uint8Array, width: number, height: number, timestampRtp90k: Rtp90k): VideoFrame;
  /** A picture from packed pixels of any format, converted on the engine's threads (BT.601, limited range). */
  frameFromRaw(
    format: RawFormat,
    data: Uint8Array,
    width: number,
    height: number,
    timestampRtp90k: Rtp90k,
  ): Promise<VideoFrame>;
  /** The picture as tightly packed pixels of any format, converted on the engine's threads. */
  frameToRaw(frame: VideoFrame, format: RawFormat): Promise<Uint8Array>;
  /** Native objects alive now: all zero after everything was closed. Ends every test. */
  liveObjects(): LiveObjects;
  /** Waits for running jobs, frees the threads. */
  close(): Promise<void>;
}
