/** What a stranger can send to a running server, and what it costs him and nobody else. */
import { randomBytes } from 'node:crypto';
import * as mediasoup from 'mediasoup';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonValue } from '../../signaling/frames/index.ts';
import { loadServerSecret } from '../../src/config/secret.ts';
import { RoomKeys } from '../../src/rooms/roomKeys.ts';
import { RawClient } from '../harness/rawClient.ts';
import { type TestServer, startServer } from '../harness/server.ts';

let server: TestServer;
const clients: RawClient[] = [];

beforeAll(async () => {
  server = await startServer({
    rooms: {
      attemptBurst: 8,
      attemptsPerMinute: 1,
      requestBurst: 40,
      requestsPerSecond: 1,
      maxParticipants: 3,
    },
    media: { mediaWorkers: 0 },
    // What goes wrong here is meant to.
    log: { level: 'silent' },
  });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(() => server.close());

async function connect(headers: Readonly<Record<string, string>> = {}): Promise<RawClient> {
  const client = await RawClient.connect(server.origin, headers);
  clients.push(client);
  return client;
}

async function greeted(): Promise<RawClient> {
  const client = await connect();
  await client.request('HELLO', { supported_versions: [1] });
  return client;
}

const receive = JSON.parse(JSON.stringify(mediasoup.getSupportedRtpCapabilities())) as {
  codecs: { kind: string; preferredPayloadType?: number }[];
};
for (const [index, codec] of receive.codecs.entries()) codec.preferredPayloadType = 96 + (index % 30);

function join(room: string, name = 'Ada'): JsonValue {
  return {
    room,
    name,
    receive: JSON.parse(JSON.stringify({ codecs: receive.codecs.slice(0, 3) })) as JsonValue,
    send_video: ['VP8'],
  };
}

describe('greeting', () => {
  it('answers HELLO with what the routers carry', async () => {
    const client = await connect();
    const ack = await client.request('HELLO', { supported_versions: [1, 7] });
    expect(ack).toMatchObject({ ack: 1, handshake: 'ok', protocol_version: 1 });
    expect(JSON.stringify(ack['router_rtp_capabilities'])).toContain('video/H264');
  });

  it('refuses versions that it does not speak, and ends the connection', async () => {
    const client = await connect();
    client.send('HELLO', { supported_versions: [2] });
    expect(await client.closed()).toBe(1002);
    expect(client.controls('ERROR')[0]).toMatchObject({ code: 'ProtocolVersionMismatch', status: 400 });
  });

  it('serves nothing before HELLO, and HELLO once', async () => {
    const client = await connect();
    expect(await client.request('LEAVE', {})).toMatchObject({ error: { code: 'InvalidState' } });
    await client.request('HELLO', { supported_versions: [1] });
    expect(await client.request('HELLO', { supported_versions: [1] })).toMatchObject({
      error: { code: 'InvalidState' },
    });
  });
});

describe('the other listener', () => {
  it('serves the same: page, health and a call', async () => {
    const other = await startServer({ listen: { implementation: 'node' }, media: { mediaWorkers: 0 } });
    try {
      expect((await fetch(`${other.origin}/readyz`)).status).toBe(200);
      const client = await RawClient.connect(other.origin);
      clients.push(client);
      await client.request('HELLO', { supported_versions: [1] });
      expect(await client.request('JOIN', join(await other.createRoom()))).toMatchObject({ channel: 1 });
    } finally {
      await other.close();
    }
  });
});

describe('bad input', () => {
  it.each([
    ['no frame at all', new Uint8Array([0, 1, 2, 3]), 'UnexpectedEof'],
    ['a type that does not exist', new Uint8Array([4, 0x7f, 0, 1, 0]), 'InvalidFrameType'],
    [
      'a control payload that is no JSON',
      new Uint8Array([6, 0x01, 0, 1, 2, 0x7b, 0x7b]),
      'InvalidControlJson',
    ],
    ['a frame larger than a stranger may send', new Uint8Array([0xff, 0xff, 0x3f, 1, 0, 1]), 'FrameTooLarge'],
  ])('%s gets a named error and costs the connection', async (_what, bytes, code) => {
    const client = await connect();
    client.sendBytes(bytes);
    await client.closed();
    expect(client.controls('ERROR')).toMatchObject([{ code, fatal: true }]);
  });

  it('names the member of a message that is wrong, and goes on', async () => {
    const client = await greeted();
    const ack = await client.request('JOIN', {
      room: 'x',
      name: 'Ada',
      receive: { codecs: [] },
      send_video: [],
    });
    expect(ack).toMatchObject({ error: { code: 'InvalidMessage', status: 422 } });
    expect(JSON.stringify(ack)).toContain('JOIN: room');
    expect(await client.request('CALL_OFFER', { op: 'nonsense' }, 1)).toMatchObject({
      error: { code: 'InvalidMessage' },
    });
    expect(await client.request('CALL_STATS', {}, 1)).toMatchObject({ error: { code: 'UnsupportedFrame' } });
  });

  it('refuses a frame number that was used, and ends the connection', async () => {
    const client = await connect();
    const hello = [7, 0x01, 0, 1, 2, 0x7b, 0x7d];
    client.sendBytes(new Uint8Array([...hello.with(0, 6), ...hello.with(0, 6)]));
    await client.closed();
    expect(client.controls('ERROR')[0]).toMatchObject({ code: 'SequenceNotIncreasing' });
  });

  it('closes the connection of who goes on although he is refused', async () => {
    const [flood, other] = [await greeted(), await greeted()];
    for (let count = 0; count < 300; count += 1) flood.send('LEAVE', {});
    expect(await flood.closed()).toBe(1008);
    expect(flood.controls('ERROR')[0]).toMatchObject({ code: 'Flooding', fatal: true });
    expect(await other.request('LEAVE', {})).not.toHaveProperty('error');
  });

  it('slows down who sends too much, and only him', async () => {
    const [flood, other] = [await greeted(), await greeted()];
    for (let count = 0; count < 60; count += 1) flood.send('LEAVE', {});
    const last = await flood.request('LEAVE', {});
    expect(last).toMatchObject({ error: { code: 'RateLimited' } });
    expect(await other.request('LEAVE', {})).not.toHaveProperty('error');
  });
});

describe('HTTP', () => {
  it('keeps pages of other origins out', async () => {
    await expect(connect({ origin: 'https://evil.example' })).rejects.toThrow('403');
    const { host } = new URL(server.origin);
    await expect(connect({ origin: `http://${host}` })).resolves.toBeInstanceOf(RawClient);
  });

  it('creates rooms for whoever has the token', async () => {
    const refused = await fetch(`${server.origin}/api/rooms`, {
      method: 'POST',
      headers: { authorization: 'Bearer no' },
    });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
    const read = await fetch(`${server.origin}/api/rooms`);
    expect(read.status).toBe(405);
  });

  it('says how it is, and what worker it uses', async () => {
    const health: unknown = await (await fetch(`${server.origin}/healthz`)).json();
    expect(health).toMatchObject({ status: 'ok', worker: { version: mediasoup.version } });
    const ready = await fetch(`${server.origin}/readyz`);
    expect(ready.status).toBe(200);
  });

  it('shows its metrics to the operator only', async () => {
    const ask = (authorization: string): Promise<Response> =>
      fetch(`${server.origin}/metrics`, { headers: { authorization } });
    expect((await ask('Bearer no')).status).toBe(401);
    const shown = await ask(`Bearer ${server.server.creationToken}`);
    expect(shown.headers.get('content-type')).toContain('text/plain');
    expect(await shown.text()).toMatch(/^commucat_rooms \d+$/m);
  });

  it('serves the page, which sends no referrer, and nothing else', async () => {
    const page = await fetch(`${server.origin}/call`);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    for (const path of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/assets/',
      '/index.html/x',
      '/.git/config',
    ]) {
      expect((await fetch(`${server.origin}${path}`)).status).toBe(404);
    }
  });
});

describe('rooms', () => {
  it('are entered by their key only, and guessing is limited', async () => {
    const client = await greeted();
    const codes = new Set<unknown>();
    for (let guess = 0; guess < 12; guess += 1) {
      const { error } = await client.request('JOIN', join('A'.repeat(32)));
      codes.add(error !== null && typeof error === 'object' && 'code' in error ? error['code'] : error);
    }
    expect([...codes]).toEqual(['NotFound', 'RateLimited']);
  });

  it('take so many, tell each of the others, and end with the last', async () => {
    const key = freshRoom();
    const people = [await greeted(), await greeted(), await greeted(), await greeted()] as const;
    const acks = [];
    for (const [index, person] of people.entries()) {
      acks.push(await person.request('JOIN', join(key, `P${index}`)));
    }
    expect(acks[0]).toMatchObject({ channel: 1, participants: [{ name: 'P0' }], messages: [] });
    expect(acks[2]?.['participants']).toMatchObject([{ name: 'P0' }, { name: 'P1' }, { name: 'P2' }]);
    expect(acks[3]).toMatchObject({ error: { code: 'RoomFull' } });
    expect(people[0].controls('PRESENCE').map(({ op }) => op)).toEqual(['joined', 'joined']);
    expect(await people[0].request('JOIN', join(key))).toMatchObject({ error: { code: 'InvalidState' } });
    for (const person of people.slice(0, 3)) await person.request('LEAVE', {});
    expect(server.server.registry.rooms).toHaveLength(0);
  });

  it('restart ICE on a transport of the caller, with new credentials', async () => {
    const client = await greeted();
    const joined = JSON.stringify((await client.request('JOIN', join(freshRoom())))['receive_transport']);
    const [, transportId = ''] = /"transport_id":"([^"]+)"/.exec(joined) ?? [];
    const ack = JSON.stringify(
      await client.request('TRANSPORT_UPDATE', { op: 'restart-ice', transport_id: transportId }, 1),
    );
    const ufrag = /"usernameFragment":"([^"]+)"/;
    expect(ufrag.exec(ack)?.[1]).toMatch(/.{4,}/);
    expect(ufrag.exec(ack)?.[1]).not.toBe(ufrag.exec(joined)?.[1]);
  });

  it('refuse what mediasoup cannot make sense of, and the caller stays in the call', async () => {
    const key = freshRoom();
    const client = await greeted();
    await client.request('JOIN', join(key));
    const publish = {
      op: 'publish',
      source: 'camera',
      kind: 'video',
      rtp_parameters: {
        codecs: [{ mimeType: 'video/VP8', clockRate: 90_000, payloadType: 96 }],
        encodings: [{}],
      },
    };
    expect(await client.request('CALL_OFFER', publish, 1)).toMatchObject({
      error: { code: 'InvalidMessage' },
    });
    expect(
      await client.request('CALL_OFFER', { op: 'pause', producer_id: 'none', paused: true }, 1),
    ).toMatchObject({ error: { code: 'NotFound' } });
    expect(
      await client.request('TRANSPORT_UPDATE', { op: 'restart-ice', transport_id: 'none' }, 1),
    ).toMatchObject({ error: { code: 'NotFound' } });
    expect(await client.request('CALL_ANSWER', { op: 'ready', consumer_id: 'none' }, 1)).toMatchObject({
      error: { code: 'NotFound' },
    });
    expect(await client.request('CALL_ANSWER', { op: 'ready', consumer_id: 'none' }, 2)).toMatchObject({
      error: { code: 'NotFound' },
    });
    expect(await client.request('LEAVE', {})).not.toHaveProperty('error');
  });
});

/** A key of this server, made as it makes them: creating over HTTP is limited here. */
function freshRoom(): string {
  return new RoomKeys(loadServerSecret(server.dataDir), randomBytes).create();
}
