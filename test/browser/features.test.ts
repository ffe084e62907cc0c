/**
 * What people do in a call beside seeing and hearing each other: they write, raise hands, react, share screens, mute, change
 * cameras and arrangements, come back and leave. What one does is looked for on the other's page.
 */
import type { Locator } from 'playwright-core';
import { encode } from 'uqr';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { viewOf } from '../../src/rooms/participant.ts';
import {
  launchBrowser,
  oneOfEach,
  PHONE_PORTRAIT,
  type TestBrowser,
  type TestPageOptions,
} from '../harness/browser.ts';
import { PICTURE } from '../harness/callMember.ts';
import { BrowserParticipant, callAddress, signalOf } from '../harness/participant.ts';
import { startServer, type TestServer } from '../harness/server.ts';
import { passMs, waitFor } from '../harness/wait.ts';
import type { TestEquipment } from '../page/api.ts';
import { judgeTone, scoreFrames } from '../signal/score.ts';
import { toneHzOf } from '../signal/tone.ts';

const SCREEN_STREAM = 90;
const SCREEN_TONE_HZ = 1300;
const OTHER_CAMERA_STREAM = 91;
const LISTEN_MS = 1000;
/** No packet in this time: nothing is sent. */
const SILENCE_MS = 800;
const SCREEN = '[data-testid=tile][data-source=screen]';

let server: TestServer;
let browser: TestBrowser;
let room: string;
const people: BrowserParticipant[] = [];

