/** Test networks between real sockets: what leads through them, what does not, and that nothing is left. */
import { type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, it } from 'vitest';
import { waitFor } from '../../test/harness/wait.ts';
import { ProtocolError } from '../../signaling/errors.ts';
import type { IceCandidate } from '../../signaling/messages/media.ts';
import { createLogger } from '../observe/logger.ts';
import { type EmulatedWay, NetworkEmulator } from './emulator.ts';

const sockets: Socket[] = [];
let emulator: NetworkEmulator | undefined;

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  emulator?.close();
  await waitFor('every test network to end', () => emulator?.running === 0);
  emulator = undefined;
});

async function openSocket(address: string): Promise<Socket> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  sockets.push(socket);
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

/** A server's port: it sends back what comes. */
async function openEcho(address: string): Promise<number> {
  const echo = await openSocket(address);
  echo.on('message', (packet, from) => echo.send(`re ${packet.toString()}`, from.port, from.address));
  return echo.address().port;
}

function candidate(address: string, port: number, change: Partial<IceCandidate> = {}): IceCandidate {
  return {
    foundation: 'f',
    priority: 1,
    ip: address,
    address,
    protocol: 'udp',
    port,
    type: 'host',
    ...change,
  };
}

function start(listen: readonly { ip: string; announcedAddress?: string }[], max = 2): NetworkEmulator {
  emulator = new NetworkEmulator({ listen, max, firstPort: 0, logger: createLogger('silent') });
  return emulator;
}

async function ask(from: Socket, text: string, port: number, address: string): Promise<string> {
  const heard = once(from, 'message') as Promise<[Buffer]>;
  from.send(text, port, address);
  return (await heard)[0].toString();
}

async function codeOf(promise: Promise<EmulatedWay>): Promise<string> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof ProtocolError ? error.code : String(error);
}

it('leads packets through ports of its own, and leaves no other candidate', async () => {
  const port = await openEcho('127.0.0.1');
  const listen = [{ ip: '127.0.0.1', announcedAddress: '203.0.113.9' }];
  const candidates = [
    candidate('203.0.113.9', port),
    candidate('127.0.0.1', port),
    candidate('127.0.0.1', port, { protocol: 'tcp', tcpType: 'passive' }),
    candidate('198.51.100.1', port),
  ];
  const way = await start(listen).open('steps', candidates);
  const through = way.through(candidates);
  // What a 1:1 NAT announces, and the machine's own address: the same port behind both.
  expect(through.map(({ address, protocol }) => [address, protocol])).toEqual([
    ['203.0.113.9', 'udp'],
    ['127.0.0.1', 'udp'],
  ]);
  const [relayed = 0, again] = through.map((one) => one.port);
  expect(relayed).not.toBe(port);
  expect(again).toBe(relayed);
  const client = await openSocket('127.0.0.1');
  expect(await ask(client, 'hello', relayed, '127.0.0.1')).toBe('re hello');
  await way.change('narrow');
  expect(way.network).toBe('narrow');
  expect(await ask(client, 'still here', relayed, '127.0.0.1')).toBe('re still here');
});

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

it.skipIf(!hasIpv6)('stands in front of IPv6 as well, and of a wildcard', async () => {
  const [six, four] = [await openEcho('::1'), await openEcho('127.0.0.1')];
  const candidates = [candidate('::1', six), candidate('203.0.113.9', four)];
  const way = await start([{ ip: '::1' }, { ip: '0.0.0.0', announcedAddress: '203.0.113.9' }]).open(
    'narrow',
    candidates,
  );
  const [overSix = 0, overFour = 0] = way.through(candidates).map(({ port }) => port);
  expect(await ask(await openSocket('::1'), 'six', overSix, '::1')).toBe('re six');
  expect(await ask(await openSocket('127.0.0.1'), 'four', overFour, '127.0.0.1')).toBe('re four');
});

it('has no more than it may, and has again what was closed', async () => {
  const port = await openEcho('127.0.0.1');
  const candidates = [candidate('127.0.0.1', port)];
  const some = start([{ ip: '127.0.0.1' }], 1);
  const way = await some.open('lossy', candidates);
  expect(await codeOf(some.open('lossy', candidates))).toBe('EmulationUnavailable');
  way.close();
  way.close();
  await waitFor('its place to be free', () => some.running === 0);
  const next = await some.open('mobile', candidates);
  expect(next.through(candidates)).toHaveLength(1);
});

it('takes the next of its ports where somebody has one', async () => {
  const port = await openEcho('127.0.0.1');
  const taken = (await openSocket('127.0.0.1')).address().port;
  emulator = new NetworkEmulator({
    listen: [{ ip: '127.0.0.1' }],
    max: 8,
    firstPort: taken,
    logger: createLogger('silent'),
  });
  const candidates = [candidate('127.0.0.1', port)];
  const way = await emulator.open('narrow', candidates);
  const [relayed = 0] = way.through(candidates).map((one) => one.port);
  expect(relayed).toBeGreaterThan(taken);
  expect(relayed).toBeLessThan(taken + 8);
});

it('is not offered where the operator does not want it, and not without a port to stand in front of', async () => {
  const none = start([{ ip: '127.0.0.1' }], 0);
  expect(none.enabled).toBe(false);
  expect(await codeOf(none.open('narrow', [candidate('127.0.0.1', 9)]))).toBe('EmulationUnavailable');
  const some = start([{ ip: '127.0.0.1' }]);
  expect(await codeOf(some.open('narrow', [candidate('198.51.100.1', 9)]))).toBe('EmulationUnavailable');
  expect(some.running).toBe(0);
});

it('ends its networks where it is closed while one is being opened', async () => {
  const port = await openEcho('127.0.0.1');
  const some = start([{ ip: '127.0.0.1' }]);
  const opening = some.open('narrow', [candidate('127.0.0.1', port)]);
  some.close();
  expect(await codeOf(opening)).toBe('EmulationUnavailable');
});
