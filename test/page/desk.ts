/** A page that opens devices as it is told, for the test of the injected devices: what it got, and what it heard. */
import type { DeskApi, OpenedTrack } from './desk-api.ts';

const opened: MediaStreamTrack[] = [];
const heard: string[] = [];

function describe(track: MediaStreamTrack): OpenedTrack {
  const { deviceId = '', width = 0, height = 0, frameRate = 0 } = track.getSettings();
  return { kind: track.kind, label: track.label, deviceId, width, height, frameRate };
}

async function take(ask: () => Promise<MediaStream>): Promise<readonly OpenedTrack[] | string> {
  try {
    const tracks = (await ask()).getTracks();
    for (const track of tracks) {
      const copy = track.clone();
      opened.push(track, copy);
      track.addEventListener('ended', () => heard.push(`ended ${track.label}`));
      copy.addEventListener('ended', () => heard.push(`clone ended ${copy.label}`));
    }
    const video = document.querySelector('video#own');
    const picture = tracks.find(({ kind }) => kind === 'video');
    if (video instanceof HTMLVideoElement && picture !== undefined) {
      video.srcObject = new MediaStream([picture]);
    }
    return tracks.map(describe);
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

const api: DeskApi = {
  open: (wish) => take(() => navigator.mediaDevices.getUserMedia(wish)),
  share: () => take(() => navigator.mediaDevices.getDisplayMedia({ video: true, audio: true })),
  list: async () =>
    (await navigator.mediaDevices.enumerateDevices()).map(
      ({ kind, deviceId, label }) => `${kind} ${deviceId} ${label}`,
    ),
  permission: async (name) => (await navigator.permissions.query({ name })).state,
  heard: () => heard.splice(0),
  live: () => opened.filter(({ readyState }) => readyState === 'live').length,
};

navigator.mediaDevices.ondevicechange = (): void => {
  heard.push('devicechange');
};
globalThis.__desk = api;
