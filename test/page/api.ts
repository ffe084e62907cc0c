/**
 * What the injected script offers in every test page, as the test's own process calls it through `page.evaluate`.
 *
 * Free of DOM types, because both sides import it.
 */
import type { FrameLog } from '../signal/score.ts';
import type { ToneReport } from '../signal/tone.ts';

/** What a camera or a screen shows: the pattern of that stream, or a recording. */
export interface TestPicture {
  /** Stream id in the barcode, 0 to 255. */
  readonly stream: number;
  /** Even. */
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  /**
   * Address of tightly packed I420 pictures of this size, one after the other, shown in a loop instead of the pattern. Such a
   * picture has no barcode, and is never made smaller.
   */
  readonly clipUrl?: string;
}

/** The one camera and the one microphone of a page of which a test wants no more. */
export interface TestSignal extends TestPicture {
  readonly toneHz: number;
}

interface AnyDevice {
  readonly deviceId: string;
  readonly label: string;
}
export interface TestCamera extends AnyDevice {
  readonly kind: 'videoinput';
  /** The most that it can give; a page that asks for less gets less. */
  readonly picture: TestPicture;
  readonly facingMode?: 'user' | 'environment';
}
export interface TestMicrophone extends AnyDevice {
  readonly kind: 'audioinput';
  readonly toneHz: number;
}
export interface TestSpeaker extends AnyDevice {
  readonly kind: 'audiooutput';
}
export type TestDevice = TestCamera | TestMicrophone | TestSpeaker;

/** What a person shares when a page asks for the screen. */
export interface TestScreen {
  readonly picture: TestPicture;
  /** The sound of what is shared; null: it has none. */
  readonly toneHz: number | null;
}

/** All that stands on the desk before the page. */
export interface TestEquipment {
  /** In the order in which the browser lists them; the first of a kind is its default. */
  readonly devices: readonly TestDevice[];
  /** null: the person closes the browser's question without sharing. */
  readonly screen: TestScreen | null;
}

export type DevicePermission = 'camera' | 'microphone';

/** `running`; `paused`: no pictures at all; `repeating`: the same picture again and again, old barcode included. */
export type CameraMode = 'running' | 'paused' | 'repeating';

export interface CameraReport {
  /** Pictures given to the browser by all cameras of this page. */
  readonly pictures: number;
  /** Times that a picture's turn had passed before the page got to it. */
  readonly missedTurns: number;
  /** Cameras whose track has not ended. */
  readonly live: number;
}

/** Of all sound that the page received, in samples since it opened; the names are those of `RTCInboundRtpStreamStats`. */
export interface AudioSamples {
  readonly totalSamplesReceived: number;
  readonly concealedSamples: number;
  readonly silentConcealedSamples: number;
}

export interface ProbeApi {
  /**
   * Starts to read every new picture of a playing video element.
   * @param psnrEvery compare one picture in so many with the pattern; 0 compares none. Default 1.
   * @returns a handle for the calls below.
   */
  startFrames(selector: string, psnrEvery?: number): number;
  /** What was read so far, with the window ending now. */
  readFrames(handle: number): Promise<FrameLog>;
  /** The same, and ends the probe. */
  stopFrames(handle: number): Promise<FrameLog>;
  /** Listens to the first audio track of an element's stream. Silence or no data gives a report without a tone. */
  recordTone(selector: string, durationMs: number): Promise<ToneReport>;
  audioSamples(): Promise<AudioSamples>;
  setCamera(mode: CameraMode): void;
  cameras(): CameraReport;
  /** Stops or continues one simulcast layer, counted from the smallest; gives how many senders have it. */
  sendLayer(index: number, active: boolean): Promise<number>;
  /** The bound of everything that the page sends in one layer, bits per second. */
  maxBitrates(): Promise<readonly number[]>;
  /** What the page's video encoders are told to make of what they may, from 0 to 1: the least of them. */
  shareOfRate(): Promise<number>;
  /** Puts a device on the desk; the page hears `devicechange`. */
  plugIn(device: TestDevice): void;
  /** Takes it away: its tracks end, and the page hears `devicechange`. */
  unplug(deviceId: string): void;
  /** Lets another program use the device: whoever opens it from now on hears `NotReadableError`. */
  setBusy(deviceId: string, busy: boolean): void;
  /** What the person or the browser decides. `denied` ends every track of that kind. */
  setPermission(name: DevicePermission, state: 'granted' | 'denied' | 'prompt'): void;
  /** What is shared when the page asks next. */
  setScreen(screen: TestScreen | null): void;
  /** The browser's own "Stop sharing". */
  stopSharing(): void;
}

declare global {
  // Globals of a page can only be declared with var.
  /** Set before any page script runs; undefined: the browser's own devices stay as they are. */
  var __testEquipment: TestEquipment | undefined;
  var __probe: ProbeApi;
}
