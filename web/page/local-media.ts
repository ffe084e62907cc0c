/**
 * The own camera and microphone: asked for together, had as far as they can be.
 *
 * What will surprise you: a missing or forbidden device is no error, only a sentence in `notes`: people may join with what they
 * have. Owns both tracks; `close()` ends them.
 */

export interface CaptureWish {
  /** Pixels; the width follows at 16:9. */
  readonly maxHeight: number;
  readonly frameRate: number;
}

export class LocalMedia {
  readonly microphone: MediaStreamTrack | null;
  readonly camera: MediaStreamTrack | null;
  /** What is missing, in words. */
  readonly notes: readonly string[];

  private constructor(
    microphone: MediaStreamTrack | null,
    camera: MediaStreamTrack | null,
    notes: readonly string[],
  ) {
    this.microphone = microphone;
    this.camera = camera;
    this.notes = notes;
  }

  /** Asks for both devices; where both cannot be had, for each one. Never throws. */
  static async open({ maxHeight, frameRate }: CaptureWish): Promise<LocalMedia> {
    const width = Math.round((maxHeight * 16) / 9 / 2) * 2;
    const audio: MediaTrackConstraints = {
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
    };
    const video: MediaTrackConstraints = {
      width: { ideal: width, max: width },
      height: { ideal: maxHeight, max: maxHeight },
      frameRate: { ideal: frameRate, max: frameRate },
    };
    if (!('mediaDevices' in navigator)) {
      return new LocalMedia(null, null, [
        'This page can use camera and microphone only over https or on this computer itself.',
      ]);
    }
    try {
      const both = await navigator.mediaDevices.getUserMedia({ audio, video });
      return new LocalMedia(first(both.getAudioTracks()), first(both.getVideoTracks()), []);
    } catch {
      const notes: string[] = [];
      const microphone = await capture({ audio }, 'microphone', notes);
      const camera = await capture({ video }, 'camera', notes);
      return new LocalMedia(microphone, camera, notes);
    }
  }

  close(): void {
    this.microphone?.stop();
    this.camera?.stop();
  }
}

function first(tracks: readonly MediaStreamTrack[]): MediaStreamTrack | null {
  return tracks[0] ?? null;
}

async function capture(
  constraints: MediaStreamConstraints,
  device: 'microphone' | 'camera',
  notes: string[],
): Promise<MediaStreamTrack | null> {
  try {
    return first((await navigator.mediaDevices.getUserMedia(constraints)).getTracks());
  } catch (error) {
    notes.push(reasonWords(device, error instanceof DOMException ? error.name : ''));
    return null;
  }
}

function reasonWords(device: 'microphone' | 'camera', name: string): string {
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return `The browser does not allow the ${device}. You can join without it.`;
    case 'NotReadableError':
    case 'AbortError':
      return `The ${device} is used by another program. You can join without it.`;
    default:
      return `No ${device} was found. You can join without it.`;
  }
}
