/** A device on which one codec makes no picture, although it says that it takes it: what the server does about it, and what people read. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../harness/browser.ts';
import { problemsOf, receiveAll } from '../harness/callMember.ts';
import { BrowserParticipant, type ParticipantOptions } from '../harness/participant.ts';
import { startServer, type TestServer } from '../harness/server.ts';
import { waitFor } from '../harness/wait.ts';

const WINDOW_MS = 5000;
/** Two key frames, another codec, its start. */
const LADDER_MS = 20_000;

let server: TestServer;
let browser: TestBrowser;
let people: BrowserParticipant[] = [];

beforeAll(async () => {
  server = await startServer({ log: { level: 'error' } });
  browser = await launchBrowser();
});
afterEach(async () => {
  for (const person of people) await person.leave();
  people = [];
  await waitFor('the room to end with its last participant', () => server.server.registry.rooms.length === 0);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

async function join(room: string, options: ParticipantOptions): Promise<BrowserParticipant> {
  const person = await BrowserParticipant.join(browser, server.origin, room, options);
  people.push(person);
  return person;
}

function steps(): readonly string[] {
  return server.server.registry.rooms.flatMap(({ stalls }) => stalls.map(({ step }) => step));
}

describe('a device that shows no picture in VP8', () => {
  it('gets another codec when key frames have not helped, and reads why', async () => {
    const room = await server.createRoom();
    const ada = await join(room, { name: 'Ada', stream: 1, codecs: 'vp8' });
    const ben = await join(room, { name: 'Ben', stream: 2, codecs: 'auto', page: { blindTo: 'video/VP8' } });
    await ben.waitForPicture(ada, LADDER_MS);
    expect(await ben.badge(ada)).toMatch(/^transcoded VP8 → .+: no picture in VP8 appeared on your device/);
    expect(new Set(steps())).toEqual(new Set(['key-frame', 'other-codec']));
    const [direction] = await receiveAll([ben], WINDOW_MS, [ada]);
    expect(problemsOf(direction === undefined ? [] : [direction])).toEqual([]);
  });

  it('and takes nothing else is told that nothing is left to try', async () => {
    const room = await server.createRoom();
    const ada = await join(room, { name: 'Ada', stream: 3, codecs: 'vp8' });
    const ben = await join(room, { name: 'Ben', stream: 4, codecs: 'vp8', page: { blindTo: 'video/VP8' } });
    await waitFor('the ladder to end', () => steps().includes('given-up'), { timeoutMs: LADDER_MS });
    await waitFor('Ben to read it', async () =>
      (await ben.testPage.page.textContent(ben.tile(ada)))?.includes('no picture appeared on your device'),
    );
    // What he sends is not touched by it, and nothing more is tried.
    await ada.waitForPicture(ben);
    expect(server.server.registry.rooms.flatMap(({ transcodes }) => transcodes)).toEqual([]);
  });
});
