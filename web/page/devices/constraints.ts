/**
 * What is asked of `getUserMedia`, and what its refusals mean (W3C mediacapture-streams). Pure.
 *
 * What will surprise you: a remembered device is asked for as `ideal`, so that another one answers where it is gone; one that the
 * person has just chosen is asked for as `exact`.
 */
import type { CaptureWish, DeviceKind, DeviceLists, DeviceProblem } from './device-types.ts';

export interface WantedDevice {
  readonly id: string;
  /** No other will do. */
  readonly must: boolean;
}

export function constraintsFor(
  kind: DeviceKind,
  device: WantedDevice | null,
  wish: CaptureWish,
): MediaTrackConstraints {
  const which =
    device === null ? {} : { deviceId: device.must ? { exact: device.id } : { ideal: device.id } };
  if (kind === 'microphone') {
    return { ...which, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  }
  const { maxHeight, frameRate } = wish;
  const width = Math.round((maxHeight * 16) / 9 / 2) * 2;
  return {
    ...which,
    width: { ideal: width, max: width },
    height: { ideal: maxHeight, max: maxHeight },
    frameRate: { ideal: frameRate, max: frameRate },
  };
}

/** What a refusal of `getUserMedia` means for the person. */
export function problemOf(error: unknown): DeviceProblem {
  const name = error instanceof Error ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'missing';
  }
}

const KINDS = {
  audioinput: 'microphones',
  videoinput: 'cameras',
  audiooutput: 'speakers',
} as const satisfies Record<MediaDeviceKind, keyof DeviceLists>;

/** Devices by what they are for. Those that the browser does not name yet are left out, and doubles of the default too. */
export function sortDevices(
  devices: readonly Pick<MediaDeviceInfo, 'deviceId' | 'kind' | 'label'>[],
): DeviceLists {
  const lists: { [Name in keyof DeviceLists]: { id: string; label: string }[] } = {
    microphones: [],
    cameras: [],
    speakers: [],
  };
  for (const { deviceId, kind, label } of devices) {
    // On Windows, `communications` is one of the others once more.
    if (deviceId === '' || deviceId === 'communications') continue;
    lists[KINDS[kind]].push({ id: deviceId, label });
  }
  return lists;
}
