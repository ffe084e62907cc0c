/**
 * The own camera and microphone, before and in the call: opened together, chosen, switched off, lost and found again.
 *
 * What will surprise you:
 * - A missing or forbidden device is no error: people join with what they have, and `problem` says what is missing.
 * - A camera that is off is released after `releaseAfterMs`, so that its light goes out; `camera` is null then, and a track again
 *   soon after `setOn`. A microphone that is off stays open, silent: opening one takes too long to begin a sentence.
 * - The device in use may be another one than the remembered one, which may be unplugged; when it comes back, it is used again.
 * - `revision` is another number after every change: what a view reads to draw itself again.
 *
 * Ownership: owns all tracks that it gives; `close()` stops them.
 */
import { Emitter } from '../../sdk/emitter.ts';
import type { Settings } from '../app/settings.ts';
import { BlurStage } from './blur-stage.ts';
import { CaptureSlot } from './capture-slot.ts';
import { constraintsFor, problemOf, sortDevices } from './constraints.ts';
import type {
  BlurState,
  CaptureWish,
  CapturedStream,
  DeviceKind,
  DeviceLists,
  DevicePlatform,
  DeviceProblem,
} from './device-types.ts';
import { LevelMeter } from './level-meter.ts';

export { DeviceUnavailable } from './device-types.ts';
export type {
  BlurState,
  CaptureWish,
  DeviceChoice,
  DeviceKind,
  DeviceLists,
  DevicePlatform,
  DeviceProblem,
} from './device-types.ts';

export interface DeviceEvents {
  changed: [];
  /** The device that was used went away: unplugged, or its permission taken back. */
  ended: [DeviceKind];
  /** Another device took its place; its name. */
  replaced: [DeviceKind, string];
  /** Blur does not work here. True: the camera was switched off for it. */
  'blur-failed': [boolean];
}

export interface DevicesOptions {
  /** Remembers the chosen devices and the blur. */
  readonly settings: Settings;
  readonly wish: CaptureWish;
  readonly platform: DevicePlatform;
}

const KINDS = ['microphone', 'camera'] as const satisfies readonly DeviceKind[];
const ID_SETTINGS = { microphone: 'microphoneId', camera: 'cameraId', speaker: 'speakerId' } as const;
/** A refusal that comes sooner was not made by a person. */
const ANSWERED_MS = 400;

export class Devices extends Emitter<DeviceEvents> {
  readonly level: { readonly subscribe: (listener: (level: number) => void) => () => void };
  /** How long a camera that is off stays open, so that it is back at once, milliseconds. */
  releaseAfterMs = 0;
  readonly #options: DevicesOptions;
  readonly #slots: Readonly<Record<DeviceKind, CaptureSlot>>;
  readonly #blur: BlurStage;
  readonly #meter: LevelMeter;
  readonly #on: Record<DeviceKind, boolean> = { microphone: true, camera: true };
  readonly #ending = new AbortController();
  #lists: DeviceLists = { microphones: [], cameras: [], speakers: [] };
  #cancelRelease: () => void = () => undefined;
  #revision = 0;

