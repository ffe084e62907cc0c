/**
 * How long a press on "join" takes to show somebody: measured in the page, with the page's clock.
 *
 * What will surprise you: the time is taken when the frame is presented (`requestVideoFrameCallback`), and the barcode is read
 * after that; a frame that does not read does not count, and the next one is tried.
 */
import { readBarcode } from '../signal/barcode.ts';
import type { JoinTimerApi } from './join-timer-api.ts';

async function readable(video: HTMLVideoElement): Promise<boolean> {
  let frame: VideoFrame;
  try {
    frame = new VideoFrame(video);
  } catch {
    // The element lost its picture between the callback and now, as when its source is being set.
    return false;
  }
  try {
    const rect = frame.visibleRect;
    if (rect === null) return false;
    const bytes = new Uint8Array(frame.allocationSize());
    const layout = (await frame.copyTo(bytes))[0];
    return (
      readBarcode(
        bytes.subarray(layout?.offset ?? 0),
        layout?.stride ?? rect.width,
        rect.width,
        rect.height,
      ) !== null
    );
  } finally {
    frame.close();
  }
}

/** Resolves with the element as soon as the page has it. */
function appears(selector: string): Promise<HTMLVideoElement> {
  return new Promise((resolve) => {
    const look = (): void => {
      const element = document.querySelector(selector);
      if (!(element instanceof HTMLVideoElement)) return;
      observer.disconnect();
      resolve(element);
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { childList: true, subtree: true, attributes: true });
    look();
  });
}

function nextFrame(video: HTMLVideoElement): Promise<number> {
  return new Promise((resolve) => {
    video.requestVideoFrameCallback((nowMs) => resolve(nowMs));
  });
}

const api: JoinTimerApi = {
  async measure(button, selector): Promise<number> {
    const element = document.querySelector(button);
    if (!(element instanceof HTMLElement)) throw new TypeError(`nothing to press at ${button}`);
    const pressedAtMs = performance.now();
    element.click();
    const video = await appears(selector);
    for (;;) {
      const shownAtMs = await nextFrame(video);
      if (await readable(video)) return shownAtMs - pressedAtMs;
    }
  },
};

globalThis.__joinTimer = api;
