/** Where Chromium is, and the switches that make it a test's browser. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';

export class ChromiumNotFoundError extends Error {
  readonly code = 'CHROMIUM_NOT_FOUND';
  override readonly name = 'ChromiumNotFoundError';
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/**
 * The first Chromium on the path.
 * @param searchPath folders separated as in `PATH`.
 * @throws ChromiumNotFoundError naming what would install it.
 */
export async function findChromium(searchPath: string): Promise<string> {
  for (const folder of searchPath.split(path.delimiter)) {
    for (const name of NAMES) {
      const candidate = path.join(folder, name);
      try {
        await access(candidate, constants.X_OK);
        return candidate;
      } catch {
        // Not here: the next one.
      }
    }
  }
  throw new ChromiumNotFoundError('no Chromium on PATH: apt-get install chromium');
}

/** @param isRoot Chromium's sandbox does not start as root. */
export function chromiumSwitches(isRoot: boolean): string[] {
  return [
    ...(isRoot ? ['--no-sandbox'] : []),
    // Pages keep their pace though nobody looks at them.
    '--disable-renderer-backgrounding',
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    '--autoplay-policy=no-user-gesture-required',
    '--use-fake-ui-for-media-stream',
    '--disable-gpu',
    '--disable-quic',
    // No traffic but the test's.
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // Host candidates carry addresses instead of mDNS names, which nothing resolves here.
    '--disable-features=WebRtcHideLocalIpsWithMdns,MediaRouter,OptimizationHints,Translate',
  ];
}
