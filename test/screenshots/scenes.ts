/** Every state of the page that is worth a picture, and how it comes about. */
import type { Page } from 'playwright-core';
import { PHONE_LANDSCAPE, PHONE_PORTRAIT } from '../harness/browser.ts';
import { passMs, waitFor } from '../harness/wait.ts';
import type { Stage, Visit, Visitor } from './stage.ts';

export interface Scene {
  /** The picture's file, without its ending. */
  readonly name: string;
  /** Resolves when the page looks as it should; the picture is taken then. */
  readonly stage: (stage: Stage) => Promise<StagedPage>;
}

export interface StagedPage {
  readonly page: Page;
  leave(): Promise<void>;
}

/** Long enough for sharp pictures and full plots. */
const PICTURES_MS = 5000;
const PLOTS_MS = 25_000;
const VIEW_MS = 1500;

const byId = (id: string): string => `[data-testid=${id}]`;
const JOINED = { join: '1' } as const;

/** Phones, with pixels enough for the README. */
const PORTRAIT = { ...PHONE_PORTRAIT, deviceScaleFactor: 2 };
const LANDSCAPE = { ...PHONE_LANDSCAPE, deviceScaleFactor: 2 };

type Act = (visitor: Visitor) => Promise<void>;

/** A scene on a page that is no call. */
function place(
  name: string,
  address: string | ((stage: Stage) => string),
  ready: string,
  settleMs = VIEW_MS,
): Scene {
  return {
    name,
    stage: async (stage) => {
      const testPage = await stage.openPage(typeof address === 'string' ? address : address(stage));
      await testPage.page.waitForSelector(ready);
      await passMs(settleMs);
      return { page: testPage.page, leave: () => testPage.close() };
    },
  };
}

/** A scene before the join. */
function before(name: string, visit: Visit, act: Act = () => passMs(VIEW_MS)): Scene {
  return {
    name,
    stage: async (stage) => {
      const visitor = await stage.visit(visit);
      await visitor.page.waitForSelector(`${byId('join')}:enabled`);
      await passMs(VIEW_MS);
      await act(visitor);
      return visitor;
    },
  };
}

/** A scene in a call, when everybody's picture is there. */
function call(name: string, visit: Visit, act: Act = () => Promise.resolve()): Scene {
  return {
    name,
    stage: async (stage) => {
      const visitor = await stage.visit({
        silent: true,
        ...visit,
        switches: { ...JOINED, ...visit.switches },
      });
      await visitor.page.waitForSelector('[data-testid=tile][data-self=true]');
      const others = visit.others ?? 0;
      if (others > 0) {
        await visitor.page.waitForSelector('[data-testid=tile]:not([data-self=true])[data-picture=live]');
        await visitor.crowd.speak(0);
      }
      await passMs(PICTURES_MS);
      await act(visitor);
      return visitor;
    },
  };
}

/** Presses a button of the call; on a phone it may stand behind "more". */
async function press({ page }: Visitor, id: string): Promise<void> {
  const button = page.locator(byId(id)).first();
  if (!(await button.isVisible())) await page.click(byId('more'));
  await button.click();
  await passMs(VIEW_MS);
}

const talk: Act = async (visitor) => {
  await visitor.crowd.write(0, 'Good morning! Can everybody see the street?');
  await visitor.crowd.write(1, 'Yes, it is sharp here.');
  await press(visitor, 'chat-toggle');
  await visitor.page.fill(byId('chat-input'), 'Here too. Shall we begin?');
  await visitor.page.click(byId('chat-send'));
  await visitor.crowd.write(2, 'One moment, I am fetching a coffee.');
  await passMs(VIEW_MS);
};

const showDetails: Act = async ({ page }) => {
  await page.hover(`[data-testid=tile][data-participant=Ben]`);
  await page.click(`[data-testid=tile][data-participant=Ben] ${byId('details-toggle')}`);
  await passMs(PLOTS_MS);
};

const loseNetwork: Act = async ({ page, network }) => {
  network?.cut();
  const status = page.locator(byId('status')).first();
  await waitFor('the page to say what happens', async () => (await status.textContent()) !== '', {
    timeoutMs: 30_000,
  });
  await passMs(VIEW_MS);
};

export const SCENES: readonly Scene[] = [
  place('start', ({ creation }) => `/#${creation}`, 'main'),
  place('broken-link', '/call#not-a-room', 'main'),
  place('connection-test', '/test', byId('test-row'), 12_000),
  before('pre-join', { others: 2 }),
  before('room-full', { others: 2, smallRoom: true }),
  before('phone-pre-join', { others: 2, look: PORTRAIT }),
  call('alone', {}),
  call('invite', {}, (visitor) => press(visitor, 'show-qr')),
  call('two', { others: 1 }),
  call('four', { others: 3, codecsDiffer: true }, async ({ crowd }) => {
    await crowd.raiseHand(1);
    await crowd.react(2, 'clap');
    await passMs(VIEW_MS);
  }),
  call('nine', { others: 8 }),
  call('twenty-five', { others: 24 }),
  call('screen-share', { others: 3, sharing: true }),
  call('chat', { others: 3 }, talk),
  call('people', { others: 8 }, async (visitor) => {
    await visitor.crowd.raiseHand(1);
    await press(visitor, 'people-toggle');
  }),
  call('details', { others: 3, codecsDiffer: true }, showDetails),
  call('settings', { others: 1 }, (visitor) => press(visitor, 'settings')),
  call('reconnecting', { others: 3, ownNetwork: true }, loseNetwork),
  call('phone-portrait', { others: 3, look: PORTRAIT }),
  call('phone-landscape', { others: 3, look: LANDSCAPE }),
  call('phone-chat', { others: 3, look: PORTRAIT }, talk),
  call('dark', { others: 3, look: { colorScheme: 'dark' } }, talk),
  call('russian', { others: 3, look: { locale: 'ru-RU' } }, (visitor) => press(visitor, 'people-toggle')),
];
