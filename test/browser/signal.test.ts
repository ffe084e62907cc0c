// The measuring instruments, tried on a plain peer-to-peer call inside one real page, before any server is measured with them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import '../page/loopback-api.ts';
import type { TestSignal } from '../page/api.ts';
import { launchBrowser, PageProblemsError, type TestBrowser, type TestPage } from '../harness/browser.ts';
import { bundlePageScript } from '../harness/bundle.ts';
import { servePage, type ServedPage } from '../harness/serve.ts';
import { passMs, waitFor } from '../harness/wait.ts';
import { judgeFrames, judgeTone, scoreFrames } from '../signal/score.ts';
import { toneHzOf } from '../signal/tone.ts';

const signal: TestSignal = { stream: 5, width: 640, height: 360, frameRate: 15, toneHz: toneHzOf(5) };
const WINDOW_MS = 6000;
/** Bandwidth estimation starts at 300 kbit/s and is at its aim after this. */
const RAMP_MS = 3000;

let site: ServedPage;
let browser: TestBrowser;

beforeAll(async () => {
  const script = await bundlePageScript('loopback.ts');
  site = await servePage(
    `<!doctype html><title>loopback</title><video id="remote" autoplay playsinline></video><script>${script}</script>`,
  );
  browser = await launchBrowser();
});

afterAll(async () => {
  const pid = browser.pid ?? 0;
  await browser.close();
  await site.close();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

async function startCall(mimeType: string): Promise<TestPage> {
  const page = await browser.newPage(site.url, { signal });
  expect(await page.page.evaluate((codec) => globalThis.__loopback.start(codec), mimeType)).toBe(mimeType);
  await passMs(RAMP_MS);
  return page;
}

async function endCall(page: TestPage): Promise<void> {
  await page.page.evaluate(() => globalThis.__loopback.stop());
  await waitFor('the camera to end with its track', async () => (await page.probe.cameras()).live === 0);
  await page.close();
}

describe.each(['video/VP8', 'video/H264'])('a call of a page with itself in %s', (mimeType) => {
  it('is measured as good, and as bad wherever something else is expected', async () => {
    const page = await startCall(mimeType);
    const [log, tone] = await Promise.all([
      page.probe.watchFrames('#remote', WINDOW_MS),
      page.probe.recordTone('#remote', 3000),
    ]);
    const report = scoreFrames(log);
    expect(judgeFrames(report, { stream: 5 })).toEqual([]);
    expect(judgeTone(tone, { frequencyHz: toneHzOf(5) })).toEqual([]);
    expect(log).toMatchObject({ width: 640, height: 360 });
    // A page that got too little time films fewer pictures, never more.
    expect(report.sentFps).toBeGreaterThan(10);
    expect(report.sentFps).toBeLessThan(15.6);
    expect(report.latencyMs?.p50).toBeGreaterThan(0);
    expect(report.latencyMs?.p50).toBeLessThan(500);
    // The same measurements, held against another participant's signals.
    expect(judgeFrames(report, { stream: 6 })).toContainEqual(
      expect.stringContaining('pictures of stream 5'),
    );
    expect(judgeTone(tone, { frequencyHz: toneHzOf(6) })).toContainEqual(expect.stringContaining('not'));
    await endCall(page);
  });
});

describe('a call that goes wrong', () => {
  it('is measured as frozen when the camera stops, and when it repeats itself', async () => {
    const page = await startCall('video/VP8');
    const paused = page.probe.watchFrames('#remote', 4000, 2);
    await passMs(1500);
    await page.probe.setCamera('paused');
    const still = scoreFrames(await paused);
    expect(judgeFrames(still, { stream: 5 })).toContainEqual(expect.stringContaining('stood still'));
    expect(judgeFrames(still, { stream: 5 })).toContainEqual(expect.stringContaining('fewer than 90 %'));
    await page.probe.setCamera('repeating');
    const repeating = scoreFrames(await page.probe.watchFrames('#remote', 3000, 2));
    expect(repeating.risesStrictly).toBe(false);
    expect(judgeFrames(repeating, { stream: 5 })).toContainEqual(expect.stringContaining('not newer'));
    await page.probe.setCamera('running');
    const again = scoreFrames(await page.probe.watchFrames('#remote', 3000, 2));
    expect(again.risesStrictly).toBe(true);
    await endCall(page);
  });

  it('is measured as silent when the microphone is muted', async () => {
    const page = await startCall('video/VP8');
    await page.page.evaluate(() => globalThis.__loopback.mute());
    await passMs(500);
    const tone = await page.probe.recordTone('#remote', 1500);
    expect(judgeTone(tone, { frequencyHz: toneHzOf(5) })).not.toEqual([]);
    await endCall(page);
  });

  it('fails the page that logs an error, and only where it is not expected', async () => {
    const logError = "setTimeout(() => console.error('this went wrong'), 0)";
    const strict = await browser.newPage(site.url);
    await strict.page.evaluate(logError);
    await waitFor('the error to be noted', () => strict.problems().length > 0);
    await expect(strict.close()).rejects.toThrow(PageProblemsError);
    const lenient = await browser.newPage(site.url, { expectedProblems: [/this went wrong/] });
    await lenient.page.evaluate(logError);
    await lenient.page.evaluate(() => undefined);
    await lenient.close();
  });

  it('has no devices on a page without a signal', async () => {
    const page = await browser.newPage(site.url);
    await expect(
      page.page.evaluate((codec) => globalThis.__loopback.start(codec), 'video/VP8'),
    ).rejects.toThrow('NotFoundError');
    await page.close();
  });
});
