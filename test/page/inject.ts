/**
 * Runs in a test page before any of its own scripts: puts the test's devices where the page looks for real ones, and the
 * probe where the test finds it.
 *
 * A page whose `__testEquipment` has no devices is in a room without a camera: `getUserMedia` refuses with `NotFoundError`.
 * Without `__testEquipment` the browser's own devices stay as they are.
 */
import type { FrameLog } from '../signal/score.ts';
import type { ProbeApi } from './api.ts';
import { beBlindTo } from './blind.ts';
import { TestDevices } from './devices.ts';
import { FrameProbe } from './frames.ts';
import { useTestNetwork } from './network.ts';
import { audioSamples, watchReceivers } from './receivers.ts';
import { maxBitrates, sendLayer, shareOfRate, watchSenders } from './senders.ts';
import { recordTone } from './sound.ts';

class ProbeError extends Error {
  readonly code = 'PROBE';
  override readonly name = 'ProbeError';
}

const equipment = globalThis.__testEquipment;
const devices = new TestDevices(equipment ?? { devices: [], screen: null });
const probes = new Map<number, FrameProbe>();
let nextHandle = 1;

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
  audioSamples,
  setCamera: (mode) => devices.cameras.setMode(mode),
  cameras: () => devices.cameras.report(),
  sendLayer,
  maxBitrates: () => Promise.resolve(maxBitrates()),
  shareOfRate,
  plugIn: (device) => devices.plugIn(device),
  unplug: (deviceId) => devices.unplug(deviceId),
  setBusy: (deviceId, busy) => devices.setBusy(deviceId, busy),
  setPermission: (name, state) => devices.setPermission(name, state),
  setScreen: (screen) => devices.setScreen(screen),
  stopSharing: () => devices.stopSharing(),
};

globalThis.__probe = api;
watchSenders();
watchReceivers();
if (globalThis.__testBlindTo !== undefined) beBlindTo(globalThis.__testBlindTo);
if (globalThis.__testNetwork !== undefined) useTestNetwork(globalThis.__testNetwork);
if (equipment !== undefined) devices.install();
