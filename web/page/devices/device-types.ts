/** What `Devices` speaks of: kinds, problems, lists, and what it needs of the platform. */
export type DeviceKind = 'microphone' | 'camera';

/**
 * Why a device gives nothing: the person or a policy says no; another program has it; there is none; the page is not served
 * securely; it was unplugged or taken away.
 */
export type DeviceProblem = 'denied' | 'busy' | 'missing' | 'insecure' | 'ended';

export interface DeviceChoice {
  readonly id: string;
  /** As the system calls it; empty before the browser allows capture. */
  readonly label: string;
}

export interface DeviceLists {
  readonly microphones: readonly DeviceChoice[];
  readonly cameras: readonly DeviceChoice[];
  readonly speakers: readonly DeviceChoice[];
}

/** What the address and the page ask of a captured picture. */
export interface CaptureWish {
  /** Pixels; the width follows at 16:9. */
  readonly maxHeight: number;
  readonly frameRate: number;
}

export type BlurState = 'off' | 'starting' | 'on' | 'unavailable';

/** What web/effects makes of a camera's track. */
export interface BlurredTrack {
  /** The blurred picture; may be another one after `setSource`. */
  readonly track: MediaStreamTrack;
  /** `platform`: the camera blurs by itself, and stays open for as long as this does. */
  readonly method: 'platform' | 'segmentation';
  /** Goes on with another camera's track. Rejects where it cannot; it is closed then. */
  setSource(source: MediaStreamTrack): Promise<void>;
  close(): void;
}

/** `onStopped`: the blur ended by itself. Rejects where this device cannot blur. */
export type StartBlur = (source: MediaStreamTrack, onStopped: () => void) => Promise<BlurredTrack>;

/** What is used of `navigator.mediaDevices`. */
export interface MediaSource extends Pick<MediaDevices, 'addEventListener'> {
  readonly getUserMedia: (constraints: MediaStreamConstraints) => Promise<CapturedStream>;
  readonly enumerateDevices: () => Promise<readonly Pick<MediaDeviceInfo, 'deviceId' | 'kind' | 'label'>[]>;
}
export type CapturedStream = Pick<MediaStream, 'getTracks' | 'getAudioTracks' | 'getVideoTracks'>;
/** What is used of `navigator.permissions`. */
export interface PermissionSource {
  readonly query: (wanted: {
    readonly name: DeviceKind;
  }) => Promise<Pick<PermissionStatus, 'state' | 'addEventListener'>>;
}

/** Everything outside that `Devices` touches: a browser's, or a test's. */
export interface DevicePlatform {
  /** Null where the page is not served securely. */
  readonly media: MediaSource | null;
  readonly permissions: PermissionSource | null;
  readonly startBlur: StartBlur;
  readonly nowMs: () => number;
  /** @returns what cancels it */
  readonly after: (delayMs: number, run: () => void) => () => void;
  /** Begins to measure the loudness of a track. @returns what stops it */
  readonly measure: (track: MediaStreamTrack, onLevel: (level: number) => void) => () => void;
}

/** A device that was chosen could not be opened; the one before goes on. */
export class DeviceUnavailable extends Error {
  override readonly name = 'DeviceUnavailable';
  readonly code: `device-${DeviceProblem}`;
  readonly problem: DeviceProblem;
  constructor(problem: DeviceProblem, options?: { readonly cause?: unknown }) {
    super(`the device cannot be opened: ${problem}`, options);
    this.problem = problem;
    this.code = `device-${problem}`;
  }
}
