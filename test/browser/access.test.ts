/**
 * Everybody can use the page: every view is checked by axe-core, light and dark, on a desk and on a phone; and a call goes from
 * the link to the end with the keyboard alone.
 */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkAccess } from '../harness/access.ts';
import {
  DESKTOP,
  launchBrowser,
  PHONE_PORTRAIT,
  type TestBrowser,
  type TestPage,
} from '../harness/browser.ts';
import { BrowserParticipant, callAddress, signalOf } from '../harness/participant.ts';
import { startServer, type TestServer } from '../harness/server.ts';
import { waitFor } from '../harness/wait.ts';

/** More presses of Tab than any view has stops. */
const MOST_STOPS = 60;

let server: TestServer;
let browser: TestBrowser;
let guest: BrowserParticipant | null = null;
const pages: TestPage[] = [];

beforeAll(async () => {
  server = await startServer({ media: { mediaWorkers: 0 }, log: { level: 'error' } });
  browser = await launchBrowser();
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
  await guest?.leave();
  guest = null;
  await waitFor('the room to end', () => server.server.registry.rooms.length === 0);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

type Look = NonNullable<Parameters<TestBrowser['newPage']>[1]>['context'];

async function open(address: string, look: Look): Promise<Page> {
  const options = { signal: signalOf(1), context: { ...look, reducedMotion: 'reduce' } } as const;
  const testPage = await browser.newPage(address, options);
  pages.push(testPage);
  return testPage.page;
}

const byId = (id: string): string => `[data-testid=${id}]`;

/** Presses a button of the call; on a phone it may stand behind "more". */
async function press(page: Page, id: string): Promise<void> {
  const button = page.locator(byId(id)).first();
  if (!(await button.isVisible())) await page.click(byId('more'));
  await button.click();
}

const LOOKS: readonly (readonly [string, Look])[] = [
  ['light', { ...DESKTOP, colorScheme: 'light' }],
  ['dark', { ...DESKTOP, colorScheme: 'dark' }],
  ['on a phone', { ...PHONE_PORTRAIT, colorScheme: 'light' }],
];

describe.each(LOOKS)('the page, %s', (_name, look) => {
  it('has no violations before the call', async () => {
    const start = await open(`${server.origin}/#create=${server.server.creationToken}`, look);
    await start.waitForSelector('main');
    expect(await checkAccess(start)).toEqual([]);
    const room = await server.createRoom();
    const prejoin = await open(`${server.origin}/call#${room}`, look);
    await prejoin.waitForSelector(`${byId('join')}:enabled`);
    expect(await checkAccess(prejoin)).toEqual([]);
    const broken = await open(`${server.origin}/call#nonsense`, look);
    await broken.waitForSelector('main');
    expect(await checkAccess(broken)).toEqual([]);
    const test = await open(`${server.origin}/test`, look);
    await test.waitForSelector(byId('test-row'));
    expect(await checkAccess(test)).toEqual([]);
  });

  it('has no violations in a call of two, whatever is open', async () => {
    const room = await server.createRoom();
    guest = await BrowserParticipant.join(browser, server.origin, room, { name: 'Ben', stream: 2 });
    const page = await open(
      callAddress(server.origin, room, { name: 'Ada', stream: 1, switches: { stats: '1' } }),
      look,
    );
    await page.waitForSelector(`${guest.tile({ name: 'Ben' })} video`);
    expect(await checkAccess(page)).toEqual([]);
    await press(page, 'chat-toggle');
    await page.fill(byId('chat-input'), 'Hello!');
    await page.click(byId('chat-send'));
    await page.waitForSelector(byId('chat-message'));
    expect(await checkAccess(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await press(page, 'people-toggle');
    await page.waitForSelector(byId('person'));
    expect(await checkAccess(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await press(page, 'settings');
    await page.waitForSelector(byId('settings-panel'));
    expect(await checkAccess(page)).toEqual([]);
  });
});

describe('what is switched', () => {
  it.each(['light', 'dark'] as const)('can be read under the pointer, %s', async (colorScheme) => {
    const room = await server.createRoom();
    const page = await open(callAddress(server.origin, room, { name: 'Ada', stream: 1 }), {
      ...DESKTOP,
      colorScheme,
    });
    await page.waitForSelector(byId('tile'));
    for (const control of ['raise-hand', 'toggle-microphone', 'toggle-camera']) {
      await page.click(byId(control));
      await page.waitForSelector(`${byId(control)}:is([data-state=active], [data-state=off])`);
      await page.hover(byId(control));
      expect(await checkAccess(page), control).toEqual([]);
    }
  });
});

describe('with the keyboard alone', () => {
  it('one joins, mutes, writes and leaves', async () => {
    const room = await server.createRoom();
    guest = await BrowserParticipant.join(browser, server.origin, room, { name: 'Ben', stream: 2 });
    const page = await open(`${server.origin}/call#${room}`, DESKTOP);
    await page.waitForSelector(`${byId('join')}:enabled`);
    await tabTo(page, 'name');
    await page.keyboard.type('Ada');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-testid=tile][data-self=true]');

    const seen = guest.testPage.page.locator(guest.tile({ name: 'Ada' }));
    await waitFor('Ben to hear Ada', async () => (await seen.getAttribute('data-muted')) === 'false');
    await page.keyboard.press('m');
    await waitFor('Ben to see Ada muted', async () => (await seen.getAttribute('data-muted')) === 'true');

    await page.keyboard.press('c');
    await waitFor('the chat to have the focus', async () => (await focused(page)) === 'chat-input');
    await page.keyboard.type('Hello, Ben');
    await page.keyboard.press('Enter');
    const message = guest.testPage.page.locator(byId('chat-message'));
    await press(guest.testPage.page, 'chat-toggle');
    await waitFor('Ben to read it', async () => (await message.last().textContent())?.includes('Hello, Ben'));
    await page.keyboard.press('Escape');

    await tabTo(page, 'leave');
    await page.keyboard.press('Enter');
    await seen.waitFor({ state: 'detached' });
  });
});

/** The test id of what has the focus; empty: it has none. */
function focused(page: Page): Promise<string> {
  return page.evaluate<string>(`document.activeElement?.dataset.testid ?? ''`);
}

async function tabTo(page: Page, id: string): Promise<void> {
  const passed: string[] = [];
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    const here = await focused(page);
    if (here === id) return;
    passed.push(here);
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not come to ${id}; it went past ${passed.join(', ')}`);
}