beforeAll(async () => {
  server = await startServer({ media: { mediaWorkers: 0 }, log: { level: 'error' } });
  browser = await launchBrowser();
});
afterEach(async () => {
  for (const person of people.splice(0)) await person.leave();
  await waitFor('the room to end with its last participant', () => server.server.registry.rooms.length === 0);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

async function join(name: string, stream: number, page: TestPageOptions = {}): Promise<BrowserParticipant> {
  const person = await BrowserParticipant.join(browser, server.origin, room, {
    name,
    stream,
    codecs: 'vp8',
    page,
  });
  people.push(person);
  return person;
}

/** Ada and Ben, who see each other. */
async function two(ofAda: TestPageOptions = {}): Promise<readonly [BrowserParticipant, BrowserParticipant]> {
  room = await server.createRoom();
  const ada = await join('Ada', 1, ofAda);
  const ben = await join('Ben', 2);
  await ada.waitForPicture(ben);
  await ben.waitForPicture(ada);
  return [ada, ben];
}

function at(person: BrowserParticipant, id: string): Locator {
  return person.testPage.page.locator(`[data-testid=${id}]`);
}

/** Presses a control of the call, which may stand behind "more". */
async function press(person: BrowserParticipant, id: string): Promise<void> {
  const control = at(person, id).first();
  if (!(await control.isVisible())) await at(person, 'more').click();
  await control.click();
}

async function waitForMark(tile: Locator, name: string, value: string): Promise<void> {
  await waitFor(`${name} to be ${value}`, async () => (await tile.getAttribute(name)) === value);
}

async function layoutOf(person: BrowserParticipant): Promise<string> {
  return (await at(person, 'grid').getAttribute('data-layout')) ?? '';
}

async function chooseLayout(person: BrowserParticipant, layout: string): Promise<void> {
  await at(person, 'more').click();
  await person.testPage.page.click(`label:has([data-testid=layout-${layout}])`);
  await person.testPage.page.keyboard.press('Escape');
}

async function write(person: BrowserParticipant, text: string): Promise<void> {
  await at(person, 'chat-input').fill(text);
  await at(person, 'chat-send').click();
}

async function waitForMessages(person: BrowserParticipant, texts: readonly string[]): Promise<void> {
  await waitFor(`${person.name} to read ${texts.join(', ')}`, async () => {
    const shown = await at(person, 'chat-message').allTextContents();
    return JSON.stringify(shown) === JSON.stringify(texts);
  });
}

/** Waits until a picture of that stream is shown. */
async function waitForStream(person: BrowserParticipant, selector: string, stream: number): Promise<void> {
  await person.testPage.page.waitForSelector(selector);
  await waitFor(`${person.name} to see stream ${stream}`, async () => {
    const log = await person.testPage.probe.watchFrames(selector, 400, 0);
    return log.samples.some((sample) => sample.stream === stream);
  });
}

/** @param toneHz null: silence */
async function waitForTone(
  person: BrowserParticipant,
  selector: string,
  toneHz: number | null,
): Promise<void> {
  await waitFor(`${person.name} to hear ${toneHz ?? 'no'} Hz`, async () => {
    const tone = await person.testPage.probe.recordTone(selector, LISTEN_MS);
    if (toneHz === null) return tone.frequencyHz === null;
    return judgeTone(tone, { frequencyHz: toneHz }).length === 0;
  });
}

function participantOf(name: string) {
  const found = server.server.registry.rooms
    .flatMap((of) => of.participants.map((participant) => ({ room: of, participant })))
    .find(({ participant }) => participant.name === name);
  if (found === undefined) throw new Error(`${name} is not there`);
  return found;
}

/** How many pictures of others are being sent to somebody. */
function picturesSentTo(name: string): number {
  const { room: of, participant } = participantOf(name);
  return of.deliveriesOf(participant).counts().videos;
}

/** Packets of somebody's camera that reached the server since it was published. */
async function packetsOfCamera(name: string): Promise<number> {
  const sources = [...participantOf(name).participant.sources.values()];
  const stats = await sources.find(({ kind }) => kind === 'video')?.producer?.getStats();
  return (stats ?? []).reduce((sum, { packetCount }) => sum + packetCount, 0);
}

async function waitForNoPackets(name: string): Promise<void> {
  expect(await packetsOfCamera(name)).toBeGreaterThan(0);
  await waitFor(`the camera of ${name} to send nothing`, async () => {
    const before = await packetsOfCamera(name);
    await passMs(SILENCE_MS);
    return (await packetsOfCamera(name)) === before;
  });
}

describe('the chat', () => {
  it('goes both ways, with links to press and a count of what is unread', async () => {
    const [ada, ben] = await two();
    await press(ada, 'chat-toggle');
    await write(ada, 'See https://example.org/a?b=1.');
    await waitFor('Ben to see one unread message', async () => {
      const shown = await at(ben, 'chat-toggle').locator('.count').allTextContents();
      return shown.join() === '1';
    });
    expect(await at(ben, 'chat-toggle').getAttribute('title')).toContain('1 unread message');
    await press(ben, 'chat-toggle');
    await waitForMessages(ben, ['See https://example.org/a?b=1.']);
    expect(await at(ben, 'chat-toggle').locator('.count').count()).toBe(0);
    const link = at(ben, 'chat-message').locator('a');
    expect(await link.getAttribute('href')).toBe('https://example.org/a?b=1');
    expect(await link.getAttribute('target')).toBe('_blank');
    expect(await link.getAttribute('rel')).toContain('noopener');
    await write(ben, '<b>Thanks</b>');
    await waitForMessages(ada, ['See https://example.org/a?b=1.', '<b>Thanks</b>']);
    expect(await at(ada, 'chat-message').last().getAttribute('data-own')).toBe('false');
  });

  it('is there for who comes later', async () => {
    const [ada] = await two();
    await press(ada, 'chat-toggle');
    await write(ada, 'First');
    await waitForMessages(ada, ['First']);
    await write(ada, 'Second');
    await waitForMessages(ada, ['First', 'Second']);
    const cleo = await join('Cleo', 3, { equipment: { devices: [], screen: null } });
    await press(cleo, 'chat-toggle');
    await waitForMessages(cleo, ['First', 'Second']);
  });
});

describe('a sign', () => {
  it('of a raised hand is on the tile and orders the list of people, until it is lowered', async () => {
    const [ada, ben] = await two();
    const hand = ben.testPage.page.locator(`${ben.tile(ada)} .tile-hand`);
    const order = (): Promise<string> =>
      ben.testPage.page.evaluate<string>(
        `[...document.querySelectorAll('[data-testid=person]')].map(({ dataset }) => dataset.participant + (dataset.hand === 'true' ? ' ✋' : '')).join()`,
      );
    const waitForOrder = (expected: RegExp): Promise<unknown> =>
      waitFor(`the list to be ${String(expected)}`, async () => expected.test(await order()));
    await press(ben, 'people-toggle');
    await press(ben, 'raise-hand');
    await waitForOrder(/^Ben ✋,Ada$/u);
    await press(ada, 'raise-hand');
    await hand.waitFor();
    await waitForOrder(/^Ben ✋,Ada ✋$/u);
    await press(ben, 'raise-hand');
    await waitForOrder(/^Ada ✋,Ben$/u);
    await press(ada, 'raise-hand');
    await hand.waitFor({ state: 'detached' });
    await waitForOrder(/^[^✋]+$/u);
  });

  it('of a reaction rises over the tile of who gave it, and goes', async () => {
    const [ada, ben] = await two();
    await press(ada, 'reactions');
    const burst = ben.testPage.page.locator(`${ben.tile(ada)} .burst`);
    await press(ada, 'reaction-heart');
    await burst.waitFor();
    expect(await burst.getAttribute('data-reaction')).toBe('heart');
    expect(await ben.testPage.page.locator(`${ben.tile(ben)} .burst`).count()).toBe(0);
    await burst.waitFor({ state: 'detached' });
  });
});

describe('a shared screen', () => {
  it('is seen large and heard, until the browser stops it', async () => {
    const screen = { picture: { stream: SCREEN_STREAM, ...PICTURE, frameRate: 10 }, toneHz: SCREEN_TONE_HZ };
    const [ada, ben] = await two({ equipment: { ...oneOfEach(signalOf(1)), screen } });
    const before = await layoutOf(ben);
    expect(before).not.toBe('screen');
    await press(ada, 'share-screen');
    await waitForStream(ben, `${SCREEN} video`, SCREEN_STREAM);
    expect(await layoutOf(ben)).toBe('screen');
    await waitForTone(ben, `${SCREEN} audio`, SCREEN_TONE_HZ);
    // The person is still seen and heard beside it.
    await waitForStream(ben, `${ben.tile(ada)} video`, 1);
    await waitForTone(ben, `${ben.tile(ada)} audio`, toneHzOf(1));
    await ada.testPage.probe.stopSharing();
    await ben.testPage.page.waitForSelector(SCREEN, { state: 'detached' });
    await ada.testPage.page.waitForSelector(SCREEN, { state: 'detached' });
    expect(await layoutOf(ben)).toBe(before);
    await waitForMark(at(ada, 'share-screen'), 'data-state', 'on');
  });
});

describe('own devices', () => {
  it('are switched off and on, and the picture goes on where it is now', async () => {
    const [ada, ben] = await two();
    const tile = ben.testPage.page.locator(ben.tile(ada));
    await press(ada, 'toggle-microphone');
    await waitForMark(tile, 'data-muted', 'true');
    await waitForTone(ben, `${ben.tile(ada)} audio`, null);
    await press(ada, 'toggle-microphone');
    await waitForMark(tile, 'data-muted', 'false');
    await waitForTone(ben, `${ben.tile(ada)} audio`, toneHzOf(1));
    await press(ada, 'toggle-camera');
    await waitForMark(tile, 'data-picture', 'off');
    await waitForNoPackets('Ada');
    const onAtMs = Date.now();
    await press(ada, 'toggle-camera');
    await waitForMark(tile, 'data-picture', 'live');
    await ben.waitForNewPicture(ada, onAtMs);
    const report = scoreFrames(await ben.watchFrames(ada, 1500));
    expect(report).toMatchObject({ streams: [1], risesStrictly: true });
    expect(report.count).toBeGreaterThan(5);
  });

  it('are changed in the settings, and the other sees the other camera', async () => {
    const desk = oneOfEach(signalOf(1));
    const picture = { stream: OTHER_CAMERA_STREAM, ...PICTURE };
    const equipment: TestEquipment = {
      ...desk,
      devices: [...desk.devices, { kind: 'videoinput', deviceId: 'other', label: 'Other camera', picture }],
    };
    const [ada, ben] = await two({ equipment });
    await ada.openSettings();
    await at(ada, 'device-camera').selectOption({ label: 'Other camera' });
    await waitForStream(ben, `${ben.tile(ada)} video`, OTHER_CAMERA_STREAM);
    await ada.testPage.page.keyboard.press('Escape');
    expect(scoreFrames(await ben.watchFrames(ada, 1000)).streams).toEqual([OTHER_CAMERA_STREAM]);
  });

  it('are open while Space is held, with push to talk', async () => {
    const [ada, ben] = await two();
    const { keyboard } = ada.testPage.page;
    const tile = ben.testPage.page.locator(ben.tile(ada));
    await ada.openSettings();
    await at(ada, 'push-to-talk').check();
    await keyboard.press('Escape');
    await waitForMark(tile, 'data-muted', 'true');
    await keyboard.down('Space');
    await waitForMark(tile, 'data-muted', 'false');
    await waitForTone(ben, `${ben.tile(ada)} audio`, toneHzOf(1));
    await keyboard.up('Space');
    await waitForMark(tile, 'data-muted', 'true');
    await waitForTone(ben, `${ben.tile(ada)} audio`, null);
  });
});

describe('the arrangement', () => {
  it('is the one that was chosen', async () => {
    const [ada] = await two();
    for (const layout of ['speaker', 'spotlight', 'grid']) {
      await chooseLayout(ada, layout);
      await waitForMark(at(ada, 'grid'), 'data-layout', layout);
    }
  });

  it('costs nothing for who is out of view, and nothing at all where nobody watches', async () => {
    const [ada, ben] = await two();
    expect(picturesSentTo('Ada')).toBe(1);
    await chooseLayout(ada, 'spotlight');
    const own = ada.testPage.page.locator('[data-testid=tile][data-self=true]');
    await own.hover();
    await own.locator('[data-testid=pin]').click();
    const seen = ada.testPage.page.locator(ada.tile(ben));
    await seen.waitFor({ state: 'hidden' });
    await waitFor('no picture to be sent to Ada', () => picturesSentTo('Ada') === 0);
    await waitForNoPackets('Ben');
    // He is heard all the same, and Ada, who is watched, goes on.
    await waitForTone(ada, `${ada.tile(ben)} audio`, toneHzOf(2));
    await ben.waitForNewPicture(ada, Date.now());
    const backAtMs = Date.now();
    await chooseLayout(ada, 'grid');
    await seen.waitFor();
    const shownAtMs = await ada.waitForNewPicture(ben, backAtMs);
    process.stdout.write(`picture ${shownAtMs - backAtMs} ms after the menu was opened for it\n`);
    expect(shownAtMs - backAtMs).toBeLessThan(2500);
    expect(picturesSentTo('Ada')).toBe(1);
  });
});

describe('the link', () => {
  it('is copied, and is in the QR code', async () => {
    const context = { permissions: ['clipboard-read', 'clipboard-write'] };
    const [ada] = await two({ signal: signalOf(1), context });
    const { page } = ada.testPage;
    const link = `${server.origin}/call#${room}`;
    await press(ada, 'copy-link');
    await waitFor(
      'the link to be copied',
      async () => (await page.evaluate<string>('navigator.clipboard.readText()')) === link,
    );
    await press(ada, 'show-qr');
    expect(await at(ada, 'qr-link').inputValue()).toBe(link);
    const path = (await at(ada, 'qr').locator('.qr-dark').getAttribute('d')) ?? '';
    const dark = [...path.matchAll(/M(\d+) (\d+)h(\d+)/g)].flatMap(([, x, y, width]) =>
      Array.from({ length: Number(width) }, (_, index) => `${Number(x) + index} ${Number(y)}`),
    );
    const { data } = encode(link, { ecc: 'M', border: 4 });
    const expected = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`${x} ${y}`] : [])));
    expect(dark.sort()).toEqual(expected.sort());
    await page.keyboard.press('Escape');
  });
});

