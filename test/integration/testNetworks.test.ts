/** Test networks as signalling shows them: who gets one, which transports lead through it, and what becomes of it. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JsonValue } from '../../signaling/frames/index.ts';
import { RawCaller } from '../harness/rawCaller.ts';
import { type TestServer, startServer } from '../harness/server.ts';
import { waitFor } from '../harness/wait.ts';

type Json = Readonly<Record<string, JsonValue | undefined>>;

let server: TestServer;
const callers: RawCaller[] = [];

beforeEach(async () => {
  server = await startServer({
    media: { mediaWorkers: 0, workers: 1, emulation: { max: 1 } },
    log: { level: 'silent' },
  });
});
afterEach(async () => {
  for (const caller of callers.splice(0)) {
    if (caller.client.closeCode === null) caller.client.send('LEAVE', {});
    caller.cut();
  }
  await waitFor('all rooms end', () => server.server.registry.rooms.length === 0);
  await server.close();
});

async function joined(room: string, name: string, network: string | null = null): Promise<RawCaller> {
  const caller = await RawCaller.connect(server.origin);
  callers.push(caller);
  expect(await caller.join(room, { name, network })).not.toHaveProperty('error');
  return caller;
}

function emulate({ client }: RawCaller, network: JsonValue, channel = 1): Promise<Json> {
  return client.request('TRANSPORT_UPDATE', { op: 'emulate', network }, channel);
}

function resets({ client }: RawCaller): readonly Json[] {
  return client.controls('TRANSPORT_UPDATE');
}

/** Protocol and port of each candidate of both transports. */
function candidates(offers: Json | undefined): readonly string[] {
  return ['send_transport', 'receive_transport'].flatMap((name) => {
    const transport = offers?.[name] as { ice_candidates: { protocol: string; port: number }[] } | undefined;
    return transport?.ice_candidates.map(({ protocol, port }) => `${protocol} ${port}`) ?? [];
  });
}

it('a test network is the only way to the transports that come with it', async () => {
  const ada = await joined(await server.createRoom(), 'Ada');
  expect(ada.hello['emulation']).toBe(true);
  expect(ada.joined['network']).toBeNull();
  const direct = candidates(ada.joined);
  expect(direct.some((one) => one.startsWith('tcp'))).toBe(true);
  expect(await emulate(ada, 'narrow')).not.toHaveProperty('error');
  const [reset] = resets(ada);
  expect(reset).toMatchObject({ op: 'reset', network: 'narrow' });
  const through = candidates(reset);
  expect(through.length).toBeGreaterThan(0);
  expect(through.every((one) => one.startsWith('udp') && !direct.includes(one))).toBe(true);
  // Another network needs no other transports.
  expect(await emulate(ada, 'steps')).not.toHaveProperty('error');
  expect(resets(ada)).toHaveLength(1);
  expect(await emulate(ada, null)).not.toHaveProperty('error');
  expect(resets(ada)).toHaveLength(2);
  expect(resets(ada)[1]).toMatchObject({ network: null });
  expect(new Set(candidates(resets(ada)[1]))).toEqual(new Set(direct));
});

it('there are no more than the operator allows, and a call matters more', async () => {
  const room = await server.createRoom();
  const ada = await joined(room, 'Ada', 'mobile');
  expect(ada.joined['network']).toBe('mobile');
  const ben = await joined(room, 'Ben', 'lossy');
  expect(ben.joined['network']).toBeNull();
  expect(candidates(ben.joined).some((one) => one.startsWith('tcp'))).toBe(true);
  expect(await emulate(ben, 'lossy')).toMatchObject({ error: { code: 'EmulationUnavailable' } });
  expect(resets(ben)).toEqual([]);
  // Its place is free when its owner has left.
  await ada.client.request('LEAVE', {}, 1);
  await waitFor('the place to be free', async () => !('error' in (await emulate(ben, 'lossy'))));
  expect(resets(ben)).toMatchObject([{ network: 'lossy' }]);
});

it('it outlives the media process below', async () => {
  const ada = await joined(await server.createRoom(), 'Ada');
  await emulate(ada, 'mobile');
  const [before] = resets(ada);
  for (const pid of server.server.pids.mediasoup) process.kill(pid, 'SIGKILL');
  await waitFor('new transports', () => resets(ada).length === 2);
  const after = resets(ada)[1];
  expect(after).toMatchObject({ op: 'reset', network: 'mobile' });
  expect(candidates(after).every((one) => one.startsWith('udp'))).toBe(true);
  expect(after?.['send_transport']).not.toEqual(before?.['send_transport']);
});

it('it comes back with its participant', async () => {
  const room = await server.createRoom();
  const ada = await joined(room, 'Ada', 'narrow');
  const resume = ada.joined['resume_token'];
  ada.cut();
  await waitFor('the loss to be noticed', () =>
    server.server.registry.rooms.every(({ participants }) => participants.every(({ absent }) => absent)),
  );
  const again = await RawCaller.connect(server.origin);
  callers.push(again);
  await again.join(room, { name: 'Ada', resume, network: 'narrow' });
  expect(again.id).toBe(ada.id);
  expect(again.joined['network']).toBe('narrow');
});

it('what is no test network is refused, and so is one before a call', async () => {
  const ada = await joined(await server.createRoom(), 'Ada');
  expect(await emulate(ada, 'dial-up')).toMatchObject({ error: { code: 'InvalidMessage' } });
  const outside = await RawCaller.connect(server.origin);
  callers.push(outside);
  expect(await emulate(outside, 'narrow', 0)).toMatchObject({ error: { code: 'InvalidState' } });
});
