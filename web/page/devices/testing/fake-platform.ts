/** A computer with devices that a test plugs in, blocks and pulls out: everything that `Devices` needs, without a browser. */
import { VirtualClock, settle } from '../../../sdk/testing/virtual-clock.ts';
import type {
  BlurredTrack,
  CapturedStream,
  DeviceKind,
  DevicePlatform,
  MediaSource,
  PermissionSource,
} from '../device-types.ts';

export class TestTrack extends EventTarget implements MediaStreamTrack {
  contentHint = '';
  enabled = true;
  readonly id: string;
  readonly kind: 'audio' | 'video';
  readonly label: string;
  readonly muted = false;
  readyState: MediaStreamTrackState = 'live';
  onended = null;
  onmute = null;
  onunmute = null;
  readonly #deviceId: string;

  constructor(kind: 'audio' | 'video', deviceId: string, label = deviceId) {
    super();
    this.kind = kind;
    this.id = `track of ${deviceId}`;
    this.label = label;
    this.#deviceId = deviceId;
  }

  stop(): void {
    this.readyState = 'ended';
  }
  /** The device goes away. */
  end(): void {
    if (this.readyState === 'ended') return;
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }
  getSettings(): MediaTrackSettings {
    return { deviceId: this.#deviceId };
  }
  clone(): TestTrack {
    return new TestTrack(this.kind, this.#deviceId, this.label);
  }
  getCapabilities(): MediaTrackCapabilities {
    return {};
  }
  getConstraints(): MediaTrackConstraints {
    return {};
  }
  applyConstraints(): Promise<void> {
    return Promise.resolve();
  }
}

export interface TestDevice {
  readonly id: string;
  readonly kind: DeviceKind | 'speaker';
  readonly label: string;
  busy?: boolean;
}

const INFO_KINDS = { microphone: 'audioinput', camera: 'videoinput', speaker: 'audiooutput' } as const;

/** A capture that waits for the test. */
export interface HeldCapture {
  readonly go: () => void;
}

export class FakePlatform implements DevicePlatform {
  readonly clock = new VirtualClock();
  readonly tracks: TestTrack[] = [];
  readonly asked: MediaStreamConstraints[] = [];
  readonly devices: TestDevice[];
  readonly media: MediaSource | null;
  readonly permissions: PermissionSource;
  /** What each kind's permission is. */
  readonly allowed: Record<DeviceKind, PermissionState> = { microphone: 'granted', camera: 'granted' };
  /** How long a person takes to answer, milliseconds. */
  answerMs = 0;
  /** Whether captures wait in `held`. */
  hold = false;
  readonly held: HeldCapture[] = [];
  /** Begun and not ended. */
  measuring = 0;
  onLevel: (level: number) => void = () => undefined;
  blurFails = false;
  readonly blurs: TestBlur[] = [];
  readonly #changes = new EventTarget();
  readonly #permissionChanges: Record<DeviceKind, EventTarget> = {
    microphone: new EventTarget(),
    camera: new EventTarget(),
  };

  constructor(devices: readonly TestDevice[], secure = true) {
    this.devices = [...devices];
    this.media = secure
      ? {
          getUserMedia: (constraints) => this.#capture(constraints),
          enumerateDevices: () =>
            Promise.resolve(
              this.devices.map(({ id, kind, label }) => ({ deviceId: id, kind: INFO_KINDS[kind], label })),
            ),
          addEventListener: this.#changes.addEventListener.bind(this.#changes),
        }
      : null;
    this.permissions = {
      query: ({ name }) => {
        const changes = this.#permissionChanges[name];
        const state = (): PermissionState => this.allowed[name];
        return Promise.resolve({
          get state() {
            return state();
          },
          addEventListener: changes.addEventListener.bind(changes),
        });
      },
    };
  }

  readonly nowMs = (): number => this.clock.nowMs();
  readonly after = (delayMs: number, run: () => void): (() => void) => this.clock.after(delayMs, run);
  readonly measure = (_track: MediaStreamTrack, onLevel: (level: number) => void): (() => void) => {
    this.measuring += 1;
    this.onLevel = onLevel;
    return () => {
      this.measuring -= 1;
    };
  };
  readonly startBlur = (source: MediaStreamTrack, onStopped: () => void): Promise<BlurredTrack> => {
    if (this.blurFails) return Promise.reject(new Error('no blur here'));
    const blur = new TestBlur(source, onStopped);
    this.blurs.push(blur);
    return Promise.resolve(blur);
  };

  get live(): readonly TestTrack[] {
    return this.tracks.filter(({ readyState }) => readyState === 'live');
  }

  async plug(...devices: readonly TestDevice[]): Promise<void> {
    this.devices.push(...devices);
    await this.#changed();
  }

  async unplug(id: string): Promise<void> {
    const at = this.devices.findIndex((device) => device.id === id);
    if (at >= 0) this.devices.splice(at, 1);
    for (const track of this.tracks) if (track.getSettings().deviceId === id) track.end();
    await this.#changed();
  }

  async permit(kind: DeviceKind, state: PermissionState): Promise<void> {
    this.allowed[kind] = state;
    if (state !== 'granted') {
      const ended = kind === 'microphone' ? 'audio' : 'video';
      for (const track of this.tracks) if (track.kind === ended) track.end();
    }
    this.#permissionChanges[kind].dispatchEvent(new Event('change'));
    await settle();
  }

  async #changed(): Promise<void> {
    this.#changes.dispatchEvent(new Event('devicechange'));
    await settle();
  }