describe('who comes and goes', () => {
  it('sees before the join who is there, and after a reload has the same place', async () => {
    const [, ben] = await two();
    const options = { name: 'Cleo', stream: 3, codecs: 'vp8', switches: { join: null } } as const;
    const cleo = await browser.newPage(callAddress(server.origin, room, options), { signal: signalOf(3) });
    const lobby = cleo.page.locator('[data-testid=lobby]');
    await waitFor('Cleo to read who is there', async () =>
      /Ada.*Ben/.test((await lobby.textContent()) ?? ''),
    );
    await cleo.page.click('[data-testid=join]');
    await ben.waitForPicture(options);
    const place = viewOf(participantOf('Cleo').participant);
    await cleo.page.reload();
    await cleo.page.click('[data-testid=join]');
    await cleo.page.waitForSelector('[data-testid=tile][data-self=true]');
    const again = viewOf(participantOf('Cleo').participant);
    expect([again.participant_id, again.joined_at]).toEqual([place.participant_id, place.joined_at]);
    await ben.waitForNewPicture(options, Date.now());
    expect(await ben.tileOrder()).toEqual(['Ada', 'Cleo']);
    await cleo.page.click('[data-testid=leave]');
    await cleo.page.waitForSelector('[data-testid=ended]');
    await ben.testPage.page.waitForSelector(ben.tile(options), { state: 'detached' });
    expect(await ben.tileOrder()).toEqual(['Ada']);
    await cleo.close();
  });

  it('has a phone, sees the others and reads the chat', async () => {
    const [ada, ben] = await two({ signal: signalOf(1), context: PHONE_PORTRAIT });
    await waitForStream(ada, `${ada.tile(ben)} video`, 2);
    await at(ada, 'chat-toggle').tap();
    await at(ada, 'chat-input').waitFor();
    await press(ben, 'chat-toggle');
    await write(ben, 'Hello, phone');
    await waitForMessages(ada, ['Hello, phone']);
    await at(ada, 'chat-close').tap();
    await ada.waitForNewPicture(ben, Date.now());
  });
});
