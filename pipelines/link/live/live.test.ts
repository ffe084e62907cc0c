/** Relays with emulated links between real sockets: what passes, what does not, and that nothing is left. No time is measured here. */
import { type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../../test/harness/wait.ts';
import type { LinkConfig } from '../link.ts';
import { AccessLink, type AccessLinkControl, type AccessLinkOptions, type LinkPair } from './accessLink.ts';
import { AccessLinkClosedError, AccessLinkThread } from './accessLinkThread.ts';
import { HEADER_BYTES } from './liveLink.ts';

const FAST: LinkConfig = {
  capacity: { kind: 'constant', bps: 1e9 },
  queue: { discipline: 'drop-tail' },
  delayMs: 1,
};
const SLOW_DOWN: LinkPair = { up: FAST, down: { ...FAST, capacity: { kind: 'constant', bps: 1e5 } } };

let server: Socket;
const clients: Socket[] = [];
const links: AccessLinkControl[] = [];
const seen: string[] = [];
/** Packets of the server that answers: as many to one. */
let answers = 1;

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

async function client(): Promise<{ send: (text: string, port: number) => void; heard: string[] }> {
  const socket = await openSocket();
  clients.push(socket);
  const heard: string[] = [];
  socket.on('message', (packet) => heard.push(packet.toString()));
  return { send: (text, port) => socket.send(text, port, '127.0.0.1'), heard };
}

function options(pair: LinkPair | null): AccessLinkOptions {
  const target = { address: '127.0.0.1', port: server.address().port };
  const relay = { address: '127.0.0.1', port: 0, target };
  return { relays: [relay, relay], sourceAddress: '127.0.0.1', links: pair, seed: 1 };
}

const KINDS = { 'in this thread': AccessLink, 'in a thread of its own': AccessLinkThread } as const;

beforeEach(async () => {
  answers = 1;
  server = await openSocket();
  server.on('message', (packet, { port }) => {
    seen.push(packet.toString());
    for (let copy = 0; copy < answers; copy += 1) server.send(`re ${packet.toString()}`, port, '127.0.0.1');
  });
});
afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
  for (const socket of clients.splice(0)) socket.close();
  server.close();
  seen.length = 0;
});

