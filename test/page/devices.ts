/**
 * The test's cameras, microphones, loudspeakers and screen, where a page looks for real ones: several of a kind, plugged in and
 * out while the page runs, in use elsewhere, forbidden.
 *
 * What will surprise you:
 * - As in a browser, a page that was never allowed a kind of device sees one entry of that kind, without id and label. Asking
 *   for the device is answered with yes, unless the test has said `denied`.
 * - A track whose device goes is stopped here and then told `ended`, its clones as well: `stop()` alone tells nobody.
 * - Loudspeakers play nothing; `setSinkId` only notes which one was chosen.
 */
import type {
  DevicePermission,
  TestCamera,
  TestDevice,
  TestEquipment,
  TestMicrophone,
  TestPicture,
  TestScreen,
} from './api.ts';
import { TestCameras } from './camera.ts';
import { chooseDevice, fitPicture, wants } from './constraints.ts';
import { TestMicrophones } from './microphone.ts';
import { TestPermission } from './permission.ts';

const GROUP = 'test';
const SCREEN = 'test-screen';

export class TestDevices {
  readonly cameras = new TestCameras();
  readonly #microphones = new TestMicrophones();
  readonly #permissions: Readonly<Record<DevicePermission, TestPermission>> = {
    camera: new TestPermission('camera'),
    microphone: new TestPermission('microphone'),
  };
  readonly #busy = new Set<string>();
  /** Tracks that were given out, clones included, by device; those that have ended may still be here. */
  readonly #tracks = new Map<string, Set<MediaStreamTrack>>();
  #devices: readonly TestDevice[];
  #screen: TestScreen | null;

  constructor({ devices, screen }: TestEquipment) {
    this.#devices = devices;
    this.#screen = screen;
  }

  /** Takes the place of the browser's own devices. */
  install(): void {
    // Absent on pages that are no secure context, which have no devices anyway.
    if (!('mediaDevices' in navigator)) return;
    navigator.mediaDevices.getUserMedia = (constraints) => this.#open(constraints ?? {});
    navigator.mediaDevices.getDisplayMedia = (options) => this.#share(options ?? {});
    navigator.mediaDevices.enumerateDevices = () => Promise.resolve(this.#list());
    const query = navigator.permissions.query.bind(navigator.permissions);
    navigator.permissions.query = async (wanted) => {
      const { name }: { name: string } = wanted;
      return name === 'camera' || name === 'microphone' ? this.#permissions[name] : query(wanted);
    };
    const isSpeaker = (id: string): boolean =>
      id === '' || this.#devices.some(({ kind, deviceId }) => kind === 'audiooutput' && deviceId === id);
    HTMLMediaElement.prototype.setSinkId = function (this: HTMLMediaElement, sinkId: string): Promise<void> {
      if (!isSpeaker(sinkId)) return Promise.reject(new DOMException('no such loudspeaker', 'NotFoundError'));
      Object.defineProperty(this, 'sinkId', { value: sinkId, configurable: true });
      return Promise.resolve();
    };
  }

  plugIn(device: TestDevice): void {
    this.#devices = [...this.#devices.filter(({ deviceId }) => deviceId !== device.deviceId), device];
    this.#tellChange();
  }

  unplug(deviceId: string): void {
    this.#devices = this.#devices.filter((device) => device.deviceId !== deviceId);
    this.#endTracks(deviceId);
    this.#tellChange();
  }

  setBusy(deviceId: string, busy: boolean): void {
    if (busy) this.#busy.add(deviceId);
    else this.#busy.delete(deviceId);
  }

  setPermission(name: DevicePermission, state: PermissionState): void {
    this.#permissions[name].set(state);
    if (state === 'granted') return;
    const kind = name === 'camera' ? 'videoinput' : 'audioinput';
    for (const device of this.#devices) if (device.kind === kind) this.#endTracks(device.deviceId);
  }

  setScreen(screen: TestScreen | null): void {
    this.#screen = screen;
  }

  stopSharing(): void {
    this.#endTracks(SCREEN);
  }

  async #open({ audio, video }: MediaStreamConstraints): Promise<MediaStream> {
    if (!wants(audio) && !wants(video)) {
      throw new TypeError('at least one of audio and video must be requested');
    }
    // All of it is decided before anything is opened: a page gets both or none.
    const microphone = wants(audio) ? this.#choose('audioinput', 'microphone', audio) : null;
    const camera = wants(video) ? this.#choose('videoinput', 'camera', video) : null;
    const picture = camera === null ? null : fitPicture(camera, video);
    const stream = new MediaStream();
    if (microphone !== null) {
      stream.addTrack(this.#adopt(await this.#microphones.open(microphone.toneHz), microphone, {}));
      this.#permissions.microphone.set('granted');
    }
    if (camera !== null && picture !== null) {
      stream.addTrack(this.#adopt(await this.cameras.open(picture), camera, shapeOf(picture)));
      this.#permissions.camera.set('granted');
    }
    return stream;
  }

  async #share({ audio }: DisplayMediaStreamOptions): Promise<MediaStream> {
    const screen = this.#screen;
    if (screen === null) throw new DOMException('the person shares nothing', 'NotAllowedError');
    const device = { deviceId: SCREEN, label: 'Test screen' };
    const settings = { ...shapeOf(screen.picture), displaySurface: 'monitor' };
    const stream = new MediaStream([this.#adopt(await this.cameras.open(screen.picture), device, settings)]);
    if (wants(audio) && screen.toneHz !== null) {
      stream.addTrack(this.#adopt(await this.#microphones.open(screen.toneHz), device, {}));
    }
    return stream;
  }

  #choose(kind: 'audioinput', name: DevicePermission, wish: MediaStreamConstraints['audio']): TestMicrophone;
  #choose(kind: 'videoinput', name: DevicePermission, wish: MediaStreamConstraints['video']): TestCamera;
  #choose(
    kind: 'audioinput' | 'videoinput',
    name: DevicePermission,
    wish: boolean | MediaTrackConstraints | undefined,
  ): TestDevice {
    const present = this.#devices.filter((device) => device.kind === kind);
    if (present.length === 0) throw new DOMException(`there is no ${name}`, 'NotFoundError');
    if (this.#permissions[name].state === 'denied') {
      throw new DOMException(`the person does not allow the ${name}`, 'NotAllowedError');
    }
    const device = chooseDevice(present, wish);
    if (this.#busy.has(device.deviceId)) {
      throw new DOMException(`the ${name} is in use`, 'NotReadableError');
    }
    return device;
  }

  #list(): MediaDeviceInfo[] {
    const allowed = (kind: MediaDeviceKind): boolean =>
      this.#permissions[kind === 'videoinput' ? 'camera' : 'microphone'].state === 'granted';
    const seen = new Set<MediaDeviceKind>();
    return this.#devices.flatMap(({ kind, deviceId, label }) => {
      const first = !seen.has(kind);
      seen.add(kind);
      if (allowed(kind)) return [deviceInfo(kind, deviceId, label)];
      return first ? [deviceInfo(kind, '', '')] : [];
    });
  }

  /** Gives a track the name of its device, and remembers it and its clones. */
  #adopt(
    track: MediaStreamTrack,
    device: Pick<TestDevice, 'deviceId' | 'label'>,
    settings: MediaTrackSettings,
  ): MediaStreamTrack {
    const { deviceId, label } = device;
    const tracks = this.#tracks.get(deviceId) ?? new Set();
    this.#tracks.set(deviceId, tracks);
    for (const old of tracks) if (old.readyState === 'ended') tracks.delete(old);
    tracks.add(track);
    const [getSettings, clone] = [track.getSettings.bind(track), track.clone.bind(track)];
    Object.defineProperty(track, 'label', { value: label });
    track.getSettings = () => ({ ...getSettings(), ...settings, deviceId, groupId: GROUP });
    track.clone = () => this.#adopt(clone(), device, settings);
    return track;
  }

  #endTracks(deviceId: string): void {
    const tracks = [...(this.#tracks.get(deviceId) ?? [])].filter(({ readyState }) => readyState === 'live');
    this.#tracks.delete(deviceId);
    for (const track of tracks) track.stop();
    for (const track of tracks) track.dispatchEvent(new Event('ended'));
  }

  #tellChange(): void {
    if ('mediaDevices' in navigator) navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  }
}

function shapeOf({ width, height, frameRate }: TestPicture): MediaTrackSettings {
  return { width, height, frameRate };
}

function deviceInfo(kind: MediaDeviceKind, deviceId: string, label: string): MediaDeviceInfo {
  const info = { kind, deviceId, label, groupId: deviceId === '' ? '' : GROUP };
  return { ...info, toJSON: () => info };
}
