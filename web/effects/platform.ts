/**
 * The blur of the camera's driver or operating system, where the browser passes it on (W3C mediacapture-extensions, section
 * "Exposing MediaStreamTrack source background blur support").
 *
 * What will surprise you:
 * - New constraints replace all that were there: those of the source are given again with it.
 * - A browser may take the constraint and not fulfil it; only the settings say whether the picture is blurred.
 * - People can switch it off in their system's own settings while we use it. Then it counts as stopped: the caller hears it
 *   and the track is ended before a sharp background goes on to be sent.
 */
import { BlurUnavailable } from './errors.ts';
import type { BlurWay, WayOptions } from './way.ts';

/** @returns null where this camera cannot blur by itself. */
export async function openPlatformBlur(
  source: MediaStreamTrack,
  { onStopped }: Pick<WayOptions, 'onStopped'>,
): Promise<BlurWay | null> {
  // Firefox lacks getCapabilities in older versions.
  const capabilities = 'getCapabilities' in source ? source.getCapabilities() : {};
  if (capabilities.backgroundBlur?.includes(true) !== true) return null;
  const track = source.clone();
  try {
    await track.applyConstraints({ ...source.getConstraints(), backgroundBlur: true });
  } catch {
    track.stop();
    return null;
  }
  if (track.getSettings().backgroundBlur !== true) {
    track.stop();
    return null;
  }
  return new PlatformBlur(track, onStopped);
}

class PlatformBlur implements BlurWay {
  readonly method = 'platform';
  readonly track: MediaStreamTrack;
  readonly #onStopped: (error: BlurUnavailable) => void;
  #isClosed = false;

  constructor(track: MediaStreamTrack, onStopped: (error: BlurUnavailable) => void) {
    this.track = track;
    this.#onStopped = onStopped;
    track.addEventListener('configurationchange', this.#check);
  }

  setSource(): boolean {
    return false;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.track.removeEventListener('configurationchange', this.#check);
    // The last track with this wish ends: the camera is as its other tracks want it.
    this.track.stop();
  }

  readonly #check = (): void => {
    if (this.track.getSettings().backgroundBlur === true) return;
    this.close();
    this.#onStopped(new BlurUnavailable('STOPPED', 'the blur was switched off in the system'));
  };
}
