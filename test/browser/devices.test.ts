// The devices that tests put on a page's desk, tried in a real browser before any call page is held against them.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import '../page/desk-api.ts';
import type { DeskWish, OpenedTrack } from '../page/desk-api.ts';
import type { TestEquipment } from '../page/api.ts';
import { checkAccess } from '../harness/access.ts';
import { launchBrowser, PHONE_PORTRAIT, type TestBrowser, type TestPage } from '../harness/browser.ts';
import { bundlePageScript } from '../harness/bundle.ts';
import { servePage, type ServedPage } from '../harness/serve.ts';
import { scoreFrames } from '../signal/score.ts';
import { pictureBytes } from '../signal/pattern.ts';

const EQUIPMENT: TestEquipment = {
  devices: [
    { kind: 'audioinput', deviceId: 'mic-1', label: 'Headset', toneHz: 500 },
    { kind: 'audioinput', deviceId: 'mic-2', label: 'Built-in', toneHz: 900 },
    {
      kind: 'videoinput',
      deviceId: 'cam-1',
      label: 'Front',
      facingMode: 'user',
      picture: { stream: 1, width: 640, height: 360, frameRate: 15 },
    },
    {
      kind: 'videoinput',
      deviceId: 'cam-2',
      label: 'Back',
      facingMode: 'environment',
      picture: { stream: 2, width: 1280, height: 720, frameRate: 30 },
    },
    { kind: 'audiooutput', deviceId: 'out-1', label: 'Loudspeaker' },
  ],
  screen: { picture: { stream: 9, width: 640, height: 480, frameRate: 10 }, toneHz: 1300 },
};

let site: ServedPage;
let browser: TestBrowser;
let page: TestPage;

beforeAll(async () => {
  const script = await bundlePageScript('desk.ts');
  site = await servePage(
    `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>desk</title><main><h1>Desk</h1><video id="own" autoplay muted></video></main><script>${script}</script></html>`,
  );
  browser = await launchBrowser();
});
beforeEach(async () => {
  page = await browser.newPage(site.url, { equipment: EQUIPMENT });
});
afterEach(() => page.close());
afterAll(async () => {
  await browser.close();
  await site.close();
});

function open(wish: DeskWish): Promise<readonly OpenedTrack[] | string> {
  return page.page.evaluate((one) => globalThis.__desk.open(one), wish);
}

async function labels(constraints: DeskWish): Promise<readonly string[] | string> {
  const tracks = await open(constraints);
  return typeof tracks === 'string' ? tracks : tracks.map(({ label }) => label);
}

const heard = (): Promise<readonly string[]> => page.page.evaluate(() => globalThis.__desk.heard());
const list = (): Promise<readonly string[]> => page.page.evaluate(() => globalThis.__desk.list());
const live = (): Promise<number> => page.page.evaluate(() => globalThis.__desk.live());

describe('devices', () => {
  it('have no name before the page may use them, and all of them after', async () => {
    expect(await list()).toEqual(['audioinput  ', 'videoinput  ', 'audiooutput  ']);
    await open({ audio: true });
    expect(await list()).toEqual([
      'audioinput mic-1 Headset',
      'audioinput mic-2 Built-in',
      'videoinput  ',
      'audiooutput out-1 Loudspeaker',
    ]);
  });

  it('are chosen as the page asks', async () => {
    expect(await labels({ audio: true, video: true })).toEqual(['Headset', 'Front']);
    expect(await labels({ video: { deviceId: { exact: 'cam-2' } } })).toEqual(['Back']);
    expect(await labels({ audio: { deviceId: 'mic-2' } })).toEqual(['Built-in']);
    expect(await labels({ audio: { deviceId: { ideal: 'gone' } } })).toEqual(['Headset']);
    expect(await labels({ audio: { deviceId: { exact: 'gone' } } })).toBe('OverconstrainedError');
    expect(await labels({ video: { facingMode: 'environment' } })).toEqual(['Back']);
    expect(await labels({ video: { facingMode: { exact: 'left' } } })).toBe('OverconstrainedError');
    expect(await open({})).toBe('TypeError');
  });

  it('give no larger pictures than asked for, and say so', async () => {
    const back = { deviceId: 'cam-2' };
    expect(await open({ video: { ...back, width: { ideal: 640 }, frameRate: 10 } })).toMatchObject([
      { label: 'Back', deviceId: 'cam-2', width: 640, height: 360, frameRate: 10 },
    ]);
    const log = await page.probe.watchFrames('#own', 1500);
    expect(log).toMatchObject({ width: 640, height: 360 });
    expect(scoreFrames(log).streams).toEqual([2]);
    expect(await open({ video: { ...back, height: { max: 180 } } })).toMatchObject([{ width: 320 }]);
    expect(await open({ video: { width: { ideal: 1920 } } })).toMatchObject([{ label: 'Front', width: 640 }]);
    expect(await open({ video: { width: { exact: 1920 } } })).toBe('OverconstrainedError');
  });
});

