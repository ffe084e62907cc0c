/** The page's switch for a bad network: real Chromium, real pictures, through the server's own emulator. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Participant } from '../../src/rooms/participant.ts';
import { launchBrowser, type TestBrowser } from '../harness/browser.ts';
import { describeDirection, receiveAll } from '../harness/callMember.ts';
import { BrowserParticipant } from '../harness/participant.ts';
import { startServer, type TestServer } from '../harness/server.ts';
import { passMs, waitFor } from '../harness/wait.ts';

/** As src/emulation/networks.ts has it for `narrow`: one way, and the longest that its queue lets wait. */
const DELAY_MS = 30;
const QUEUE_MS = 600;
const NARROW_BPS = 300_000;
const WINDOW_MS = 6000;
const SETTLE_MS = 15_000;

let server: TestServer;
let browser: TestBrowser;
const people: BrowserParticipant[] = [];

beforeEach(async () => {
  server = await startServer({ log: { level: 'silent' } });
  browser = await launchBrowser();
});
afterEach(async () => {
  for (const person of people.splice(0)) await person.leave();
  await waitFor('the room to end with its last participant', () => server.server.registry.rooms.length === 0);
  await browser.close();
  await server.close();
});

async function join(room: string, name: string, stream: number): Promise<BrowserParticipant> {
  const person = await BrowserParticipant.join(browser, server.origin, room, { name, stream, codecs: 'vp8' });
  people.push(person);
  return person;
}

function participant(name: string): Participant | undefined {
  return server.server.registry.rooms
    .flatMap(({ participants }) => [...participants])
    .find((one) => one.name === name);
}

async function choose(person: BrowserParticipant, network: string): Promise<void> {
  const { page } = person.testPage;
  await person.openSettings();
  await page.locator('[data-testid=test-network]').selectOption(network);
  await page.keyboard.press('Escape');
}

it('is felt by whoever chose it, both ways, is named meanwhile, and ends with a press', async () => {
  const room = await server.createRoom();
  const ada = await join(room, 'Ada', 1);
  const ben = await join(room, 'Ben', 2);
  await ben.waitForPicture(ada);
  await choose(ben, 'narrow');
  await waitFor('the page to name it', async () =>
    (await ben.status()).startsWith('Test network: Slow line'),
  );
  expect(participant('Ben')?.transports?.way?.network).toBe('narrow');
  expect(participant('Ada')?.transports?.way).toBeNull();
  await passMs(SETTLE_MS);
  const directions = await receiveAll([ada, ben], WINDOW_MS);
  for (const direction of directions) {
    process.stdout.write(`narrow: ${describeDirection(direction)}\n`);
    // Over the line, and with what it takes: not a queue that is always full.
    expect(direction.frames.latencyMs?.p50).toBeGreaterThan(DELAY_MS);
    expect(direction.frames.latencyMs?.p50).toBeLessThan(DELAY_MS + QUEUE_MS);
    expect(direction.frames.shareOfSent).toBeGreaterThan(0.6);
    expect(direction.tone.snrDb).toBeGreaterThan(15);
  }
  // An estimate errs by so much; without it Ada would send 540 kbit/s.
  expect(Math.max(...(await ada.testPage.probe.maxBitrates()))).toBeLessThan(1.25 * NARROW_BPS);
  const endedAtMs = Date.now();
  await ben.testPage.page.click('[data-testid=status-remedy]');
  await waitFor('the page to forget it', async () => !(await ben.status()).startsWith('Test network'));
  expect(participant('Ben')?.transports?.way).toBeNull();
  await ben.waitForNewPicture(ada, endedAtMs);
  await ada.waitForNewPicture(ben, endedAtMs);
});