  constructor(options: DevicesOptions) {
    super();
    this.#options = options;
    const { platform, settings } = options;
    this.#blur = new BlurStage(platform.startBlur);
    this.#meter = new LevelMeter(platform.measure);
    this.level = { subscribe: (listener) => this.#meter.subscribe(listener) };
    this.#slots = { microphone: this.#makeSlot('microphone'), camera: this.#makeSlot('camera') };
    this.#blur.setWanted(settings.value.blur);
    this.#blur.on('changed', () => this.#changed());
    this.#blur.on('failed', (held) => {
      settings.set({ blur: false });
      // Nobody who wished for blur is shown without it.
      if (held) this.setOn('camera', false);
      this.emit('blur-failed', held);
    });
  }

  /** The live track to send; null: none. See `camera`. */
  get microphone(): MediaStreamTrack | null {
    return this.#slots.microphone.track;
  }
  /**
   * The live track to show and send, after blur; another object after a change of device. Null while there is none: a publication
   * that exists is paused then, and goes on with `Call.replaceTrack` when there is one again, so that
   * `paused = camera === null || !isOn('camera')`.
   */
  get camera(): MediaStreamTrack | null {
    return this.#blur.output;
  }
  /** Another number after every change. */
  get revision(): number {
    return this.#revision;
  }
  /** What the person wishes; a device with a problem may be on. */
  isOn(kind: DeviceKind): boolean {
    return this.#on[kind];
  }
  /** Whether it will be there soon: it is being opened, or its blur is. */
  isOpening(kind: DeviceKind): boolean {
    const slot = this.#slots[kind];
    return slot.opening || (kind === 'camera' && slot.track !== null && this.camera === null);
  }
  problem(kind: DeviceKind): DeviceProblem | null {
    return this.#slots[kind].problem;
  }
  get lists(): DeviceLists {
    return this.#lists;
  }
  get blur(): BlurState {
    return this.#blur.state;
  }

  /** The device in use, else the remembered one where it is there; null: the browser's own choice. */
  chosenId(kind: DeviceKind | 'speaker'): string | null {
    const remembered = this.#options.settings.value[ID_SETTINGS[kind]];
    if (kind === 'speaker') {
      return this.#lists.speakers.some(({ id }) => id === remembered) ? remembered : null;
    }
    return this.#slots[kind].deviceId ?? remembered;
  }

  /** Asks for both devices at once. Resolves when what there is has been had; never rejects. */
  async start(): Promise<void> {
    const { media } = this.#options.platform;
    const { signal } = this.#ending;
    media?.addEventListener('devicechange', () => void this.#devicesChanged(), { signal });
    this.#watchPermissions();
    const together = this.#captureTogether();
    const microphone = this.#slots.microphone.open(
      together.then((had) => (had instanceof Together ? had.audio : had)),
    );
    const camera = this.#slots.camera.open(
      together.then(async (had) => {
        if (had instanceof Together) return had.video;
        // One question after the other.
        if (had === null) await microphone;
        return had;
      }),
    );
    await Promise.all([microphone, camera]);
    await this.#refreshLists();
  }

  setOn(kind: DeviceKind, on: boolean): void {
    this.#on[kind] = on;
    const slot = this.#slots[kind];
    if (kind === 'camera') this.#holdOrRelease(on);
    if (on && slot.track === null && !slot.opening) void slot.open().then(() => this.#refreshLists());
    this.#changed();
  }

  /**
   * Uses this device and remembers it.
   * @throws DeviceUnavailable where it cannot be opened; the one before goes on
   */
  async choose(kind: DeviceKind | 'speaker', id: string): Promise<void> {
    const { settings } = this.#options;
    // A camera that is off is opened when it is switched on.
    if (kind !== 'speaker' && (this.#on[kind] || this.#slots[kind].track !== null)) {
      await this.#slots[kind].choose(id);
    }
    settings.set({ [ID_SETTINGS[kind]]: id });
    this.#changed();
  }

  /** Tries once more, after a problem. Resolves when it is had or not; never rejects. */
  async retry(kind: DeviceKind): Promise<void> {
    this.#on[kind] = true;
    await this.#slots[kind].open();
    await this.#refreshLists();
  }

  /** Blurs the camera's background, or no longer, and remembers it. Resolves when it has begun; `blur` says how it goes. */
  setBlur(on: boolean): Promise<void> {
    this.#options.settings.set({ blur: on });
    this.#blur.setWanted(on);
    return Promise.resolve();
  }

  close(): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    this.#cancelRelease();
    this.#meter.close();
    this.#blur.close();
    for (const kind of KINDS) this.#slots[kind].close();
    this.removeAllListeners();
  }

  #makeSlot(kind: DeviceKind): CaptureSlot {
    const { platform, settings, wish } = this.#options;
    const slot = new CaptureSlot({
      kind,
      platform,
      wish,
      preferredId: () => settings.value[ID_SETTINGS[kind]],
    });
    slot.on('changed', () => {
      if (kind === 'microphone') this.#meter.setTrack(slot.track);
      else this.#blur.setInput(slot.track);
      this.#changed();
    });
    slot.on('ended', () => this.emit('ended', kind));
    slot.on('replaced', (label) => this.emit('replaced', kind, label));
    return slot;
  }

  #changed(): void {
    if (this.#ending.signal.aborted) return;
    this.#revision += 1;
    for (const kind of KINDS) {
      for (const track of [this.#slots[kind].track, kind === 'camera' ? this.camera : null]) {
        if (track !== null && track.enabled !== this.#on[kind]) track.enabled = this.#on[kind];
      }
    }
    this.emit('changed');
  }

  #holdOrRelease(on: boolean): void {
    this.#cancelRelease();
    this.#cancelRelease = () => undefined;
    if (on) return;
    const { camera } = this.#slots;
    if (this.releaseAfterMs === 0) camera.release();
    else this.#cancelRelease = this.#options.platform.after(this.releaseAfterMs, () => camera.release());
  }

  /** Null: not to be had together; a problem: a person said no. */
  async #captureTogether(): Promise<Together | DeviceProblem | null> {
    const { platform, settings, wish } = this.#options;
    if (platform.media === null) return 'insecure';
    const { microphoneId, cameraId } = settings.value;
    const device = (id: string | null): { id: string; must: false } | null =>
      id === null ? null : { id, must: false };
    const askedAtMs = platform.nowMs();
    try {
      const stream = await platform.media.getUserMedia({
        audio: constraintsFor('microphone', device(microphoneId), wish),
        video: constraintsFor('camera', device(cameraId), wish),
      });
      return new Together(stream);
    } catch (error) {
      const answered = platform.nowMs() - askedAtMs > ANSWERED_MS;
      return problemOf(error) === 'denied' && answered ? 'denied' : null;
    }
  }

  async #refreshLists(): Promise<void> {
    try {
      const found = (await this.#options.platform.media?.enumerateDevices()) ?? [];
      this.#lists = sortDevices(found);
      this.#changed();
    } catch {
      // The lists stay as they were.
    }
  }

  async #devicesChanged(): Promise<void> {
    await this.#refreshLists();
    if (this.#ending.signal.aborted) return;
    for (const kind of KINDS) {
      const slot = this.#slots[kind];
      if (!this.#on[kind] || slot.opening) continue;
      const list = kind === 'microphone' ? this.#lists.microphones : this.#lists.cameras;
      const remembered = this.#options.settings.value[ID_SETTINGS[kind]];
      const isBack =
        slot.track !== null &&
        slot.deviceId !== remembered &&
        remembered !== null &&
        list.some(({ id }) => id === remembered);
      const mayBeThere =
        slot.track === null &&
        list.length > 0 &&
        (slot.problem === 'missing' || slot.problem === 'ended' || slot.problem === 'busy');
      if (isBack) await slot.choose(remembered).catch(() => undefined);
      else if (mayBeThere) await slot.open();
    }
  }

  #watchPermissions(): void {
    const { permissions } = this.#options.platform;
    for (const kind of KINDS) {
      // Browsers that do not know these names refuse.
      permissions
        ?.query({ name: kind })
        .then((status) => {
          const changed = (): void => {
            const slot = this.#slots[kind];
            if (status.state === 'granted' && slot.problem === 'denied' && this.#on[kind]) {
              void this.retry(kind);
            }
          };
          status.addEventListener('change', changed, { signal: this.#ending.signal });
        })
        .catch(() => undefined);
    }
  }
}

/** Both tracks of one capture. */
class Together {
  readonly audio: MediaStreamTrack | null;
  readonly video: MediaStreamTrack | null;
  constructor(stream: CapturedStream) {
    this.audio = stream.getAudioTracks()[0] ?? null;
    this.video = stream.getVideoTracks()[0] ?? null;
  }
}
