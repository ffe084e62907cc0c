/**
 * What the injected script offers in every test page, as the test's own process calls it through `page.evaluate`.
 *
 * Free of DOM types, because both sides import it.
 */
import type { FrameLog } from '../signal/score.ts';
import type { ToneReport } from '../signal/tone.ts';

/** What this page's camera and microphone give. Set before any page script runs. */
export interface TestSignal {
  /** Stream id in the barcode, 0 to 255. */
  readonly stream: number;
  /** Even. */
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  readonly toneHz: number;
}

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
  setCamera(mode: CameraMode): void;
  cameras(): CameraReport;
  /** Stops or continues one simulcast layer, counted from the smallest; gives how many senders have it. */
  sendLayer(index: number, active: boolean): Promise<number>;
}

declare global {
  // Globals of a page can only be declared with var.
  var __testSignal: TestSignal | undefined;
  var __probe: ProbeApi;
}
