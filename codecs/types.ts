/**
 * The one interface of every codec: frames and access units in and out, no RTP, no rooms.
 *
 * What will surprise you:
 * - Frames live in native memory and are reference-counted: whoever receives a {@link VideoFrame} owns one reference and
 *   must `close()` it. `encode()` and `scale()` take their own reference while they run, so the caller may close at once.
 * - Work runs on the engine's own threads, one job at a time per codec, in order of submission. Each call returns a
 *   promise; nothing here blocks the event loop.
 * - `close()` on a codec waits for its running job; jobs still queued reject with `CodecClosedError`.
 */

/** Media time in 90 kHz ticks, unwrapped (grows without bound); RFC 3550 section 5.1 without the 32-bit wrap. */
export type Rtp90k = number & { readonly __unit: 'rtp90k' };
/** Bits per second. */
export type Bps = number & { readonly __unit: 'bps' };

export type VideoCodecName = 'VP8' | 'H264';

export interface CodecInfo {
  readonly codec: VideoCodecName;
  readonly direction: 'encode' | 'decode';
  /** The C library that does the work, and its version as it reports it. */
  readonly library: string;
  readonly version: string;
  readonly hardware: boolean;
}

/** One I420 picture in native memory. */
export interface VideoFrame {
  readonly width: number;
  readonly height: number;
  readonly timestampRtp90k: Rtp90k;
  /** Copies the picture out as tightly packed I420 (Y, then U, then V); for tests, RAW sinks and snapshots. */
  toI420(): Uint8Array;
  /** Gives the reference back; idempotent. */
  close(): void;
}

export interface VideoEncoderConfig {
  readonly codec: VideoCodecName;
  /** Even, 2 to 4096. */
  readonly width: number;
  readonly height: number;
  readonly targetBps: Bps;
  /** The most frames a second that will come; rate control starts from it. */
  readonly maxFrameRate: number;
  /** Threads inside the codec library for one picture. Default 1. */
  readonly threads?: number;
  /** H.264 only: no NAL unit longer than this (packetization-mode 0 needs it); absent: one slice a picture. */
  readonly maxNalBytes?: number;
}

export interface EncodedVideo {
  /** One access unit: a VP8 frame, or H.264 in Annex B form (SPS and PPS before every IDR). */
  readonly data: Uint8Array;
  readonly keyFrame: boolean;
  readonly timestampRtp90k: Rtp90k;
  /** The quantiser the library reports (VP8 0–127, H.264 0–51). */
  readonly quantiser: number;
  /** Time on the codec thread. */
  readonly encodeUs: number;
}

export interface VideoEncoder {
  readonly info: CodecInfo;
  /**
   * Encodes one picture. A frame whose size differs from the configuration rejects with `CodecParameterError`.
   * @param options `keyFrame`: this picture becomes a key frame, or, where the rate control skips it, the next one does
   * @returns the access unit, or `null` where the rate control skipped the picture.
   */
  encode(frame: VideoFrame, options?: { readonly keyFrame?: boolean }): Promise<EncodedVideo | null>;
  /** Takes effect at the next picture, without a key frame. */
  setRates(rates: { readonly targetBps?: Bps; readonly maxFrameRate?: number }): void;
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
  readonly info: CodecInfo;
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

export interface CodecEngine {
  /** What this build can do. */
  probe(): readonly CodecInfo[];
  createEncoder(config: VideoEncoderConfig): VideoEncoder;
  createDecoder(codec: VideoCodecName): VideoDecoder;
  /** A new picture of another size (libyuv, box filter); the source keeps its reference. */
  scale(frame: VideoFrame, width: number, height: number): Promise<VideoFrame>;
  /** A picture from packed I420 (RAW sources, tests). */
  frameFromI420(data: Uint8Array, width: number, height: number, timestampRtp90k: Rtp90k): VideoFrame;
  /** Native objects alive now: all zero after everything was closed. Ends every test. */
  liveObjects(): {
    readonly frames: number;
    readonly encoders: number;
    readonly decoders: number;
    readonly jobs: number;
  };
  /** Waits for running jobs, frees the threads. */
  close(): Promise<void>;
}
