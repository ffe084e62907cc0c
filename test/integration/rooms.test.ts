/** What people in a room see of each other, and how they keep their places, as signalling shows it. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonValue } from '../../signaling/frames/index.ts';
import { loadServerSecret } from '../../src/config/secret.ts';
import { RoomKeys } from '../../src/rooms/roomKeys.ts';
import { type JoinWish, RawCaller } from '../harness/rawCaller.ts';
import { RawClient } from '../harness/rawClient.ts';
import { type TestServer, createRoom, spawnServer, startServer } from '../harness/server.ts';
import { waitFor } from '../harness/wait.ts';

/** Long enough that no step of a test falls out of it, short enough to wait for its end. */
const GRACE_MS = 1500;

let server: TestServer;
const callers: RawCaller[] = [];

beforeAll(async () => {
  server = await startServer({
    rooms: { resumeGraceMs: GRACE_MS, maxParticipants: 3, attemptBurst: 5, attemptsPerMinute: 1 },
    media: { mediaWorkers: 0 },
    log: { level: 'silent' },
  });
});
afterEach(async () => {
  for (const caller of callers.splice(0)) {
    // An answer is not waited for: the connection may be gone.
    if (caller.client.closeCode === null) caller.client.send('LEAVE', {});
    caller.cut();
  }
  await waitFor('all rooms end', () => server.server.registry.rooms.length === 0);
});
afterAll(() => server.close());

async function greeted(origin = server.origin): Promise<RawCaller> {
  const caller = await RawCaller.connect(origin);
  callers.push(caller);
  return caller;
}

async function joined(room: string, name: string, wish: JoinWish = {}): Promise<RawCaller> {
  const caller = await greeted();
  expect(await caller.join(room, { name, ...wish })).not.toHaveProperty('error');
  return caller;
}

/** A key of this server, made as it makes them: creating over HTTP is limited. */
function freshRoom(): string {
  return new RoomKeys(loadServerSecret(server.dataDir), randomBytes).create();
}

describe('chat', () => {
  it('reaches everybody, the writer included, and those who come later', async () => {
    const room = freshRoom();
    const [ada, ben] = [await joined(room, 'Ada'), await joined(room, 'Ben')];
    expect(ben.joined['messages']).toEqual([]);
    expect(await ada.client.message({ text: '  <i>Hi</i>\u0007\nBen ' })).not.toHaveProperty('error');
    await ben.client.message({ text: 'Hello' });
    await waitFor('both hear both', () => [ada, ben].every(({ client }) => client.messages().length === 2));
    const said = ada.client.messages();
    expect(said).toMatchObject([
      { participant_id: ada.id, name: 'Ada', text: '<i>Hi</i>\nBen' },
      { participant_id: ben.id, name: 'Ben', text: 'Hello' },
    ]);
    expect(ben.client.messages()).toEqual(said);
    expect((await joined(room, 'Cy')).joined['messages']).toEqual(said);
  });

  it('refuses what is no message by name, and the connection goes on', async () => {
    const ada = await joined(freshRoom(), 'Ada');
    const answers = [
      await ada.client.messageBytes(new Uint8Array([0x7b, 0xff])),
      await ada.client.messageBytes(new Uint8Array(40_000).fill(0x20)),
      await ada.client.message({ text: '' }),
      await ada.client.message({ text: 'x'.repeat(4001) }),
      await ada.client.message({ text: '\u0000' }),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ error: { code: 'InvalidMessage' } });
    expect(await ada.client.message({ text: 'x' }, 2)).toMatchObject({ error: { code: 'NotFound' } });
    expect(await (await greeted()).client.message({ text: 'x' })).toMatchObject({
      error: { code: 'InvalidState' },
    });
    expect(await ada.client.message({ text: 'still here' })).not.toHaveProperty('error');
  });

  it('is slowed down for who writes too much', async () => {
    const ada = await joined(freshRoom(), 'Ada');
    let refused: JsonValue | undefined;
    for (let count = 0; count < 60 && refused === undefined; count += 1) {
      refused = (await ada.client.message({ text: `${count}` }))['error'];
    }
    expect(refused).toMatchObject({ code: 'RateLimited' });
  });
});

