/**
 * Camera to worker to track as streams of frames (mediacapture-transform as Chromium has it in windows). The page hands over
 * both ends and takes no further part; frames keep their timestamps.
 */
import './breakout.ts';
import type { Feed, Tell } from './segmentation.ts';

export class StreamFeed implements Feed {
  readonly track: MediaStreamTrack;
  readonly #tell: Tell;

  static isSupported(): boolean {
    return typeof MediaStreamTrackProcessor === 'function' && typeof MediaStreamTrackGenerator === 'function';
  }

  constructor(tell: Tell) {
    if (typeof MediaStreamTrackGenerator !== 'function') throw new TypeError('no MediaStreamTrackGenerator');
    const generator = new MediaStreamTrackGenerator({ kind: 'video' });
    this.track = generator;
    this.#tell = tell;
    const { writable } = generator;
    tell({ type: 'output', writable }, [writable]);
  }

  setSource(source: MediaStreamTrack): void {
    if (typeof MediaStreamTrackProcessor !== 'function') throw new TypeError('no MediaStreamTrackProcessor');
    const { readable } = new MediaStreamTrackProcessor({ track: source });
    this.#tell({ type: 'input', readable }, [readable]);
  }

  heard(): void {
    // Pictures go past the page.
  }

  close(): void {
    this.track.stop();
  }
}