describe('a device that goes', () => {
  it('ends its tracks and their clones, and no other ones', async () => {
    await open({ audio: true, video: true });
    expect(await live()).toBe(4);
    await page.probe.unplug('cam-1');
    expect(await heard()).toEqual(['ended Front', 'clone ended Front', 'devicechange']);
    expect(await live()).toBe(2);
    expect(await labels({ video: true })).toEqual(['Back']);
    await page.probe.unplug('cam-2');
    expect(await labels({ video: true })).toBe('NotFoundError');
  });

  it('is seen when it comes', async () => {
    await open({ audio: true });
    await page.probe.plugIn({ kind: 'audioinput', deviceId: 'mic-3', label: 'New', toneHz: 700 });
    expect(await heard()).toEqual(['devicechange']);
    expect(await list()).toContain('audioinput mic-3 New');
    expect(await labels({ audio: { deviceId: { exact: 'mic-3' } } })).toEqual(['New']);
  });

  it('is forbidden, in use elsewhere, and allowed again', async () => {
    await open({ audio: true, video: true });
    await page.probe.setPermission('camera', 'denied');
    expect(await heard()).toEqual(['ended Front', 'clone ended Front']);
    expect(await labels({ video: true })).toBe('NotAllowedError');
    expect(await page.page.evaluate(() => globalThis.__desk.permission('camera'))).toBe('denied');
    await page.probe.setPermission('camera', 'prompt');
    await page.probe.setBusy('cam-1', true);
    expect(await labels({ video: true })).toBe('NotReadableError');
    await page.probe.setBusy('cam-1', false);
    expect(await labels({ video: true })).toEqual(['Front']);
    expect(await page.page.evaluate(() => globalThis.__desk.permission('camera'))).toBe('granted');
  });
});

describe('the screen', () => {
  const share = (): Promise<readonly OpenedTrack[] | string> =>
    page.page.evaluate(() => globalThis.__desk.share());

  it('is shared with its sound until the browser stops it, or not at all', async () => {
    expect(await share()).toMatchObject([
      { kind: 'audio', label: 'Test screen' },
      { kind: 'video', label: 'Test screen', width: 640, height: 480 },
    ]);
    const log = await page.probe.watchFrames('#own', 1000);
    expect(scoreFrames(log).streams).toEqual([9]);
    await page.probe.stopSharing();
    expect(await heard()).toContain('ended Test screen');
    expect(await live()).toBe(0);
    await page.probe.setScreen(null);
    expect(await share()).toBe('NotAllowedError');
  });
});

describe('a page', () => {
  it('films a recording where it is given one', async () => {
    const [width, height] = [64, 36];
    const grey = Buffer.alloc(2 * pictureBytes(width, height), 128);
    const picture = { stream: 1, width, height, frameRate: 10, clipUrl: '/clip' };
    const recorded = await browser.newPage(site.url, {
      equipment: { devices: [{ kind: 'videoinput', deviceId: 'a', label: 'A', picture }], screen: null },
      files: { '/clip': grey },
    });
    await recorded.page.evaluate(() => globalThis.__desk.open({ video: true }));
    const log = await recorded.probe.watchFrames('#own', 1000);
    expect(log).toMatchObject({ samples: [], width, height });
    expect(log.unreadable).toBeGreaterThan(3);
    await recorded.close();
  });

  it('is a phone, dark, Russian and calm where the test says so', async () => {
    const phone = await browser.newPage(site.url, {
      context: { ...PHONE_PORTRAIT, colorScheme: 'dark', locale: 'ru-RU', reducedMotion: 'reduce' },
    });
    expect(
      await phone.page
        .evaluate(`[innerWidth, devicePixelRatio, navigator.language, navigator.maxTouchPoints > 0,
        matchMedia('(prefers-color-scheme: dark)').matches, matchMedia('(prefers-reduced-motion)').matches]`),
    ).toEqual([390, 3, 'ru-RU', true, true, true]);
    await phone.close();
  });

  it('is judged by axe, which finds what is wrong and nothing else', async () => {
    expect(await checkAccess(page.page)).toEqual([]);
    await page.page.evaluate(
      `document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button>')`,
    );
    expect(await checkAccess(page.page)).toMatchObject([{ rule: 'button-name', impact: 'critical' }]);
  });
});
