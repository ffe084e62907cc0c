/**
 * Blur by segmentation in the browser: a worker that makes each picture anew, and how pictures reach it.
 *
 * What will surprise you: the track stays the same when the camera changes, so that nothing has to be sent anew.
 */
// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- what it declares has wildcards: no module to import
/// <reference path="./files.d.ts" />
import workerUrl from './worker/segmentation-worker.ts?worker';
import { CanvasFeed } from './canvas-feed.ts';
import { BlurUnavailable } from './errors.ts';
import { StreamFeed } from './stream-feed.ts';
import type { BlurWay, WayOptions } from './way.ts';
import type { FromWorker, ToWorker } from './worker/messages.ts';

/** How pictures come from the camera to the worker, and from there to a track. */
export interface Feed {
  readonly track: MediaStreamTrack;
  setSource(source: MediaStreamTrack): void;
  /** What the worker said, besides that it is ready or failed. */
  heard(message: FromWorker): void;
  close(): void;
}

export type Tell = (message: ToWorker, transfer?: Transferable[]) => void;

/**
 * Loads the segmentation, about 3 MiB over the network the first time.
 * @throws BlurUnavailable
 */
export async function openSegmentation(source: MediaStreamTrack, options: WayOptions): Promise<BlurWay> {
  for (const needed of ['Worker', 'OffscreenCanvas', 'WebAssembly', 'createImageBitmap']) {
    if (!(needed in globalThis)) throw new BlurUnavailable('NOT_SUPPORTED', `this browser has no ${needed}`);
  }
  const worker = new Worker(workerUrl, { type: 'module', name: 'background blur' });
  try {
    await started(worker, options.strength);
    return new SegmentationBlur(worker, source, options);
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

function started(worker: Worker, strength: number): Promise<void> {
  const listening = new AbortController();
  return new Promise<void>((resolve, reject) => {
    worker.addEventListener(
      'message',
      ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === 'ready') resolve();
        else if (data.type === 'failed') reject(new BlurUnavailable(data.code, data.reason));
      },
      { signal: listening.signal },
    );
    worker.addEventListener(
      'error',
      (event) => reject(new BlurUnavailable('NOT_LOADED', event.message || 'the worker was not loaded')),
      { signal: listening.signal },
    );
    const start: ToWorker = { type: 'start', strength };
    worker.postMessage(start);
  }).finally(() => listening.abort());
}

class SegmentationBlur implements BlurWay {
  readonly method = 'segmentation';
  readonly #tell: Tell;
  readonly #feed: Feed;
  readonly #listening = new AbortController();
  readonly #onStopped: (error: BlurUnavailable) => void;

  constructor(worker: Worker, source: MediaStreamTrack, { onStopped }: WayOptions) {
    this.#onStopped = onStopped;
    const tell: Tell = (message, transfer = []) => worker.postMessage(message, transfer);
    this.#tell = tell;
    const { signal } = this.#listening;
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#heard(data), { signal });
    worker.addEventListener('error', ({ message }) => this.#stop('STOPPED', message), { signal });
    this.#feed = StreamFeed.isSupported() ? new StreamFeed(tell) : new CanvasFeed(tell);
    this.#feed.setSource(source);
  }

  get track(): MediaStreamTrack {
    return this.#feed.track;
  }

  setSource(source: MediaStreamTrack): boolean {
    if (this.#listening.signal.aborted) return false;
    this.#feed.setSource(source);
    return true;
  }

  close(): void {
    if (this.#listening.signal.aborted) return;
    this.#listening.abort();
    this.#feed.close();
    this.#tell({ type: 'close' });
  }

  #heard(message: FromWorker): void {
    if (message.type === 'failed') this.#stop(message.code, message.reason);
    else this.#feed.heard(message);
  }

  #stop(code: BlurUnavailable['code'], reason: string): void {
    this.close();
    this.#onStopped(new BlurUnavailable(code, reason));
  }
}
