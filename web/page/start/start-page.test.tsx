// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Settings } from '../app/settings.ts';
import { type Shown, show } from '../view/testing/show.tsx';
import { EndedPage } from './ended-page.tsx';
import { StartPage } from './start-page.tsx';

const KEY = 'abcdefghijklmnopqrstuvwxyz_-0123';
let shown: Shown | null = null;
let answers: Response[] = [];
const asked: (string | null)[] = [];

function settings(): Settings {
  return new Settings({
    storage: () => ({ getItem: () => null, setItem: () => undefined }),
    preferredLanguages: ['en'],
  });
}

async function page(
  brokenLink = false,
): Promise<{ rooms: string[]; token: { token: string | null }; view: Shown }> {
  const rooms: string[] = [];
  const token: { token: string | null } = { token: null };
  const view = await show(
    <StartPage
      settings={settings()}
      token={token}
      brokenLink={brokenLink}
      onRoom={(room) => rooms.push(room)}
    />,
  );
  shown = view;
  return { rooms, token, view };
}

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    asked.push(new Headers(init.headers).get('authorization'));
    const answer = answers.shift();
    return answer === undefined ? Promise.reject(new TypeError('no network')) : Promise.resolve(answer);
  });
});

afterEach(async () => {
  await shown?.close();
  shown = null;
  answers = [];
  vi.unstubAllGlobals();
});

const created = (): Response => Response.json({ room: KEY, path: `/call#${KEY}` }, { status: 201 });
const unauthorized = (): Response =>
  Response.json({ type: 'urn:x', title: 'Unauthorized', status: 401, code: 'Unauthorized' }, { status: 401 });

describe('the start page', () => {
  it('makes a call', async () => {
    const { rooms, view } = await page();
    answers = [created()];
    await view.press('new-call');
    await vi.waitFor(() => expect(rooms).toEqual([KEY]));
  });

  it('asks for the token where the server wants one, and says when it is wrong', async () => {
    const { rooms, token, view } = await page();
    answers = [unauthorized(), unauthorized(), created()];
    await view.press('new-call');
    await vi.waitFor(() => expect(view.text('start-status')).toContain('enter the token'));
    expect(document.activeElement).toBe(view.find('create-token'));
    await view.type('create-token', ' wrong ');
    await view.press('new-call');
    await vi.waitFor(() => expect(view.text('start-status')).toContain('not right'));
    await view.type('create-token', 'right');
    await view.press('new-call');
    await vi.waitFor(() => expect(rooms).toEqual([KEY]));
    expect(asked).toEqual([null, 'Bearer wrong', 'Bearer right']);
    expect(token.token).toBe('right');
  });

  it('says that the server cannot be reached, and can try again', async () => {
    const { rooms, view } = await page();
    await view.press('new-call');
    await vi.waitFor(() => expect(view.text('start-status')).toContain('cannot be reached'));
    answers = [created()];
    await view.press('new-call');
    await vi.waitFor(() => expect(rooms).toEqual([KEY]));
  });

  it('opens a pasted link, and says when it is none', async () => {
    const { rooms, view } = await page();
    await view.type('link', 'https://calls.example/call');
    await view.press('open-link');
    expect(view.root.textContent).toContain('no link to a call');
    await view.type('link', `https://calls.example/call#${KEY}`);
    expect(view.root.textContent).not.toContain('no link to a call');
    await view.press('open-link');
    expect(rooms).toEqual([KEY]);
  });

  it('explains a link that is not complete', async () => {
    const { view } = await page(true);
    expect(view.root.querySelector('h1')?.textContent).toBe('This link is not complete');
    expect(view.maybe('new-call')).not.toBeNull();
  });

  it('changes the language', async () => {
    const chosen = settings();
    shown = await show(
      <StartPage settings={chosen} token={{ token: null }} brokenLink={false} onRoom={() => undefined} />,
    );
    const select = shown.find('language');
    if (!(select instanceof HTMLSelectElement)) throw new Error('no list');
    await shown.act(() => {
      select.value = 'ru';
      select.dispatchEvent(new Event('change', { bubbles: true }));
    });
    expect(chosen.value.language).toBe('ru');
  });
});

describe('the page after a call', () => {
  it.each([
    ['left', null, 'You left the call'],
    ['ended', null, 'The call is over'],
    ['taken-over', null, 'another tab'],
    ['refused', new Error('whatever'), 'Something unexpected'],
  ] as const)('says that it %s', async (code, error, words) => {
    const pressed: string[] = [];
    shown = await show(
      <EndedPage
        ending={{ code, error }}
        settings={settings()}
        onAgain={() => pressed.push('again')}
        onHome={() => pressed.push('home')}
      />,
    );
    expect(shown.text('end-reason')).toContain(words);
    expect(document.activeElement?.tagName).toBe('H1');
    await shown.press('rejoin');
    await shown.press('home');
    expect(pressed).toEqual(['again', 'home']);
  });
});