describe.each(Object.entries(KINDS))('an access link %s', (_, kind) => {
  async function open(pair: LinkPair | null): Promise<AccessLinkControl> {
    const link = await kind.open(options(pair));
    links.push(link);
    return link;
  }

  it('passes packets both ways over any of its ports, each client its own', async () => {
    const link = await open({ up: FAST, down: FAST });
    const [first = 0, second = 0] = link.ports;
    expect(first).not.toBe(second);
    const [ada, ben] = [await client(), await client()];
    ada.send('a', first);
    ben.send('b', second);
    await waitFor('both answers', () => ada.heard.length === 1 && ben.heard.length === 1);
    expect([ada.heard, ben.heard]).toEqual([['re a'], ['re b']]);
    const { up, down, lateMs } = await link.report();
    // Both ports share one link.
    expect(up?.counters).toMatchObject({ offeredBytes: 2 * (1 + HEADER_BYTES), left: 2 });
    expect(down?.counters).toMatchObject({ offeredBytes: 2 * (4 + HEADER_BYTES), left: 2 });
    expect(lateMs?.max).toBeGreaterThanOrEqual(0);
  });

  it('loses, fills its queue and brings twice what its model says', async () => {
    const link = await open({
      up: { ...FAST, loss: { kind: 'random', share: 0.3 }, duplicate: { share: 0.2 } },
      down: {
        ...FAST,
        queue: { discipline: 'drop-tail', limitBytes: 1000 },
        capacity: { kind: 'constant', bps: 1000 },
      },
    });
    const ada = await client();
    const count = 200;
    for (let id = 0; id < count; id += 1) ada.send(String(id), link.ports[0] ?? 0);
    const report = await waitFor('every packet to have a fate', async () => {
      const { up, down } = await link.report();
      if (up === null || down === null || up.counters.lost + up.counters.left < count) return null;
      const hasAll = new Set(seen).size === up.counters.left && seen.length > up.counters.left;
      return hasAll && down.counters.queueFull > 0 ? { up, down } : null;
    });
    expect(report.up.counters.lost).toBeGreaterThan(0.15 * count);
    expect(report.up.counters.lost).toBeLessThan(0.45 * count);
    expect(report.up.counters.lost + report.up.counters.left).toBe(count);
    expect(report.down.samples.every(({ queueBytes }) => queueBytes <= 1000)).toBe(true);
  });

  it('passes at once without links, and takes new ones while it runs', async () => {
    const link = await open(null);
    const port = link.ports[0] ?? 0;
    const ada = await client();
    ada.send('plain', port);
    await waitFor('the answer', () => ada.heard.includes('re plain'));
    expect(await link.report()).toMatchObject({ up: null, down: null, lateMs: null });
    // The answers to this one come out of a slow link, which is replaced while they are in it.
    answers = 5;
    await link.setLinks(SLOW_DOWN);
    ada.send('slow', port);
    await waitFor(
      'the packet to be answered',
      async () => ((await link.report()).down?.counters.offeredBytes ?? 0) > 0,
    );
    const startedAtMs = await link.setLinks({ up: FAST, down: FAST });
    expect(await link.report()).toMatchObject({ startedAtMs, up: { counters: { left: 0 } } });
    await waitFor(
      'what the old link held',
      () => ada.heard.filter((text) => text === 're slow').length === 5,
    );
    await link.setLinks(null);
    answers = 1;
    ada.send('again', port);
    await waitFor('the answer', () => ada.heard.includes('re again'));
  });

  it('passes nothing while it is cut', async () => {
    const link = await open({ up: FAST, down: FAST });
    const port = link.ports[0] ?? 0;
    const ada = await client();
    link.setCut(true);
    // The order is read before the answer to this is given.
    await link.report();
    ada.send('lost', port);
    await waitFor('the relay to have read it', async () => (await link.report()).cutPackets === 1);
    link.setCut(false);
    await link.report();
    ada.send('after', port);
    await waitFor('the answer', () => ada.heard.length > 0);
    expect([seen, ada.heard]).toEqual([['after'], ['re after']]);
  });

  it('refuses links that cannot be, and goes on with the old ones', async () => {
    const bad = { up: FAST, down: { ...FAST, delayMs: -1 } };
    await expect(kind.open(options(bad))).rejects.toMatchObject({ code: 'LINK_CONFIG' });
    const link = await open(null);
    await expect(link.setLinks(bad)).rejects.toMatchObject({ code: 'LINK_CONFIG' });
    const ada = await client();
    ada.send('still', link.ports[0] ?? 0);
    await waitFor('the answer', () => ada.heard.includes('re still'));
  });

  it('refuses a port that is taken', async () => {
    const target = { address: '127.0.0.1', port: server.address().port };
    const taken = { relays: [{ ...target, target }], sourceAddress: '127.0.0.1', links: null, seed: 1 };
    await expect(kind.open(taken)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('is gone when it is closed, and its port is free', async () => {
    const link = await open(SLOW_DOWN);
    const port = link.ports[0] ?? 0;
    const ada = await client();
    answers = 20;
    ada.send('many', port);
    await waitFor('the first answer', () => ada.heard.length > 0);
    await Promise.all([link.close(), link.close()]);
    const again = createSocket('udp4');
    again.bind(port, '127.0.0.1');
    await once(again, 'listening');
    again.close();
  });
});

describe('a thread that is closed', () => {
  it('answers nothing any more, and leaves nobody waiting', async () => {
    const link = await AccessLinkThread.open(options(null));
    const asked = link.report();
    const closing = link.close();
    await asked;
    await closing;
    await expect(link.report()).rejects.toThrow(AccessLinkClosedError);
    await link.close();
  });
});
