/**
 * When the view before the call becomes usable: the field for the name is there and takes what is typed, and the button to join
 * is enabled; then the next frame is the first one that shows it.
 *
 * Injected before the page's own scripts. The clock is the page's, which starts with the navigation (W3C hr-time).
 */
import type { LoadReport } from './load-timer-api.ts';

/** For a request that began just before, on the same machine. */
const SETTLE_MS = 500;

function usable(): boolean {
  const name = document.querySelector('[data-testid=name]');
  const join = document.querySelector('[data-testid=join]');
  return (
    name instanceof HTMLInputElement &&
    !name.disabled &&
    !name.readOnly &&
    join instanceof HTMLButtonElement &&
    !join.disabled
  );
}

/** Waits for what was under way when the page became usable: it was asked for, so it counts. */
function loaded(): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => void setTimeout(resolve, SETTLE_MS);
    if (document.readyState === 'complete') done();
    else addEventListener('load', done, { once: true });
  });
}

function sizeUp(usableMs: number): LoadReport {
  const asked = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .filter((entry) => entry instanceof PerformanceResourceTiming)
    .filter(({ startTime }) => startTime <= usableMs);
  return {
    usableMs,
    encodedBytes: asked.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    requests: asked.length,
  };
}

globalThis.__load = new Promise((resolve) => {
  const look = (): void => {
    if (!usable()) return;
    observer.disconnect();
    requestAnimationFrame(() => {
      // After the frame is made.
      setTimeout(() => {
        const usableMs = performance.now();
        void loaded().then(() => resolve(sizeUp(usableMs)));
      });
    });
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true, attributes: true });
});
