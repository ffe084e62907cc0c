/** What the page and the segmentation's worker say to each other. */
import type { BlurProblem } from '../errors.ts';

export type ToWorker =
  /** The first message. `strength`: 0 to 1. */
  | { readonly type: 'start'; readonly strength: number }
  /** Where pictures go, where the browser has such streams; once. */
  | { readonly type: 'output'; readonly writable: WritableStream<VideoFrame> }
  /** Where pictures come from, from now on; the one before is let go. */
  | { readonly type: 'input'; readonly readable: ReadableStream<VideoFrame> }
  /** One picture, where the browser has no such streams; answered by `picture`. `atMs`: its time. */
  | { readonly type: 'picture'; readonly picture: ImageBitmap; readonly atMs: number }
  /** Another camera's pictures follow, where they come one by one. */
  | { readonly type: 'restart' }
  /** A clock that goes on at full pace while the page is hidden. */
  | { readonly type: 'tick-every'; readonly intervalMs: number }
  /** The last message: lets go of the camera and of everything else, and ends. */
  | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'picture'; readonly picture: ImageBitmap }
  | { readonly type: 'tick' }
  /** The worker has let go of everything, and ends. */
  | { readonly type: 'failed'; readonly code: BlurProblem; readonly reason: string };
