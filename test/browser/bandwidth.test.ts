/**
 * Narrow networks: what is sent follows what each person's way takes, and nobody pays for somebody else's. Real Chromium through
 * emulated links (pipelines/link).
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LinkPair } from '../../pipelines/link/live/accessLink.ts';
import type { LinkConfig } from '../../pipelines/link/link.ts';
import { launchBrowser, type TestBrowser } from '../harness/browser.ts';
import { describeDirection, receiveAll } from '../harness/callMember.ts';
import { ParticipantNetwork } from '../harness/network/network.ts';
import { knownPorts } from '../harness/network/ports.ts';
import { BrowserParticipant, type ParticipantOptions } from '../harness/participant.ts';
import { startServer, type TestServer } from '../harness/server.ts';
import { passMs, waitFor } from '../harness/wait.ts';

const DELAY_MS = 20;
/** What the emulated line keeps before it drops: as much as many a home router. */
const QUEUE_MS = 600;
const WINDOW_MS = 6000;
/** Until estimate, encoders and queues have settled on another rate. */
const SETTLE_MS = 15_000;

let server: TestServer;
let browser: TestBrowser;
let network: ParticipantNetwork;
const people: BrowserParticipant[] = [];

function line(bps: number): LinkConfig {
  return {
    capacity: { kind: 'constant', bps },
    queue: { discipline: 'drop-tail', limitMs: QUEUE_MS },
    delayMs: DELAY_MS,
  };
}

/** Down as said; up wide enough not to matter. */
function links(downBps: number): LinkPair {
  return { up: line(5_000_000), down: line(downBps) };
}

async function join(room: string, options: ParticipantOptions): Promise<BrowserParticipant> {
  const person = await BrowserParticipant.join(browser, server.origin, room, options);
  people.push(person);
  return person;
}

/** The encodes of H.264 that run, by their size. */
function encodes(): readonly string[] {
  const running = server.server.registry.rooms.flatMap(({ transcodes }) => transcodes);
  return running.flatMap(({ codec, size }) => (codec === 'H264' ? [size] : [])).sort();
}

beforeEach(async () => {
  const { listen, media } = await knownPorts();
  server = await startServer({ listen, media, log: { level: 'silent' } });
  browser = await launchBrowser();
  network = await ParticipantNetwork.open(server, { links: links(5_000_000) });
});
afterEach(async () => {
  for (const person of people.splice(0)) await person.leave();
  await waitFor('the room to end with its last participant', () => server.server.registry.rooms.length === 0);
  await browser.close();
  await network.close();
  await server.close();
});

/** What the details of a tile say of its share. */
async function shareOf(viewer: BrowserParticipant, of: BrowserParticipant): Promise<string> {
  const { page } = viewer.testPage;
  const tile = page.locator(viewer.tile(of));
  const toggle = tile.locator('[data-testid=details-toggle]');
  if ((await toggle.getAttribute('aria-expanded')) !== 'true') await toggle.dispatchEvent('click');
  return (await page.locator('[data-field=share]').last().textContent()) ?? '';
}

describe('a way that becomes narrow', () => {
  it('is followed by a publisher with one layer, and so is its return', async () => {
    const room = await server.createRoom();
    const ada = await join(room, { name: 'Ada', stream: 1, codecs: 'vp8' });
    const ben = await join(room, { name: 'Ben', stream: 2, codecs: 'vp8', page: { network } });
    await ben.waitForPicture(ada);
    await network.setLinks(links(300_000));
    await passMs(SETTLE_MS);
    const narrow = (await receiveAll([ada, ben], WINDOW_MS)).find(({ to }) => to === ben);
    if (narrow === undefined) throw new Error('Ben received nothing');
    process.stdout.write(`300 kbit/s: ${describeDirection(narrow)}\n`);
    // At twice what the line takes every second packet would be lost behind a queue that is always full.
    expect(narrow.frames.shareOfSent).toBeGreaterThan(0.7);
    expect(narrow.frames.latencyMs?.p50).toBeLessThan(QUEUE_MS);
    expect(narrow.tone.snrDb).toBeGreaterThan(15);
    await waitFor('the page to say so', async () => /kbit\/s/.test(await shareOf(ben, ada)));
    const askedBps = await maxBitrateOf(ada);
    // An estimate errs by so much; without it the publisher would send 540 kbit/s.
    expect(askedBps).toBeLessThan(1.25 * 300_000);
    await network.setLinks(links(5_000_000));
    await waitFor('the publisher to send as before', async () => (await maxBitrateOf(ada)) > 1.3 * askedBps, {
      timeoutMs: 30_000,
    });
  });

  it('gets a smaller encode of a transcoded picture, while the others keep the whole one', async () => {
    const room = await server.createRoom();
    const ada = await join(room, { name: 'Ada', stream: 3, codecs: 'vp8' });
    const ben = await join(room, { name: 'Ben', stream: 4, codecs: 'h264' });
    const silent = { devices: [], screen: null };
    const cleo = await join(room, {
      name: 'Cleo',
      stream: 5,
      codecs: 'h264',
      page: { network, equipment: silent },
    });
    for (const one of [ben, cleo]) await one.waitForPicture(ada);
    // Ben's own picture would have to share Cleo's way.
    await ben.testPage.page.click('[data-testid=toggle-camera]');
    await network.setLinks(links(170_000));
    await waitFor('a smaller encode', () => encodes().includes('smaller'), { timeoutMs: 30_000 });
    await cleo.waitForBadge(ada, /smaller size/, 15_000);
    await waitFor('Cleo to see it', async () => (await cleo.watchFrames(ada, 1000)).height === 180, {
      timeoutMs: 30_000,
    });
    expect(encodes()).toEqual(['smaller', 'whole']);
    expect((await ben.watchFrames(ada, 1000)).height).toBe(360);
    await network.setLinks(links(5_000_000));
    await waitFor('everybody to share one again', () => encodes().join() === 'whole', {
      timeoutMs: 60_000,
    });
    await waitFor('Cleo to see it', async () => (await cleo.watchFrames(ada, 1000)).height === 360, {
      timeoutMs: 15_000,
    });
  });
});

/** The bound that the page has set for its camera's only encoding, bits per second. */
async function maxBitrateOf({ testPage }: BrowserParticipant): Promise<number> {
  const bounds = await testPage.probe.maxBitrates();
  return Math.max(0, ...bounds);
}
