/**
 * What the page costs: bytes and time until it is usable, and its own share of a core in a call of nine.
 *
 * The first load: a real Chromium with nothing in its cache opens a room's link on a server of this machine. The call: eight
 * people, who share another page of the same browser, send 320x180 at 15 and speak in turns; the measured page shows nine tiles
 * and sends the browser's own test camera. Its cost is the processor time of the renderer's main thread (scripts, styles, layout,
 * painting's main-thread part); decoding and encoding run on other threads.
 */
import '../../test/page/load-timer-api.ts';
import { DESKTOP, launchBrowser, type TestBrowser } from '../../test/harness/browser.ts';
import { bundlePageScript } from '../../test/harness/bundle.ts';
import { Crowd } from '../../test/harness/crowd.ts';
import { callAddress } from '../../test/harness/participant.ts';
import { startServer, type TestServer } from '../../test/harness/server.ts';
import { passMs, waitFor } from '../../test/harness/wait.ts';
import { toneHzOf } from '../../test/signal/tone.ts';
import type { LoadReport } from '../../test/page/load-timer-api.ts';
import type { Bench } from '../report/bench.ts';
import { atMost } from '../report/claims.ts';
import type { BenchReport } from '../report/report.ts';
import { median, quantile } from '../report/statistics.ts';
import { type MainThreadCost, MainThreadMeter } from './mainThread.ts';

const OTHERS = 8;
const PICTURE = { width: 320, height: 180, frameRate: 15 } as const;
/** Joins, layout, first pictures: not what a call costs while it goes on. */
const SETTLE_MS = 8000;
const WINDOW_MS = 20_000;
/** How long one of them speaks. */
const TURN_MS = 2000;
const TURNS = WINDOW_MS / TURN_MS;
const WINDOW = DESKTOP.viewport ?? { width: 0, height: 0 };

export const pageBench: Bench = {
  name: 'page',
  summary: 'the call page: bytes and time until it is usable, and its own cost with nine tiles',
  defaultRounds: 15,
  run: measurePage,
};

async function measurePage(rounds: number, say: (line: string) => void): Promise<BenchReport> {
  const server = await startServer({ media: { mediaWorkers: 0 }, log: { level: 'error' } });
  const browser = await launchBrowser({ switches: ['--use-fake-device-for-media-stream'] });
  try {
    const room = await server.createRoom();
    const timer = await bundlePageScript('load-timer.ts');
    const loads: LoadReport[] = [];
    // The first load warms the server and the disk's cache, and is not counted.
    for (let round = 0; round <= rounds; round += 1) {
      const load = await measureLoad(browser, `${server.origin}/call#${room}`, timer);
      if (round > 0) loads.push(load);
      say(
        `load ${round} of ${rounds}: ${load.usableMs.toFixed(0)} ms, ${kib(load.encodedBytes).toFixed(1)} KiB in ${load.requests} requests`,
      );
    }
    say(`a call of ${OTHERS + 1}: ${(SETTLE_MS + WINDOW_MS) / 1000} s`);
    return report(loads, await measureCall(browser, server, room), rounds);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** A fresh browser context has an empty cache and no connections. */
async function measureLoad(browser: TestBrowser, address: string, timer: string): Promise<LoadReport> {
  const page = await browser.newPage(address, {
    equipment: 'browser',
    prepare: async (opened) => {
      await opened.addInitScript({ content: timer });
    },
  });
  try {
    return await page.page.evaluate(() => globalThis.__load);
  } finally {
    await page.close();
  }
}

interface CallCost extends MainThreadCost {
  /** In how many turns the page showed at their end who was speaking. */
  readonly marked: number;
}

async function measureCall(browser: TestBrowser, server: TestServer, room: string): Promise<CallCost> {
  const names = Array.from({ length: OTHERS }, (_, index) => `Person ${index + 1}`);
  const crowd = await Crowd.join(browser, server.origin, room, {
    withPictures: names.map((name, stream) => ({
      name,
      picture: { stream, ...PICTURE },
      toneHz: toneHzOf(stream),
    })),
  });
  const page = await browser.newPage(
    callAddress(server.origin, room, { name: 'Measured', stream: 0, switches: { layout: 'grid' } }),
    { equipment: 'browser' },
  );
  try {
    const playing = `[...document.querySelectorAll('[data-testid=tile]:not([data-self=true]) video')]
      .filter((video) => video.videoWidth > 0 && video.currentTime > 0).length`;
    await waitFor(
      `${OTHERS} pictures`,
      async () => {
        const count = await page.page.evaluate<number>(playing);
        return count === OTHERS ? count : null;
      },
      { timeoutMs: 30_000 },
    );
    // The browser's test microphone beeps louder than the others speak.
    await page.page.click('[data-testid=toggle-microphone]');
    await passMs(SETTLE_MS);
    const meter = await MainThreadMeter.start(page.page);
    let marked = 0;
    for (let turn = 0; turn < TURNS; turn += 1) {
      const speaker = turn % OTHERS;
      await crowd.speak(speaker);
      await passMs(TURN_MS);
      const shown = page.page.locator(`[data-testid=tile][data-speaking=true]`, {
        hasText: names[speaker] ?? '',
      });
      marked += await shown.count();
    }
    return { ...(await meter.stop()), marked };
  } finally {
    await page.close();
    await crowd.leave();
  }
}

function report(loads: readonly LoadReport[], cost: CallCost, rounds: number): BenchReport {
  const usableMs = loads.map((load) => load.usableMs);
  const bytes = median(loads.map(({ encodedBytes }) => encodedBytes));
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  return {
    bench: 'page',
    tables: [
      {
        title: 'First load, empty cache',
        columns: ['what', 'median', 'p95'],
        rows: [
          ['usable, ms', median(usableMs).toFixed(0), quantile(usableMs, 0.95).toFixed(0)],
          ['bodies as sent, KiB', kib(bytes).toFixed(1), ''],
          ['requests', median(loads.map(({ requests }) => requests)).toFixed(0), ''],
        ],
      },
      {
        title: `Main thread of the page with ${OTHERS + 1} tiles`,
        columns: ['what', 'value'],
        rows: [
          ['all, of one core', percent(cost.taskShare)],
          ['scripts', percent(cost.scriptShare)],
          ['styles', percent(cost.styleShare)],
          ['layout', percent(cost.layoutShare)],
          ['layouts a second', cost.layoutsPerSecond.toFixed(2)],
          ['style recalculations a second', cost.stylesPerSecond.toFixed(2)],
          ['speakers shown', `${cost.marked} of ${TURNS}`],
        ],
      },
    ],
    claims: [
      atMost('page.bytes-kib', kib(bytes), 250, 'KiB', 1),
      atMost('page.usable-ms', median(usableMs), 1000, 'ms', 0),
      atMost('page.main-thread-share', cost.taskShare, 0.05, 'core', 4),
    ],
    conditions: {
      rounds,
      window: `${WINDOW.width}x${WINDOW.height}`,
      pictures: `${OTHERS} of ${PICTURE.width}x${PICTURE.height} at ${PICTURE.frameRate}`,
      measured: `${WINDOW_MS / 1000} s after ${SETTLE_MS / 1000} s`,
      network: 'loopback',
    },
    skipped: [],
  };
}

function kib(bytes: number): number {
  return bytes / 1024;
}
