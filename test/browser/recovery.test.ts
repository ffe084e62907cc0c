/**
 * Whatever breaks, everybody comes back by himself to the same place, and is told meanwhile what is happening. One of three people
 * loses something; the others' networks stay as they are. The times are printed.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../src/config/schema.ts';
import { viewOf } from '../../src/rooms/participant.ts';
import { launchBrowser, type TestBrowser, type TestPageOptions } from '../harness/browser.ts';
import { ParticipantNetwork } from '../harness/network/network.ts';
import { knownPorts } from '../harness/network/ports.ts';
import { BrowserParticipant } from '../harness/participant.ts';
import { startServer, type TestServer } from '../harness/server.ts';
import { StatusLog } from '../harness/statusLog.ts';
import { passMs, waitFor } from '../harness/wait.ts';

/** What a page may say while it is repairing, and when it is done. */
const REPAIRING = /(lost|gets through|cut off|sets up|no network|coming back)/i;
const BACK = /you are back/i;
const CAMERA_GONE = /camera/i;
/** A browser notes every connection that fails; here they are meant to. */
const EXPECTED = [/WebSocket connection/, /net::ERR_/];

let server: TestServer;
let browser: TestBrowser;
let network: ParticipantNetwork;
let ada: BrowserParticipant;
let ben: BrowserParticipant;
const people: BrowserParticipant[] = [];

/** Ada, then Ben (on a network of his own, his hand up), then Cleo, who has no devices. */
async function gather(overrides: ConfigInput = {}): Promise<void> {
  const { listen, media } = await knownPorts();
  server = await startServer({
    ...overrides,
    listen: { ...listen, ...overrides.listen },
    media: { ...media, mediaWorkers: 0 },
    log: { level: 'silent' },
  });
  network = await ParticipantNetwork.open(server);
  const room = await server.createRoom();
  const join = async (name: string, stream: number, page: TestPageOptions): Promise<BrowserParticipant> => {
    const options = { name, stream, codecs: 'vp8', expectedProblems: EXPECTED, page } as const;
    const person = await BrowserParticipant.join(browser, server.origin, room, options);
    people.push(person);
    return person;
  };
  ada = await join('Ada', 1, {});
  ben = await join('Ben', 2, { network });
  await join('Cleo', 3, { equipment: { devices: [], screen: null } });
  await bothSee(Date.now());
  await ben.testPage.page.click('[data-testid=raise-hand]');
  await waitFor('the hand to be up', () => placeOf('Ben')?.hand_raised_at ?? null);
}

beforeEach(async () => {
  browser = await launchBrowser();
});
afterEach(async () => {
  for (const person of people.splice(0)) await person.leave();
  await waitFor('the room to end with its last participant', () => server.server.registry.rooms.length === 0);
  await browser.close();
  await network.close();
  await server.close();
});

function placeOf(name: string): ReturnType<typeof viewOf> | undefined {
  return server.server.registry.rooms
    .flatMap(({ participants }) => participants.map(viewOf))
    .find((place) => place.name === name);
}

/** When Ada and Ben see each other as they were after a moment. */
async function bothSee(takenAfterMs: number, timeoutMs = 15_000): Promise<number> {
  const shown = await Promise.all([
    ada.waitForNewPicture(ben, takenAfterMs, timeoutMs),
    ben.waitForNewPicture(ada, takenAfterMs, timeoutMs),
  ]);
  return Math.max(...shown);
}

interface Fault {
  readonly what: string;
  /** Breaks something, and mends what a person or an operator would. @returns when it was mended, ms since 1970 */
  readonly happen: () => Promise<number>;
  /** From there to the picture, both ways. */
  readonly atMostMs: number;
  /** The server forgot since when hands are up: Ben's is raised again. */
  readonly handAnew?: boolean;
}

/** Lets something break, and sees that Ben comes back to his place. */
async function comesBack({ what, happen, atMostMs, handAnew = false }: Fault): Promise<void> {
  const before = { place: placeOf('Ben'), tiles: await ada.tileOrder() };
  expect(before.tiles).toEqual(['Ben', 'Cleo']);
  const log = await StatusLog.begin(ben);
  const lostAtMs = Date.now();
  const mendedAtMs = await happen();
  const seenAtMs = await bothSee(mendedAtMs, atMostMs + 20_000);
  await waitFor('Ben to be told that he is back', async () =>
    (await log.sentences()).some((one) => BACK.test(one)),
  );
  const sentences = await log.stop();
  process.stdout.write(
    `${what}: picture ${seenAtMs - mendedAtMs} ms after it was mended, ${seenAtMs - lostAtMs} ms after the loss; said: ${sentences.join(' | ')}\n`,
  );
  expect(sentences.some((sentence) => REPAIRING.test(sentence))).toBe(true);
  expect(seenAtMs - mendedAtMs).toBeLessThan(atMostMs);
  await expectSamePlace(before, handAnew);
}