describe('hands and reactions', () => {
  it('are shown to everybody, and a hand stays up for those who come later', async () => {
    const room = freshRoom();
    const [ada, ben] = [await joined(room, 'Ada'), await joined(room, 'Ben')];
    await ada.client.request('PRESENCE', { op: 'hand', raised: true }, 1);
    await ada.client.request('PRESENCE', { op: 'reaction', reaction: 'party' }, 1);
    for (const person of [ada, ben]) {
      await person.hears('PRESENCE', { op: 'reaction', participant_id: ada.id, reaction: 'party' });
      const { participant } = await person.hears('PRESENCE', { op: 'updated' });
      expect(participant).toMatchObject({
        participant_id: ada.id,
        hand_raised_at: expect.any(Number) as number,
      });
    }
    const cy = await joined(room, 'Cy');
    expect(cy.joined['participants']).toMatchObject([
      { name: 'Ada', hand_raised_at: expect.any(Number) as number, quality: 'good' },
      { name: 'Ben', hand_raised_at: null },
      { name: 'Cy', participant_id: cy.id },
    ]);
  });

  it('are limited', async () => {
    const ada = await joined(freshRoom(), 'Ada');
    const codes = [];
    for (let count = 0; count < 12; count += 1) {
      codes.push((await ada.client.request('PRESENCE', { op: 'reaction', reaction: 'clap' }, 1))['error']);
    }
    expect(codes.at(0)).toBeUndefined();
    expect(codes.at(-1)).toMatchObject({ code: 'RateLimited' });
  });
});

describe('lobby', () => {
  it('shows who is in the room, until its watcher joins, and makes no room', async () => {
    const room = freshRoom();
    const watcher = await greeted();
    expect(await watcher.client.request('PRESENCE', { op: 'watch', room })).toMatchObject({
      participants: [],
      max_participants: 3,
    });
    expect(server.server.registry.rooms).toHaveLength(0);
    const ada = await joined(room, 'Ada');
    const [first] = await waitFor('the lobby is told', () => {
      const told = watcher.told('PRESENCE', 'lobby');
      return told.length > 0 && told;
    });
    expect(first).toEqual({ op: 'lobby', participants: [{ name: 'Ada' }] });
    await watcher.join(room, { name: 'Ben' });
    expect(await watcher.client.request('PRESENCE', { op: 'watch', room })).toMatchObject({
      error: { code: 'InvalidState' },
    });
    await watcher.client.request('LEAVE', {});
    const again = await watcher.client.request('PRESENCE', { op: 'watch', room });
    expect(again['participants']).toEqual([{ name: 'Ada' }]);
    await ada.client.request('LEAVE', {});
    await waitFor('the empty room is told', () =>
      watcher.told('PRESENCE', 'lobby').some(({ participants }) => JSON.stringify(participants) === '[]'),
    );
    expect(watcher.told('PRESENCE', 'lobby')).toHaveLength(2);
  });

  it('is opened by a key only, and guesses count as they do for JOIN', async () => {
    const guesser = await greeted();
    const codes = new Set<string>();
    for (let guess = 0; guess < 8; guess += 1) {
      const { error } = await guesser.client.request('PRESENCE', { op: 'watch', room: 'A'.repeat(32) });
      codes.add(/"code":"(\w+)"/.exec(JSON.stringify(error))?.[1] ?? 'none');
    }
    expect([...codes]).toEqual(['NotFound', 'RateLimited']);
  });
});