  async #capture(constraints: MediaStreamConstraints): Promise<CapturedStream> {
    this.asked.push(constraints);
    if (this.hold) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.held.push({ go: () => resolve(undefined) });
      await promise;
    }
    if (this.answerMs > 0) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.clock.after(this.answerMs, () => resolve(undefined));
      await promise;
    }
    const wanted: [DeviceKind, MediaTrackConstraints][] = [];
    if (typeof constraints.audio === 'object') wanted.push(['microphone', constraints.audio]);
    if (typeof constraints.video === 'object') wanted.push(['camera', constraints.video]);
    const chosen = wanted.map(([kind, one]) => this.#choose(kind, one));
    const tracks = chosen.map(
      ({ id, kind, label }) => new TestTrack(kind === 'microphone' ? 'audio' : 'video', id, label),
    );
    this.tracks.push(...tracks);
    return {
      getTracks: () => tracks,
      getAudioTracks: () => tracks.filter(({ kind }) => kind === 'audio'),
      getVideoTracks: () => tracks.filter(({ kind }) => kind === 'video'),
    };
  }

  #choose(kind: DeviceKind, { deviceId }: MediaTrackConstraints): TestDevice {
    if (this.allowed[kind] === 'denied') throw new DOMException('denied', 'NotAllowedError');
    const all = this.devices.filter((device) => device.kind === kind);
    const { exact, ideal } = typeof deviceId === 'object' && !Array.isArray(deviceId) ? deviceId : {};
    const device =
      all.find(({ id }) => id === (exact ?? ideal)) ?? (exact === undefined ? all[0] : undefined);
    if (device === undefined) {
      throw new DOMException('none', exact === undefined ? 'NotFoundError' : 'OverconstrainedError');
    }
    if (device.busy === true) throw new DOMException('busy', 'NotReadableError');
    return device;
  }
}

export class TestBlur implements BlurredTrack {
  readonly track = new TestTrack('video', 'blurred');
  readonly method = 'segmentation';
  source: MediaStreamTrack;
  closed = false;
  readonly stop: () => void;

  constructor(source: MediaStreamTrack, onStopped: () => void) {
    this.source = source;
    this.stop = () => {
      this.close();
      onStopped();
    };
  }

  setSource(source: MediaStreamTrack): Promise<void> {
    this.source = source;
    return Promise.resolve();
  }
  close(): void {
    this.closed = true;
    this.track.stop();
  }
}
