/**
 * One own device, microphone or camera: opened, changed, lost and found again.
 *
 * What will surprise you:
 * - Whatever was asked for last counts: an answer of `getUserMedia` that comes late is stopped at once.
 * - A device that is taken away is replaced by another one by itself, but only once in some seconds, so that a broken cable is
 *   no endless loop; and never by a question that the person did not ask for: where the browser would have to ask again, the
 *   slot waits for `open`.
 * - Some platforms cannot open a second device of a kind while the first one is open. So a change is tried with the old one open,
 *   for a picture without a gap, and then without.
 *
 * Ownership: owns its track; `close()` stops it.
 */
import { Emitter } from '../../sdk/emitter.ts';
import { type WantedDevice, constraintsFor, problemOf } from './constraints.ts';
import {
  type CaptureWish,
  type DeviceKind,
  type DevicePlatform,
  type DeviceProblem,
  DeviceUnavailable,
} from './device-types.ts';

const REOPEN_PAUSE_MS = 5_000;

export interface SlotOptions {
  readonly kind: DeviceKind;
  readonly platform: DevicePlatform;
  readonly wish: CaptureWish;
  /** The remembered device. */
  readonly preferredId: () => string | null;
}

export interface SlotEvents {
  changed: [];
  ended: [];
  /** By which device, as the system calls it. */
  replaced: [string];
}

export class CaptureSlot extends Emitter<SlotEvents> {
  readonly #options: SlotOptions;
  #track: MediaStreamTrack | null = null;
  #problem: DeviceProblem | null = null;
  #opening = false;
  #turn = 0;
  #closed = false;
  #mayReopen = true;
  #cancelPause: () => void = () => undefined;
  #endedListener: AbortController | null = null;

  constructor(options: SlotOptions) {
    super();
    this.#options = options;
  }

  get track(): MediaStreamTrack | null {
    return this.#track;
  }
  get problem(): DeviceProblem | null {
    return this.#problem;
  }
  get opening(): boolean {
    return this.#opening;
  }
  /** Of the device that is open. */
  get deviceId(): string | null {
    return this.#track?.getSettings().deviceId ?? null;
  }

  /**
   * Opens the remembered device or another one. Never rejects: `problem` says what is wrong.
   * @param shared a capture that is under way for several devices; null from it: not had together
   */
  async open(shared?: Promise<MediaStreamTrack | DeviceProblem | null>): Promise<void> {
    if (this.#closed) return;
    const turn = this.#begin();
    let result: MediaStreamTrack | DeviceProblem | null = null;
    if (shared !== undefined) result = await shared;
    if (result === null && turn === this.#turn) result = await this.#captureAny();
    this.#finish(turn, result ?? 'missing');
  }

  /**
   * Opens this device and no other.
   * @throws DeviceUnavailable where it cannot be opened; the one before goes on
   */
  async choose(id: string): Promise<void> {
    if (this.#closed) return;
    const turn = this.#begin();
    const wanted = { id, must: true };
    let result = await this.#capture(wanted);
    if (result === 'busy' && this.#track !== null && turn === this.#turn) {
      this.#stop();
      result = await this.#capture(wanted);
    }
    if (typeof result !== 'string') {
      this.#finish(turn, result);
      return;
    }
    if (turn !== this.#turn) return;
    if (this.#track === null) this.#finish(turn, await this.#captureAny());
    else {
      this.#opening = false;
      this.emit('changed');
    }
    throw new DeviceUnavailable(result);
  }

  /** Stops the device; its light goes out. */
  release(): void {
    this.#turn += 1;
    this.#opening = false;
    this.#problem = null;
    this.#stop();
    this.emit('changed');
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#turn += 1;
    this.#cancelPause();
    this.#stop();
    this.removeAllListeners();
  }

  #begin(): number {
    this.#turn += 1;
    this.#opening = true;
    this.emit('changed');
    return this.#turn;
  }

  #finish(turn: number, result: MediaStreamTrack | DeviceProblem): void {
    if (turn !== this.#turn) {
      if (typeof result !== 'string') result.stop();
      return;
    }
    this.#opening = false;
    this.#stop();
    if (typeof result === 'string') this.#problem = result;
    else this.#take(result);
    this.emit('changed');
  }

  #take(track: MediaStreamTrack): void {
    this.#problem = null;
    this.#track = track;
    this.#endedListener = new AbortController();
    track.addEventListener('ended', () => void this.#lost(), { signal: this.#endedListener.signal });
  }

  #stop(): void {
    this.#endedListener?.abort();
    this.#endedListener = null;
    this.#track?.stop();
    this.#track = null;
  }

  async #lost(): Promise<void> {
    this.#stop();
    this.#problem = 'ended';
    const turn = this.#begin();
    const mayOpen = (await this.#wouldNotAsk()) && this.#mayReopen;
    // Only now, so that whoever hears of the end finds the right problem.
    this.emit('ended');
    // Meanwhile it was opened or released by other means.
    if (turn !== this.#turn) return;
    if (!mayOpen) {
      this.#opening = false;
      this.emit('changed');
      return;
    }
    this.#mayReopen = false;
    this.#cancelPause = this.#options.platform.after(REOPEN_PAUSE_MS, () => {
      this.#mayReopen = true;
    });
    await this.open();
    if (this.#track !== null) this.emit('replaced', this.#track.label);
    else if (this.problem === 'missing') {
      this.#problem = 'ended';
      this.emit('changed');
    }
  }

  /** Whether opening would not bring up the browser's question. Where the browser does not tell, it is tried. */
  async #wouldNotAsk(): Promise<boolean> {
    const { kind, platform } = this.#options;
    try {
      const status = await platform.permissions?.query({ name: kind });
      if (status === undefined || status.state === 'granted') return true;
      this.#problem = 'denied';
      this.emit('changed');
      return false;
    } catch {
      return true;
    }
  }

  async #captureAny(): Promise<MediaStreamTrack | DeviceProblem> {
    const id = this.#options.preferredId();
    const result = await this.#capture(id === null ? null : { id, must: false });
    // The remembered one is there, but another program has it: another one may do.
    return result === 'busy' && id !== null ? this.#capture(null) : result;
  }

  async #capture(device: WantedDevice | null): Promise<MediaStreamTrack | DeviceProblem> {
    const { kind, platform, wish } = this.#options;
    if (platform.media === null) return 'insecure';
    const constraints = constraintsFor(kind, device, wish);
    try {
      const stream = await platform.media.getUserMedia(
        kind === 'microphone' ? { audio: constraints } : { video: constraints },
      );
      return stream.getTracks()[0] ?? 'missing';
    } catch (error) {
      return problemOf(error);
    }
  }
}