describe('connection test', () => {
  it('is for the time before a call', async () => {
    const ada = await greeted();
    const probe = { op: 'probe', protocol: 'udp' };
    const { transport } = await ada.client.request('TRANSPORT_UPDATE', probe);
    expect(JSON.stringify(transport)).toContain('"protocol":"udp"');
    const transportId = /"transport_id":"([^"]+)"/.exec(JSON.stringify(transport))?.[1] ?? '';
    const fingerprint = { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') };
    const connect = {
      op: 'connect',
      transport_id: transportId,
      dtls_parameters: { fingerprints: [fingerprint] },
    };
    expect(await ada.client.request('TRANSPORT_UPDATE', connect)).not.toHaveProperty('error');
    await ada.join(freshRoom());
    expect(await ada.client.request('TRANSPORT_UPDATE', probe)).toMatchObject({
      error: { code: 'InvalidState' },
    });
    expect(await ada.client.request('TRANSPORT_UPDATE', connect, 1)).toMatchObject({
      error: { code: 'NotFound' },
    });
  });
});

describe('a place', () => {
  it('is kept for a while when the connection breaks, with its order, hand and sources', async () => {
    const room = freshRoom();
    const [ada, ben] = [await joined(room, 'Ada'), await joined(room, 'Ben')];
    await ada.client.request('PRESENCE', { op: 'hand', raised: true }, 1);
    await ada.publish('camera');
    const shown = await ben.hears('CALL_OFFER', { op: 'consume', source: 'camera' });
    const cy = await joined(room, 'Cy');
    ada.cut();
    await ben.hears('PRESENCE', { op: 'quality', participant_id: ada.id, quality: 'lost' });
    // The room is full, and his place is his.
    expect(await (await greeted()).join(room, { name: 'Di' })).toMatchObject({ error: { code: 'RoomFull' } });
    const back = await joined(room, 'Ada', { resume: ada.joined['resume_token'] });
    expect(back.id).toBe(ada.id);
    expect(back.joined['participants']).toMatchObject([
      {
        name: 'Ada',
        joined_at: joinedAt(ada),
        hand_raised_at: expect.any(Number) as number,
        quality: 'good',
        sources: [{ source: 'camera' }],
      },
      { name: 'Ben' },
      { name: 'Cy' },
    ]);
    const updates = (): readonly JsonValue[] =>
      ben.told('PRESENCE', 'updated').map(({ participant }) => participant ?? null);
    await waitFor('the others hear of it', () => JSON.stringify(updates().at(-1)).includes('"good"'));
    await back.publish('camera');
    const next = await waitFor('the new stream replaces the old one', () =>
      ben.told('CALL_OFFER', 'consume').find(({ replaces }) => replaces === shown['consumer_id']),
    );
    expect(next['source_id']).toBe(shown['source_id']);
    for (const other of [ben, cy]) expect(other.told('PRESENCE', 'left')).toEqual([]);
    expect(ben.told('CALL_END')).toEqual([]);
  });

  it('is kept for a moment only where the device said that it goes away', async () => {
    const usual = await startServer({ media: { mediaWorkers: 0 }, log: { level: 'silent' } });
    try {
      const room = await usual.createRoom();
      const [ada, ben] = [
        await RawClient.join(usual.origin, room, 'Ada'),
        await RawClient.join(usual.origin, room, 'Ben'),
      ];
      const places = (): readonly string[] =>
        usual.server.registry.rooms.flatMap(({ participants }) => participants.map(({ name }) => name));
      ada.goAway();
      ben.close();
      // Far less than the usual 30 s.
      await waitFor('the place of Ada to end', () => !places().includes('Ada'), { timeoutMs: 10_000 });
      expect(places()).toEqual(['Ben']);
    } finally {
      await usual.close();
    }
  });

  it('is free after that, and the room ends with its last one; a token brings id and order back all the same', async () => {
    const room = freshRoom();
    const [ada, ben] = [await joined(room, 'Ada'), await joined(room, 'Ben')];
    await ada.client.request('PRESENCE', { op: 'hand', raised: true }, 1);
    ada.cut();
    await ben.hears('PRESENCE', { op: 'left', participant_id: ada.id, reason: 'connection lost' });
    const back = await joined(room, 'Ada', { resume: ada.joined['resume_token'] });
    expect(back.joined['participants']).toMatchObject([
      { participant_id: ada.id, joined_at: joinedAt(ada), hand_raised_at: null },
      { name: 'Ben' },
    ]);
    await ben.hears('PRESENCE', { op: 'joined' });
    expect(ben.told('PRESENCE', 'joined')).toHaveLength(1);
    back.cut();
    ben.cut();
    expect(server.server.registry.rooms).toHaveLength(1);
    await waitFor('the room ends', () => server.server.registry.rooms.length === 0);
  });

  it('is free at once for who leaves', async () => {
    const room = freshRoom();
    const [ada, ben] = [await joined(room, 'Ada'), await joined(room, 'Ben')];
    await ada.client.request('LEAVE', {});
    await ben.hears('PRESENCE', { op: 'left', participant_id: ada.id, reason: 'left' });
  });

  it('is taken over by who has its token, and the old connection ends', async () => {
    const room = freshRoom();
    const [ada, ben] = [await joined(room, 'Ada'), await joined(room, 'Ben')];
    const again = await joined(room, 'Ada at home', { resume: ada.joined['resume_token'] });
    expect(await ada.client.closed()).toBe(1008);
    expect(ada.client.controls('ERROR')).toMatchObject([{ code: 'TakenOver', fatal: true }]);
    expect(again.id).toBe(ada.id);
    expect(await again.client.message({ text: 'me' })).not.toHaveProperty('error');
    await waitFor('Ben hears him', () => ben.client.messages().length === 1);
    expect(ben.told('PRESENCE').map(({ op }) => op)).toEqual(['updated']);
    expect(ben.told('PRESENCE', 'updated')[0]?.['participant']).toMatchObject({ name: 'Ada at home' });
  });

  it('is not given for a token of another room, or for none at all', async () => {
    const ada = await joined(freshRoom(), 'Ada');
    const room = freshRoom();
    const other = await joined(room, 'Ada', { resume: ada.joined['resume_token'] });
    const forged = await joined(room, 'Ada', { resume: 'A'.repeat(60) });
    expect(new Set([ada.id, other.id, forged.id]).size).toBe(3);
    expect(ada.client.closeCode).toBeNull();
  });

  it('survives the server: id and order are the same on the next one', async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'commucat-places-'));
    let process = await spawnServer(dataDir);
    try {
      const room = await createRoom(process.origin, process.token);
      const people = [await greeted(process.origin), await greeted(process.origin)] as const;
      await people[0].join(room, { name: 'Ada' });
      await people[1].join(room, { name: 'Ben' });
      process.child.kill('SIGKILL');
      await once(process.child, 'exit');
      process = await spawnServer(dataDir);
      // In the other order.
      const ben = await greeted(process.origin);
      await ben.join(room, { name: 'Ben', resume: people[1].joined['resume_token'] });
      const ada = await greeted(process.origin);
      await ada.join(room, { name: 'Ada', resume: people[0].joined['resume_token'] });
      expect(ada.joined['participants']).toMatchObject([
        { participant_id: people[0].id, name: 'Ada', joined_at: joinedAt(people[0]) },
        { participant_id: people[1].id, name: 'Ben', joined_at: joinedAt(people[1]) },
      ]);
    } finally {
      process.child.kill('SIGKILL');
      rmSync(dataDir, { recursive: true });
    }
  });
});

