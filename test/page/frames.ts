/**
 * Reads barcodes, and how good the pictures are, off playing video elements.
 *
 * What will surprise you:
 * - `requestVideoFrameCallback` may run twice while one picture is shown, so pictures are told apart by their media time;
 *   a number that really comes twice is another picture, and is kept.
 * - A busy page misses callbacks: the browser presented pictures that nobody here saw. Its own count (`presentedFrames`) tells how
 *   many; they are no loss of the call.
 * - Pixels are copied out one picture after the other. A page too busy to keep up counts pictures as unreadable rather
 *   than letting them pile up.
 */
import { readBarcode, stampTimeMs } from '../signal/barcode.ts';
import { contentPsnrDb } from '../signal/pattern.ts';
import type { FrameLog, FrameSample } from '../signal/score.ts';

const MAX_WAITING = 8;
/** Formats whose first plane is luma, 8 bits a sample. */
const LUMA_FIRST: readonly string[] = ['I420', 'I420A', 'I422', 'I444', 'NV12'];

export class FrameProbe {
  readonly #video: HTMLVideoElement;
  readonly #psnrEvery: number;
  readonly #samples: FrameSample[] = [];
  readonly #startedAtMs = stampTimeMs(Date.now());
  #unreadable = 0;
  #unseen = 0;
  #lastPresented: number | undefined;
  #width = 0;
  #height = 0;
  #stopped = false;
  #callback: number;
  #lastTimestampUs: number | undefined;
  #waiting = 0;
  #reading: Promise<void> = Promise.resolve();
  #buffer = new Uint8Array(0);

  constructor(video: HTMLVideoElement, psnrEvery: number) {
    this.#video = video;
    this.#psnrEvery = psnrEvery;
    this.#callback = video.requestVideoFrameCallback(this.#onFrame);
  }

  /** The log up to now, after the pictures already taken have been read. */
  async read(): Promise<FrameLog> {
    const stoppedAtMs = stampTimeMs(Date.now());
    await this.#reading;
    return {
      samples: [...this.#samples],
      unreadable: this.#unreadable,
      unseen: this.#unseen,
      startedAtMs: this.#startedAtMs,
      stoppedAtMs,
      width: this.#width,
      height: this.#height,
    };
  }

  stop(): void {
    this.#stopped = true;
    this.#video.cancelVideoFrameCallback(this.#callback);
  }

  #onFrame = (_nowMs: number, { presentedFrames }: VideoFrameCallbackMetadata): void => {
    if (this.#stopped) return;
    // Another source begins to count anew.
    const passed = presentedFrames - (this.#lastPresented ?? presentedFrames) - 1;
    this.#unseen += Math.max(0, passed);
    this.#lastPresented = presentedFrames;
    this.#callback = this.#video.requestVideoFrameCallback(this.#onFrame);
    const receivedAtMs = stampTimeMs(Date.now());
    let frame: VideoFrame;
    try {
      frame = new VideoFrame(this.#video);
    } catch {
      // The element lost its picture between the callback and now, as when its source is being swapped.
      return;
    }
    if (frame.timestamp === this.#lastTimestampUs) {
      frame.close();
      return;
    }
    this.#lastTimestampUs = frame.timestamp;
    if (this.#waiting >= MAX_WAITING) {
      this.#unreadable += 1;
      frame.close();
      return;
    }
    this.#waiting += 1;
    this.#reading = this.#reading.then(async () => {
      try {
        await this.#take(frame, receivedAtMs);
      } catch {
        this.#unreadable += 1;
      } finally {
        frame.close();
        this.#waiting -= 1;
      }
    });
  };

  async #take(frame: VideoFrame, receivedAtMs: number): Promise<void> {
    const rect = frame.visibleRect;
    if (rect === null || frame.format === null || !LUMA_FIRST.includes(frame.format)) {
      this.#unreadable += 1;
      return;
    }
    const bytes = frame.allocationSize();
    if (this.#buffer.length < bytes) this.#buffer = new Uint8Array(bytes);
    const layout = (await frame.copyTo(this.#buffer))[0];
    const { width, height } = rect;
    this.#width = width;
    this.#height = height;
    const luma = this.#buffer.subarray(layout?.offset ?? 0);
    const strideBytes = layout?.stride ?? width;
    const stamp = readBarcode(luma, strideBytes, width, height);
    if (stamp === null) {
      this.#unreadable += 1;
      return;
    }
    const compare = this.#psnrEvery > 0 && this.#samples.length % this.#psnrEvery === 0;
    const psnrDb = compare ? contentPsnrDb(luma, strideBytes, width, height, stamp) : null;
    this.#samples.push({ ...stamp, receivedAtMs, psnrDb });
  }
}
