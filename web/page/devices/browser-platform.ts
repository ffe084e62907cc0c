/** The browser as `Devices` needs it. */
import type { DevicePlatform, MediaSource } from './device-types.ts';
import { measureLoudness } from './loudness.ts';

export function browserPlatform(): DevicePlatform {
  return {
    // Absent on pages that are not served securely, whatever the type says.
    media: 'mediaDevices' in navigator ? mediaSource(navigator.mediaDevices) : null,
    permissions:
      'permissions' in navigator ? { query: (wanted) => navigator.permissions.query(wanted) } : null,
    startBlur: async (source, onStopped) => {
      // A large part of the page, which most people do not use.
      const { blurBackground } = await import('../../effects/blur.ts');
      return blurBackground(source, { onStopped });
    },
    nowMs: () => performance.now(),
    after: (delayMs, run) => {
      const timer = window.setTimeout(run, delayMs);
      return () => window.clearTimeout(timer);
    },
    measure: measureLoudness,
  };
}

function mediaSource(devices: MediaDevices): MediaSource {
  return {
    getUserMedia: (constraints) => devices.getUserMedia(constraints),
    enumerateDevices: () => devices.enumerateDevices(),
    addEventListener: devices.addEventListener.bind(devices),
  };
}
