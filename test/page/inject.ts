/**
 * Runs in a test page before any of its own scripts: puts the test camera and microphone where the page looks for real
 * ones, and the probe where the test finds it.
 *
 * A page without `__testSignal` has no devices: `getUserMedia` refuses with `NotFoundError`, as in a room without a camera.
 */
import type { FrameLog } from '../signal/score.ts';
import type { ProbeApi } from './api.ts';
import { TestCameras } from './camera.ts';
import { FrameProbe } from './frames.ts';
import { TestMicrophones } from './microphone.ts';
import { sendLayer, watchSenders } from './senders.ts';
import { recordTone } from './sound.ts';

class ProbeError extends Error {
  readonly code = 'PROBE';
  override readonly name = 'ProbeError';
}

const cameras = new TestCameras();
const microphones = new TestMicrophones();
const probes = new Map<number, FrameProbe>();
let nextHandle = 1;

async function openDevices(constraints?: MediaStreamConstraints): Promise<MediaStream> {
  const wantsVideo = constraints?.video !== undefined && constraints.video !== false;
  const wantsAudio = constraints?.audio !== undefined && constraints.audio !== false;
  if (!wantsVideo && !wantsAudio) throw new TypeError('at least one of audio and video must be requested');
  const signal = globalThis.__testSignal;
  if (signal === undefined) throw new DOMException('this page has no test signal', 'NotFoundError');
  const stream = new MediaStream();
  if (wantsAudio) stream.addTrack(await microphones.open(signal.toneHz));
  if (wantsVideo) stream.addTrack(cameras.open(signal));
  return stream;
}

function listDevices(): Promise<MediaDeviceInfo[]> {
  if (globalThis.__testSignal === undefined) return Promise.resolve([]);
  const device = (kind: MediaDeviceKind, deviceId: string, label: string): MediaDeviceInfo => {
    const info = { kind, deviceId, label, groupId: 'test' };
    return { ...info, toJSON: () => info };
  };
  return Promise.resolve([
    device('audioinput', 'test-microphone', 'Test microphone'),
    device('videoinput', 'test-camera', 'Test camera'),
  ]);
}

function mediaElement(selector: string): HTMLMediaElement {
  const element = document.querySelector(selector);
  if (!(element instanceof HTMLMediaElement)) throw new ProbeError(`no media element matches ${selector}`);
  return element;
}

function probeOf(handle: number): FrameProbe {
  const probe = probes.get(handle);
  if (probe === undefined) throw new ProbeError(`no probe with handle ${handle}`);
  return probe;
}

const api: ProbeApi = {
  startFrames(selector: string, psnrEvery = 1): number {
    const video = mediaElement(selector);
    if (!(video instanceof HTMLVideoElement)) throw new ProbeError(`${selector} is not a video element`);
    const handle = nextHandle;
    nextHandle += 1;
    probes.set(handle, new FrameProbe(video, psnrEvery));
    return handle;
  },
  readFrames: (handle: number): Promise<FrameLog> => probeOf(handle).read(),
  stopFrames(handle: number): Promise<FrameLog> {
    const probe = probeOf(handle);
    probes.delete(handle);
    probe.stop();
    return probe.read();
  },
  async recordTone(selector: string, durationMs: number) {
    const source = mediaElement(selector).srcObject;
    const track = source instanceof MediaStream ? source.getAudioTracks()[0] : undefined;
    if (track === undefined) throw new ProbeError(`${selector} plays no stream with sound`);
    return recordTone(track, durationMs);
  },
  setCamera: (mode) => cameras.setMode(mode),
  cameras: () => cameras.report(),
  sendLayer,
};

globalThis.__probe = api;
watchSenders();
// Absent on pages that are no secure context, which have no devices anyway.
if ('mediaDevices' in navigator) {
  navigator.mediaDevices.getUserMedia = openDevices;
  navigator.mediaDevices.enumerateDevices = listDevices;
}
