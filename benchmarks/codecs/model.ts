/** What the codec bench finds out: the object that goes into JSON, into the page, and into a baseline. */
import type { ContentType, VideoCodecName } from '../../codecs/types.ts';
import type { Resilience } from './loss/resilience.ts';
import type { Quality } from './metrics/quality.ts';

export const RESULTS_VERSION = 2;

/** One stream: what it was asked to need, what it needed, and what is left of the picture. */
export interface RdRecord extends Quality {
  readonly targetBps: number;
  /** Over the whole run. */
  readonly bps: number;
}

export interface PointRecord extends RdRecord {
  readonly content: string;
  /** What the encoder was told that it is. */
  readonly kind: ContentType;
  readonly encoder: string;
  readonly codec: VideoCodecName;
  /** Null: the encoder's default. */
  readonly speed: number | null;
  /** `L1T3`: one size, three frame rates in the stream. Null: one of each. */
  readonly layers: string | null;
  readonly pictures: number;
  readonly frameRate: number;
  /** CPU for each picture from the call to its answer, one value a round. */
  readonly encodeMs: readonly number[];
  readonly decodeMs: readonly number[];
  /** From the call to the answer, over all rounds. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  readonly decodeLatencyMs: { readonly p50: number; readonly p99: number };
  /** After two seconds: 0.03 is three per cent too much. Null: the run is too short to tell. */
  readonly rateError: number | null;
  readonly firstKeyFrameBytes: number;
  readonly keyFrames: number;
  readonly skipped: number;
  readonly encodePeakKib: number;
  readonly decodePeakKib: number;
}

/** One decoder on one stream that every decoder of the codec is given. */
export interface DecoderRecord {
  readonly content: string;
  readonly codec: VideoCodecName;
  /** Of the stream. */
  readonly encoder: string;
  readonly targetBps: number;
  readonly decoder: string;
  readonly pictures: number;
  /** CPU for each picture, one value a round. */
  readonly decodeMs: readonly number[];
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  readonly peakKib: number;
  /** Of all its pictures (SHA-256): decoders that agree to the bit have the same. */
  readonly digest: string;
}

export interface PeerRecord {
  readonly content: string;
  readonly tool: 'ffmpeg' | 'GStreamer';
  /** The implementation of ours whose library it uses. */
  readonly encoder: string;
  readonly settings: 'alike' | 'defaults';
  /** Of the peer's defaults, where that is not one of them; null: the default too. */
  readonly effort: number | null;
  /** CPU for each picture at the rate in the middle, fitted over two lengths, one value a round; beside ours, measured alike. */
  readonly cpuMs: readonly number[];
  readonly ourCpuMs: readonly number[];
  readonly points: readonly RdRecord[];
}

export interface LossRecord extends Resilience {
  readonly content: string;
  readonly encoder: string;
  readonly channel: string;
}

export interface OverheadRecord {
  readonly encoder: string;
  readonly content: string;
  /** CPU for each picture, fitted over two lengths, one value a round. */
  readonly oursMs: readonly number[];
  readonly nativeMs: readonly number[];
}

export interface CodecResults {
  readonly version: typeof RESULTS_VERSION;
  readonly conditions: Readonly<Record<string, string | number>>;
  readonly points: readonly PointRecord[];
  readonly decoders: readonly DecoderRecord[];
  readonly peers: readonly PeerRecord[];
  readonly loss: readonly LossRecord[];
  readonly overhead: readonly OverheadRecord[];
}
