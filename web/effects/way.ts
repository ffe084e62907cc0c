/** What each way to blur is to `blurBackground`. */
import type { BlurUnavailable } from './errors.ts';

export interface BlurWay {
  readonly method: 'platform' | 'segmentation';
  readonly track: MediaStreamTrack;
  /** @returns false where this way cannot be gone with that camera. */
  setSource(source: MediaStreamTrack): boolean;
  /** Idempotent; ends `track`, never a source. */
  close(): void;
}

export interface WayOptions {
  /** 0 to 1. */
  readonly strength: number;
  /** Called at most once, after `track` was ended. */
  readonly onStopped: (error: BlurUnavailable) => void;
}
