/**
 * Test cameras: video tracks that show the pattern, or a recording.
 *
 * What will surprise you:
 * - Each picture's turn is reckoned from the camera's start, so lateness does not add up; a turn that has wholly passed
 *   is skipped and counted, and takes no frame number: numbers have gaps only where a picture was lost after this point.
 * - All cameras of a page number from one counter upwards: a camera that is opened again goes on above the last one.
 */
import { pictureBytes } from '../signal/pattern.ts';
import type { CameraMode, CameraReport, TestPicture } from './api.ts';
import { createVideoTrack } from './chromium.ts';
import { filmOf, type Film } from './film.ts';

/** Numbers kept free for a camera when the next one opens: more than any test films. */
const NUMBERS_PER_CAMERA = 1_000_000;

export class TestCameras {
  #opened = 0;
  #live = 0;
  #pictures = 0;
  #missedTurns = 0;
  #mode: CameraMode = 'running';

  setMode(mode: CameraMode): void {
    this.#mode = mode;
  }

  report(): CameraReport {
    return { pictures: this.#pictures, missedTurns: this.#missedTurns, live: this.#live };
  }

  /**
   * A new track; it films until it and all its clones are stopped.
   * @throws DOMException `NotReadableError` where the recording that it shows cannot be read.
   */
  async open(picture: TestPicture): Promise<MediaStreamTrack> {
    const film = await filmOf(picture);
    const track = createVideoTrack();
    void this.#film(track.writable.getWriter(), picture, film, this.#opened * NUMBERS_PER_CAMERA);
    this.#opened += 1;
    return track;
  }

  async #film(
    writer: WritableStreamDefaultWriter<VideoFrame>,
    { width, height, frameRate }: TestPicture,
    film: Film,
    firstNumber: number,
  ): Promise<void> {
    const intervalMs = 1000 / frameRate;
    const picture = new Uint8Array(pictureBytes(width, height));
    const startMs = performance.now();
    const end = new AbortController();
    this.#live += 1;
    // The stream closes, or fails, when the browser lets go of the last track.
    const onEnd = (): void => end.abort();
    writer.closed.then(onEnd, onEnd);
    let number = firstNumber;
    let turn = 0;
    for (;;) {
      await untilMs(startMs + turn * intervalMs);
      if (end.signal.aborted) break;
      if (this.#mode !== 'paused') {
        if (this.#mode === 'running' || number === firstNumber) {
          film(picture, number);
          number += 1;
        }
        const frame = new VideoFrame(picture, {
          format: 'I420',
          codedWidth: width,
          codedHeight: height,
          timestamp: Math.round((performance.now() - startMs) * 1000),
        });
        try {
          await writer.write(frame);
          this.#pictures += 1;
        } catch {
          frame.close();
          break;
        }
      }
      const due = Math.floor((performance.now() - startMs) / intervalMs) + 1;
      this.#missedTurns += Math.max(0, due - turn - 1);
      turn = Math.max(turn + 1, due);
    }
    this.#live -= 1;
  }
}

function untilMs(dueMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, dueMs - performance.now()));
  });
}
