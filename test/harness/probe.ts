/** The probe of a page (test/page/) as calls from the test's process, and a window of measurement in one call. */
import type { Page } from 'playwright-core';
import type {
  AudioSamples,
  CameraMode,
  CameraReport,
  DevicePermission,
  TestDevice,
  TestScreen,
} from '../page/api.ts';
import type { FrameLog } from '../signal/score.ts';
import type { ToneReport } from '../signal/tone.ts';
import { passMs } from './wait.ts';

export class PageProbe {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /**
   * Reads every new picture of a playing video element from now on.
   * @param psnrEvery compare one picture in so many; 0 none.
   */
  startFrames(selector: string, psnrEvery = 1): Promise<number> {
    return this.#page.evaluate(([target, every]) => globalThis.__probe.startFrames(target, every), [
      selector,
      psnrEvery,
    ] as const);
  }

  readFrames(handle: number): Promise<FrameLog> {
    return this.#page.evaluate((of) => globalThis.__probe.readFrames(of), handle);
  }

  stopFrames(handle: number): Promise<FrameLog> {
    return this.#page.evaluate((of) => globalThis.__probe.stopFrames(of), handle);
  }

  /** Listens to the first audio track of an element's stream; resolves after `durationMs`. */
  recordTone(selector: string, durationMs: number): Promise<ToneReport> {
    return this.#page.evaluate(([target, ms]) => globalThis.__probe.recordTone(target, ms), [
      selector,
      durationMs,
    ] as const);
  }

  audioSamples(): Promise<AudioSamples> {
    return this.#page.evaluate(() => globalThis.__probe.audioSamples());
  }

  setCamera(mode: CameraMode): Promise<void> {
    return this.#page.evaluate((to) => globalThis.__probe.setCamera(to), mode);
  }

  cameras(): Promise<CameraReport> {
    return this.#page.evaluate(() => globalThis.__probe.cameras());
  }

  /** Stops or continues one simulcast layer of what the page sends. */
  sendLayer(index: number, active: boolean): Promise<number> {
    return this.#page.evaluate(([layer, on]) => globalThis.__probe.sendLayer(layer, on), [
      index,
      active,
    ] as const);
  }

  /** The bound of everything that the page sends in one layer, bits per second. */
  maxBitrates(): Promise<readonly number[]> {
    return this.#page.evaluate(() => globalThis.__probe.maxBitrates());
  }

  /** What the page's video encoders are told to make of what they may, from 0 to 1: the least of them. */
  shareOfRate(): Promise<number> {
    return this.#page.evaluate(() => globalThis.__probe.shareOfRate());
  }

  /** Puts a device on the page's desk. */
  plugIn(device: TestDevice): Promise<void> {
    return this.#page.evaluate((one) => globalThis.__probe.plugIn(one), device);
  }

  /** Takes a device away: its tracks end. */
  unplug(deviceId: string): Promise<void> {
    return this.#page.evaluate((id) => globalThis.__probe.unplug(id), deviceId);
  }

  /** Whether another program uses the device. */
  setBusy(deviceId: string, busy: boolean): Promise<void> {
    return this.#page.evaluate(([id, on]) => globalThis.__probe.setBusy(id, on), [deviceId, busy] as const);
  }

  /** `denied` ends every track of that kind. */
  setPermission(name: DevicePermission, state: 'granted' | 'denied' | 'prompt'): Promise<void> {
    return this.#page.evaluate(([of, to]) => globalThis.__probe.setPermission(of, to), [
      name,
      state,
    ] as const);
  }

  /** What the person shares when the page asks; null: nothing. */
  setScreen(screen: TestScreen | null): Promise<void> {
    return this.#page.evaluate((one) => globalThis.__probe.setScreen(one), screen);
  }

  /** The browser's own "Stop sharing". */
  stopSharing(): Promise<void> {
    return this.#page.evaluate(() => globalThis.__probe.stopSharing());
  }

  /** Reads the pictures of a window of that length. */
  async watchFrames(selector: string, durationMs: number, psnrEvery = 1): Promise<FrameLog> {
    const handle = await this.startFrames(selector, psnrEvery);
    await passMs(durationMs);
    return this.stopFrames(handle);
  }
}
