/**
 * Showing one's own screen: asked of the browser, sent with its sound, ended by the page's button or by the browser's own bar.
 *
 * What will surprise you: a dialog that the person closes without choosing is no error. The sound may end alone, and the picture
 * goes on; where the picture ends, both do. Owns the captured tracks; `close()` ends them, is idempotent, and takes back what was
 * published.
 */
import type { Call } from '../../sdk/index.ts';
import { Emitter } from '../../sdk/emitter.ts';

export type ShareCall = Pick<Call, 'publish' | 'unpublish'>;
export type Capture = (options: DisplayMediaStreamOptions) => Promise<MediaStream>;
/** `blocked`: the system does not let the browser see the screen. */
export type ShareFailure = 'blocked' | 'failed';

export interface ScreenShareEvents {
  /** It began or ended; `track` has the news. */
  changed: [];
}

/** What browsers know besides the standard's dictionary in TypeScript's library. */
interface WishedCapture extends DisplayMediaStreamOptions {
  readonly systemAudio: 'include';
  readonly surfaceSwitching: 'include';
  readonly selfBrowserSurface: 'exclude';
}

const WISH: WishedCapture = {
  video: { frameRate: { ideal: 30, max: 30 } },
  // Music and film sound stay as they are: what is made for voices would spoil them.
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  systemAudio: 'include',
  surfaceSwitching: 'include',
  selfBrowserSurface: 'exclude',
};

/** Whether this browser can share a screen at all; phones cannot. */
export function canShareScreen(): boolean {
  return 'mediaDevices' in navigator && 'getDisplayMedia' in navigator.mediaDevices;
}

export class ScreenShare extends Emitter<ScreenShareEvents> {
  readonly #call: ShareCall;
  readonly #capture: Capture;
  #picture: MediaStreamTrack | null = null;
  #sound: MediaStreamTrack | null = null;
  #asking = false;
  #closed = false;

  /** @param capture `getDisplayMedia` */
  constructor(call: ShareCall, capture: Capture) {
    super();
    this.#call = call;
    this.#capture = capture;
  }

  /** The picture being shared; null: nothing is. */
  get track(): MediaStreamTrack | null {
    return this.#picture;
  }

  /**
   * Asks what to share, and sends it. Does nothing where something is shared, or the question is still open.
   *
   * @returns null where it went well or the person chose nothing. That the server refuses comes as the call's `error` event.
   */
  async start(): Promise<ShareFailure | null> {
    if (this.#asking || this.#picture !== null || this.#closed) return null;
    this.#asking = true;
    let stream: MediaStream;
    try {
      stream = await this.#capture(WISH);
    } catch (error) {
      return failureOf(error);
    } finally {
      this.#asking = false;
    }
    const [picture] = stream.getVideoTracks();
    const [sound] = stream.getAudioTracks();
    if (picture === undefined || this.#isOver()) {
      for (const track of stream.getTracks()) track.stop();
      return picture === undefined ? 'failed' : null;
    }
    // Text and lines before movement.
    picture.contentHint = 'detail';
    this.#picture = picture;
    picture.addEventListener('ended', this.#pictureEnded);
    this.#publish('screen', picture);
    if (sound !== undefined) {
      sound.contentHint = 'music';
      this.#sound = sound;
      sound.addEventListener('ended', this.#soundEnded);
      this.#publish('screen-audio', sound);
    }
    this.emit('changed');
    return null;
  }

  /** Ends it. Idempotent. */
  stop(): void {
    if (this.#picture === null) return;
    this.#picture.removeEventListener('ended', this.#pictureEnded);
    this.#picture.stop();
    this.#picture = null;
    this.#call.unpublish('screen');
    this.#endSound();
    this.emit('changed');
  }

  close(): void {
    this.#closed = true;
    this.stop();
    this.removeAllListeners();
  }

  readonly #pictureEnded = (): void => this.stop();
  readonly #soundEnded = (): void => this.#endSound();

  #isOver(): boolean {
    return this.#closed;
  }

  #endSound(): void {
    if (this.#sound === null) return;
    this.#sound.removeEventListener('ended', this.#soundEnded);
    this.#sound.stop();
    this.#sound = null;
    this.#call.unpublish('screen-audio');
  }

  #publish(source: 'screen' | 'screen-audio', track: MediaStreamTrack): void {
    this.#call.publish(source, track).catch(() => {
      // Refused: nobody sees it, so nothing is captured for it either.
      if (source === 'screen' && this.#picture === track) this.stop();
      else if (this.#sound === track) this.#endSound();
    });
  }
}

function failureOf(error: unknown): ShareFailure | null {
  const name = error instanceof Error ? error.name : '';
  if (name === 'AbortError') return null;
  if (name !== 'NotAllowedError') return 'failed';
  // The same name stands for a closed dialog and for a system that forbids it; only the message tells.
  return error instanceof Error && /system/i.test(error.message) ? 'blocked' : null;
}
