/** What the connection test (probe.ts) reports; free of the browser's types, so that anybody can read it. */

/** In the order in which they run. */
export const CHECKS = [
  'secure-context',
  'devices',
  'codecs',
  'signalling',
  'udp',
  'tcp',
  'turn-udp',
  'turn-tcp',
  'turn-tls',
] as const;
export type CheckId = (typeof CHECKS)[number];
export type CheckState = 'running' | 'ok' | 'failed' | 'skipped';

/** What a check found; a page has a sentence for each. */
export type CheckDetail =
  /** Every check, while it runs. */
  | 'running'
  /** Stopped by the caller. */
  | 'stopped'
  // secure-context
  | 'secure'
  /** Neither https nor localhost: the browser gives no camera here. */
  | 'insecure-page'
  // devices
  | 'camera-and-microphone'
  | 'camera-only'
  | 'microphone-only'
  | 'no-devices'
  /** The browser shows no devices to this page. */
  | 'devices-hidden'
  // codecs
  | 'vp8-and-h264'
  | 'vp8-only'
  | 'h264-only'
  /** The browser can send neither VP8 nor H.264, or has no WebRTC. */
  | 'no-video-codec'
  // signalling
  | 'unreachable'
  | 'timed-out'
  | 'refused'
  // paths, relays, signalling
  | 'connected'
  | 'no-webrtc'
  /** Skipped: without signalling there is nothing to test it with. */
  | 'no-signalling'
  /** The server offers no such address. */
  | 'not-offered'
  /** The server was tried and did not answer on this path. */
  | 'no-path'
  /** Skipped: the server has no such relay. */
  | 'no-relay'
  /** The relay did not answer. */
  | 'relay-unreachable'
  /** The relay answered with a refusal: credentials or quota. */
  | 'relay-refused'
  /** The server is busy with other tests. */
  | 'busy';

export interface CheckResult {
  readonly id: CheckId;
  readonly state: CheckState;
  /** Round trip, milliseconds; null where none was measured. */
  readonly rttMs: number | null;
  readonly detail: CheckDetail;
}
