/**
 * @roamhq/wrtc: a WebRTC client in the test's own process, with VP8, VP9, AV1 and Opus and without any H.264.
 *
 * What will surprise you:
 * - mediasoup-client's Chrome handler builds its peer connections from global names. {@link installWrtcGlobals} puts them on
 *   `globalThis` for the life of the process; a second call does nothing.
 * - The package's own types name DOM classes that this program does not have, so the few that are used are described here
 *   and the loaded module is checked against them.
 */
import { createRequire } from 'node:module';

export class WrtcError extends Error {
  readonly code = 'WRTC';
  override readonly name = 'WrtcError';
}

export interface WrtcTrack {
  readonly id: string;
  readonly kind: 'audio' | 'video';
  enabled: boolean;
  stop(): void;
}

/** A picture as the sink hands it over: tightly packed I420. */
export interface WrtcVideoFrame {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** 10 ms of signed 16-bit sound, channels interleaved. */
export interface WrtcAudioData {
  readonly samples: Int16Array;
  readonly sampleRate: number;
  readonly bitsPerSample: number;
  readonly channelCount: number;
  readonly numberOfFrames: number;
}

export interface WrtcSink {
  stop(): void;
}

interface Nonstandard {
  readonly RTCVideoSource: new () => { createTrack(): WrtcTrack; onFrame(frame: WrtcVideoFrame): void };
  readonly RTCAudioSource: new () => { createTrack(): WrtcTrack; onData(data: WrtcAudioData): void };
  readonly RTCVideoSink: new (
    track: WrtcTrack,
  ) => WrtcSink & { onframe: ((event: { readonly frame: WrtcVideoFrame }) => void) | null };
  readonly RTCAudioSink: new (
    track: WrtcTrack,
  ) => WrtcSink & { ondata: ((event: WrtcAudioData) => void) | null };
}

const GLOBAL_NAMES = [
  'MediaStream',
  'MediaStreamTrack',
  'RTCPeerConnection',
  'RTCIceCandidate',
  'RTCRtpReceiver',
  'RTCRtpSender',
  'RTCRtpTransceiver',
  'RTCSessionDescription',
] as const;
const NONSTANDARD_NAMES = ['RTCVideoSource', 'RTCAudioSource', 'RTCVideoSink', 'RTCAudioSink'] as const;

type WrtcModule = Readonly<Record<(typeof GLOBAL_NAMES)[number], unknown>> & {
  readonly nonstandard: Nonstandard;
};

/**
 * Loads the package.
 * @throws WrtcError where it lacks what is used here.
 */
export function loadWrtc(): WrtcModule {
  const loaded: unknown = createRequire(import.meta.url)('@roamhq/wrtc');
  if (!isWrtc(loaded)) throw new WrtcError('@roamhq/wrtc lacks a class that the test client uses');
  return loaded;
}

/** Makes wrtc's classes the global ones, as a browser has them. */
export function installWrtcGlobals(): void {
  if ('RTCPeerConnection' in globalThis) return;
  const wrtc = loadWrtc();
  for (const name of GLOBAL_NAMES) {
    Object.defineProperty(globalThis, name, { value: wrtc[name], configurable: true, writable: true });
  }
}

/**
 * A track that came out of a consumer, as the type of this file.
 * @throws WrtcError where it is none.
 */
export function asWrtcTrack(value: unknown): WrtcTrack {
  if (!isWrtcTrack(value)) throw new WrtcError('not a track of @roamhq/wrtc');
  return value;
}

function isWrtcTrack(value: unknown): value is WrtcTrack {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    (value.kind === 'audio' || value.kind === 'video') &&
    'stop' in value &&
    typeof value.stop === 'function'
  );
}

function isWrtc(value: unknown): value is WrtcModule {
  if (!hasFunctions(value, GLOBAL_NAMES) || !('nonstandard' in value)) return false;
  return hasFunctions(value.nonstandard, NONSTANDARD_NAMES);
}

function hasFunctions(value: unknown, names: readonly string[]): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const members = new Map<string, unknown>(Object.entries(value));
  return names.every((name) => typeof members.get(name) === 'function');
}
