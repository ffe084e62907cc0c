/**
 * Camera to worker and back picture by picture, where the browser has no streams of frames: a video element that is never
 * shown, and a canvas whose stream is the track.
 *
 * What will surprise you:
 * - Video elements call back only while the page is seen. A clock in the worker, which browsers do not slow down, asks for
 *   pictures whenever the element has not called for a while.
 * - One picture is on its way at a time: a slow machine loses pictures and gains no delay.
 * - The track's timestamps are those of the canvas; the pictures' own are lost here.
 */
import type { Feed, Tell } from './segmentation.ts';
import type { FromWorker } from './worker/messages.ts';

const DEFAULT_FPS = 30;

export class CanvasFeed implements Feed {
  readonly track: MediaStreamTrack;
  readonly #tell: Tell;
  readonly #video = document.createElement('video');
  readonly #canvas = document.createElement('canvas');
  readonly #context: ImageBitmapRenderingContext;
  readonly #intervalMs: number;
  #isBusy = false;
  #isClosed = false;
  #calledAtMs = 0;
  #takenAtS = -1;
  #callback = 0;

  constructor(tell: Tell) {
    this.#tell = tell;
    const context = this.#canvas.getContext('bitmaprenderer', { alpha: false });
    if (context === null) throw new TypeError('no canvas for bitmaps');
    this.#context = context;
    const [track] = this.#canvas.captureStream().getVideoTracks();
    if (track === undefined) throw new TypeError('a canvas without video');
    this.track = track;
    this.#video.muted = true;
    this.#video.playsInline = true;
    this.#video.disablePictureInPicture = true;
    this.#intervalMs = 1000 / DEFAULT_FPS;
    tell({ type: 'tick-every', intervalMs: this.#intervalMs });
    this.#await();
  }

  setSource(source: MediaStreamTrack): void {
    this.#takenAtS = -1;
    this.#tell({ type: 'restart' });
    this.#video.srcObject = new MediaStream([source]);
    this.#video.play().catch(() => {
      // Another source came before this one began; or the page forbids it, and the clock in the worker goes on asking.
    });
  }

  heard(message: FromWorker): void {
    if (message.type === 'tick') {
      if (performance.now() - this.#calledAtMs > 2 * this.#intervalMs) this.#take();
    } else if (message.type === 'picture') {
      this.#isBusy = false;
      const { width, height } = message.picture;
      if (this.#canvas.width !== width || this.#canvas.height !== height) {
        this.#canvas.width = width;
        this.#canvas.height = height;
      }
      // Takes the picture over, and frees the one before.
      this.#context.transferFromImageBitmap(message.picture);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#video.cancelVideoFrameCallback(this.#callback);
    this.#video.pause();
    this.#video.srcObject = null;
    this.#context.transferFromImageBitmap(null);
    this.track.stop();
  }

  #await(): void {
    this.#callback = this.#video.requestVideoFrameCallback(() => {
      if (this.#isClosed) return;
      this.#calledAtMs = performance.now();
      this.#take();
      this.#await();
    });
  }

  #take(): void {
    const atS = this.#video.currentTime;
    const isNew = atS !== this.#takenAtS && this.#video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    if (this.#isBusy || this.#isClosed || !isNew) return;
    this.#isBusy = true;
    this.#takenAtS = atS;
    createImageBitmap(this.#video).then(
      (picture) => {
        if (this.#isClosed) picture.close();
        else this.#tell({ type: 'picture', picture, atMs: atS * 1000 }, [picture]);
      },
      () => {
        // The element lost its picture between the question and the answer: the next one is taken.
        this.#isBusy = false;
      },
    );
  }
}