async function expectSamePlace(
  before: { readonly place: ReturnType<typeof placeOf>; readonly tiles: readonly string[] },
  handAnew = false,
): Promise<void> {
  await waitFor('Cleo to be there too', () => placeOf('Cleo') !== undefined);
  const { participant_id, joined_at, hand_raised_at } = before.place ?? {};
  expect(placeOf('Ben')).toMatchObject({ participant_id, joined_at });
  await waitFor('the hand to be up', () => {
    const since = placeOf('Ben')?.hand_raised_at ?? null;
    return since !== null && (handAnew || since === hand_raised_at);
  });
  await waitFor('Ada to see everybody once, in the same order', async () => {
    const tiles = await ada.tileOrder();
    return JSON.stringify(tiles) === JSON.stringify(before.tiles);
  });
  expect(await ben.tileOrder()).toEqual(['Ada', 'Cleo']);
}

/** What Chromium tells a page whose device has another network. */
async function tellNetworkChange(person: BrowserParticipant): Promise<void> {
  await person.testPage.page.evaluate(`navigator.connection?.dispatchEvent(new Event('change'))`);
}

describe('one of three people', () => {
  it('loses the network for eight seconds', async () => {
    await gather();
    await comesBack({
      what: 'network lost for 8 s',
      happen: async () => {
        network.cut();
        await passMs(8000);
        network.restore();
        return Date.now();
      },
      atMostMs: 4000,
    });
  });

  it('changes to another network, and the browser says so', async () => {
    await gather();
    await comesBack({
      what: 'another network, told',
      happen: async () => {
        network.changeAddress();
        const mendedAtMs = Date.now();
        await tellNetworkChange(ben);
        return mendedAtMs;
      },
      atMostMs: 6000,
    });
  });

  it('changes to another network, and nobody says so', async () => {
    await gather();
    await comesBack({
      what: 'another network, not told',
      happen: () => {
        network.changeAddress();
        return Promise.resolve(Date.now());
      },
      atMostMs: 20_000,
    });
  });

  it('shuts the lid of a laptop, for longer than the server waits for a sign of life', async () => {
    await gather({ listen: { idleTimeoutMs: 5000 } });
    const session = await ben.testPage.page.context().newCDPSession(ben.testPage.page);
    await comesBack({
      what: 'asleep for 12 s',
      happen: async () => {
        network.cut();
        await session.send('Page.setWebLifecycleState', { state: 'frozen' });
        await waitFor('the server to know', () => placeOf('Ben')?.quality === 'lost', { timeoutMs: 20_000 });
        await passMs(5000);
        network.restore();
        await session.send('Page.setWebLifecycleState', { state: 'active' });
        return Date.now();
      },
      atMostMs: 6000,
    });
    await session.detach();
  });

  it('has his camera forbidden, and allowed again', async () => {
    await gather();
    const { page, probe } = ben.testPage;
    const before = { place: placeOf('Ben'), tiles: await ada.tileOrder() };
    const log = await StatusLog.begin(ben);
    await probe.setPermission('camera', 'denied');
    await waitFor('Ben to be told', async () =>
      (await log.sentences()).some((sentence) => CAMERA_GONE.test(sentence)),
    );
    const picture = ada.testPage.page.locator(ada.tile(ben));
    await waitFor(
      'Ada to see no picture of Ben',
      async () => (await picture.getAttribute('data-picture')) !== 'live',
    );
    // What Ben sees of Ada goes on meanwhile.
    await ben.waitForNewPicture(ada, Date.now());
    await probe.setPermission('camera', 'granted');
    const allowedAtMs = Date.now();
    if ((await page.locator('[data-testid=status-remedy]').count()) > 0) {
      await page.click('[data-testid=status-remedy]');
    }
    const seenAtMs = await ada.waitForNewPicture(ben, allowedAtMs);
    process.stdout.write(
      `camera forbidden: picture ${seenAtMs - allowedAtMs} ms after it was allowed; said: ${(await log.stop()).join(' | ')}\n`,
    );
    expect(seenAtMs - allowedAtMs).toBeLessThan(4000);
    await expectSamePlace(before);
  });
});

describe('everybody', () => {
  it('outlives a mediasoup worker that is killed', async () => {
    await gather();
    await comesBack({
      what: 'mediasoup worker killed',
      happen: () => {
        for (const pid of server.server.pids.mediasoup) process.kill(pid, 'SIGKILL');
        return Promise.resolve(Date.now());
      },
      atMostMs: 3000,
    });
  });

  it('outlives a restart of the server', async () => {
    await gather();
    await comesBack({
      what: 'server restarted',
      happen: async () => {
        await server.restart();
        return Date.now();
      },
      atMostMs: 8000,
      handAnew: true,
    });
  });
});