describe('what is shown', () => {
  it('decides what a publisher is asked for', async () => {
    const room = freshRoom();
    const ada = await joined(room, 'Ada');
    const { producer_id: camera } = await ada.publish('camera');
    await ada.publish('screen-audio');
    const asked = (): readonly (JsonValue | undefined)[] =>
      ada
        .told('CALL_OFFER', 'send')
        .filter(({ producer_id: id }) => id === camera)
        .map(({ layers }) => layers);
    const isAsked = (layers: number): Promise<true> =>
      waitFor(`${layers} layers are asked for`, () => asked().at(-1) === layers);
    // Nobody is there.
    await isAsked(0);
    const ben = await joined(room, 'Ben');
    const offer = await ben.hears('CALL_OFFER', { op: 'consume', source: 'camera' });
    expect(offer['delivery']).toMatchObject({ why: { code: 'forwarded', args: { codec: 'VP8' } } });
    await isAsked(3);
    expect(await ben.view(offer['consumer_id'], 300, 170)).not.toHaveProperty('error');
    await isAsked(1);
    await ben.view(offer['consumer_id'], 640, 360);
    await isAsked(2);
    await ben.view(offer['consumer_id'], 0, 0);
    await isAsked(0);
    // Who stands before the door shall find a picture when it opens.
    const watcher = await greeted();
    await watcher.client.request('PRESENCE', { op: 'watch', room });
    await isAsked(3);
    watcher.cut();
    await isAsked(0);
    expect(asked()).toEqual([0, 3, 1, 2, 0, 3, 0]);
    expect(ada.told('CALL_OFFER', 'send').every(({ producer_id: id }) => id === camera)).toBe(true);
    expect(await ben.view('none', 1, 1)).toMatchObject({ error: { code: 'NotFound' } });
  });

  it('decides what is decoded', async () => {
    const transcoding = await startServer({ log: { level: 'silent' } });
    try {
      const room = await transcoding.createRoom();
      const ada = await greeted(transcoding.origin);
      await ada.join(room, { name: 'Ada' });
      const { producer_id: camera } = await ada.publish('camera');
      const ben = await greeted(transcoding.origin);
      await ben.join(room, { name: 'Ben', receive: ['H264'] });
      const offer = await ben.hears('CALL_OFFER', { op: 'consume', source: 'camera' });
      expect(offer['delivery']).toMatchObject({
        via: 'transcode',
        why: { code: 'transcoded-sender-limited', args: { receives: 'H.264', sends: 'VP8' } },
      });
      const transcodes = (): readonly boolean[] =>
        transcoding.server.registry.rooms.flatMap((one) => one.transcodes.map(({ active }) => active));
      await waitFor('it is decoded', () => transcodes()[0] === true);
      await ben.view(offer['consumer_id'], 0, 0);
      await waitFor('it rests', () => transcodes()[0] === false);
      await ada.hears('CALL_OFFER', { op: 'send', producer_id: camera, layers: 0 });
      await ben.view(offer['consumer_id'], 320, 180);
      await ada.hears('CALL_OFFER', { op: 'send', producer_id: camera, layers: 1 });
      await waitFor('it goes on', () => transcodes()[0] === true);
      // His place is kept, and nothing is decoded for it.
      ben.cut();
      await ada.hears('PRESENCE', { op: 'quality', participant_id: ben.id, quality: 'lost' });
      await waitFor('it ends with its last watcher', () => transcodes().length === 0);
    } finally {
      await transcoding.close();
    }
  });

  it('comes with figures of the own network', async () => {
    const ada = await joined(freshRoom(), 'Ada');
    const [figures] = await waitFor('figures come', () => {
      const told = ada.told('CALL_STATS');
      return told.length > 0 && told;
    });
    expect(Object.keys(figures ?? {}).sort()).toEqual([
      'receive_available_bps',
      'receive_loss',
      'rtt_ms',
      'send_loss',
    ]);
  });
});

function joinedAt(caller: RawCaller): unknown {
  const own = JSON.stringify(caller.joined['participants']);
  const at = new RegExp(`"participant_id":"${caller.id}"[^}]*?"joined_at":(\\d+)`).exec(own)?.[1];
  return Number(at);
}
