/**
 * Blurs what is behind a person in a camera's picture. Loaded when somebody first asks for it.
 *
 * What will surprise you:
 * - The camera's own blur is taken where there is one; it costs nothing. Else a small network in a worker finds the person.
 * - The source is borrowed: it is never ended nor changed here, and may be shown or sent unblurred elsewhere meanwhile.
 * - Where the blur stops, its track is ended. A sharp background is never sent in its place; what to do is the caller's.
 */
import { BlurUnavailable } from './errors.ts';
import { openPlatformBlur } from './platform.ts';
import { openSegmentation } from './segmentation.ts';
import type { BlurWay } from './way.ts';

export { BlurUnavailable, type BlurProblem } from './errors.ts';

export interface BlurOptions {
  /** From 0, weak, to 1; 0.5 where absent. The camera's own blur has no such choice. */
  readonly strength?: number;
  /** Called at most once, where the blur stops by itself; its track is ended then. */
  readonly onStopped?: (error: BlurUnavailable) => void;
}

export interface BlurredTrack {
  /** The blurred picture; may be another one after `setSource`. */
  readonly track: MediaStreamTrack;
  readonly method: 'platform' | 'segmentation';
  /**
   * Takes another camera.
   * @returns when `track` shows it; at once where the track stays the same.
   * @throws BlurUnavailable, and `track` is ended.
   */
  setSource(source: MediaStreamTrack): Promise<void>;
  /** Ends `track`, never the source. Idempotent. */
  close(): void;
}

/**
 * @param source a camera's live track.
 * @throws BlurUnavailable
 */
export async function blurBackground(
  source: MediaStreamTrack,
  { strength = 0.5, onStopped = () => undefined }: BlurOptions = {},
): Promise<BlurredTrack> {
  const options = { strength, onStopped };
  return new Blurred(await openWay(source, options), options);
}

type Options = Required<BlurOptions>;

async function openWay(source: MediaStreamTrack, options: Options): Promise<BlurWay> {
  checkSource(source);
  return (await openPlatformBlur(source, options)) ?? (await openSegmentation(source, options));
}

function checkSource({ kind, readyState }: MediaStreamTrack): void {
  if (kind !== 'video') throw new BlurUnavailable('NO_PICTURE', `a track of ${kind} has no background`);
  if (readyState !== 'live') throw new BlurUnavailable('NO_PICTURE', 'the camera has ended');
}

class Blurred implements BlurredTrack {
  #way: BlurWay;
  readonly #options: Options;
  #changing: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(way: BlurWay, options: Options) {
    this.#way = way;
    this.#options = options;
  }

  get track(): MediaStreamTrack {
    return this.#way.track;
  }

  get method(): BlurWay['method'] {
    return this.#way.method;
  }

  setSource(source: MediaStreamTrack): Promise<void> {
    // One after the other: two at once would each leave the other's way open.
    const change = this.#changing.then(() => this.#change(source));
    this.#changing = change.catch(() => undefined);
    return change;
  }

  close(): void {
    if (this.#isClosed()) return;
    this.#closing.abort();
    this.#way.close();
  }
  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #change(source: MediaStreamTrack): Promise<void> {
    if (this.#isClosed()) throw new BlurUnavailable('STOPPED', 'the blur was closed');
    checkSource(source);
    if (this.#way.setSource(source)) return;
    const before = this.#way;
    try {
      const way = await openWay(source, this.#options);
      this.#way = way;
      // Closed while that was opened.
      if (this.#isClosed()) way.close();
    } finally {
      before.close();
    }
  }
}
