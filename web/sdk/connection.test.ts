import { describe, expect, it } from 'vitest';
import { PlainAck } from '../../signaling/messages/requests.ts';
import { Connection } from './connection.ts';
import {
  ConnectionLost,
  InvalidServerMessage,
  RequestRefused,
  RequestTimedOut,
  ServerFailure,
} from './errors.ts';
import { type Answer, ScriptedServer } from './testing/scripted-server.ts';
import { VirtualClock, settle } from './testing/virtual-clock.ts';

const HELLO_ACK = {
  handshake: 'ok',
  protocol_version: 1,
  session_id: 's1',
  router_rtp_capabilities: { codecs: [], headerExtensions: [] },
  ice_servers: [],
};
const PROBLEM = { type: 'about:blank', title: 'Room Full', status: 409, code: 'RoomFull' };

const helloOnly: Answer = (request) => (request.type === 'HELLO' ? HELLO_ACK : null);

function setUp(answer: Answer = helloOnly): {
  connection: Connection;
  server: ScriptedServer;
  clock: VirtualClock;
  ends: (Error | null)[];
} {
  const clock = new VirtualClock();
  const server = new ScriptedServer(answer);
  const connection = new Connection({ open: server.open, clock, requestTimeoutMs: 1_000 });
  const ends: (Error | null)[] = [];
  connection.on('closed', (error) => ends.push(error));
  return { connection, server, clock, ends };
}

/** Nothing that the connection owned is left. */
function expectNothingLeft(part: ReturnType<typeof setUp>): void {
  part.connection.close();
  expect(part.clock.pending).toBe(0);
  expect(part.connection.listenerCount).toBe(0);
  expect(part.server.openConnections).toBe(0);
  expect(part.ends).toHaveLength(1);
}

describe('Connection', () => {
  it('says HELLO first, with its versions, and returns the answer', async () => {
    const part = setUp();
    const hello = await part.connection.connect();
    expect(hello.session_id).toBe('s1');
    expect(part.server.last.requests).toMatchObject([
      { type: 'HELLO', channelId: 0, sequence: 1, payload: { supported_versions: [1] } },
    ]);
    expectNothingLeft(part);
    expect(part.ends).toEqual([null]);
  });

  it('matches answers with requests, in any order', async () => {
    const part = setUp();
    await part.connection.connect();
    const first = part.connection.request('LEAVE', {}, PlainAck);
    const second = part.connection.request('LEAVE', {}, PlainAck);
    await settle();
    const [a, b] = part.server.last.asked('LEAVE');
    part.server.last.send('ACK', { ack: b?.sequence });
    part.server.last.send('ACK', { ack: a?.sequence });
    expect((await second).ack).toBe(b?.sequence);
    expect((await first).ack).toBe(a?.sequence);
    expectNothingLeft(part);
  });

  it('hands an ACK over before the frames behind it in the same message', async () => {
    const part = setUp();
    await part.connection.connect();
    const order: string[] = [];
    part.connection.on('CALL_END', () => order.push('notification'));
    const asked = part.connection.request('LEAVE', {}, PlainAck, () => order.push('ack'));
    await settle();
    const sequence = part.server.last.asked('LEAVE')[0]?.sequence;
    part.server.last.batch(() => {
      part.server.last.send('ACK', { ack: sequence });
      part.server.last.send('CALL_END', { op: 'call', reason: 'over' });
    });
    await asked;
    expect(order).toEqual(['ack', 'notification']);
    expectNothingLeft(part);
  });

  it('turns a problem into RequestRefused and stays open', async () => {
    const part = setUp((request) => (request.type === 'HELLO' ? HELLO_ACK : { error: PROBLEM }));
    await part.connection.connect();
    const error = await part.connection.request('LEAVE', {}, PlainAck).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RequestRefused);
    expect(error).toMatchObject({ problem: { code: 'RoomFull', status: 409 } });
    expect(part.connection.closed).toBe(false);
    expectNothingLeft(part);
  });

  it('closes when a request is not answered in time', async () => {
    const part = setUp();
    await part.connection.connect();
    const asked = expect(part.connection.request('LEAVE', {}, PlainAck)).rejects.toBeInstanceOf(
      RequestTimedOut,
    );
    await part.clock.advance(1_000);
    await asked;
    expect(part.ends[0]).toBeInstanceOf(RequestTimedOut);
    expectNothingLeft(part);
  });

  it('rejects open requests when the pipe breaks', async () => {
    const part = setUp();
    await part.connection.connect();
    const asked = expect(part.connection.request('LEAVE', {}, PlainAck)).rejects.toBeInstanceOf(
      ConnectionLost,
    );
    await settle();
    part.server.last.drop('cable pulled');
    await asked;
    expect(part.ends[0]?.message).toContain('cable pulled');
    await expect(part.connection.request('LEAVE', {}, PlainAck)).rejects.toBeInstanceOf(ConnectionLost);
    expectNothingLeft(part);
  });

  it('rejects connect where the server cannot be reached', async () => {
    const part = setUp();
    part.server.reachable = false;
    await expect(part.connection.connect()).rejects.toBeInstanceOf(ConnectionLost);
    expectNothingLeft(part);
  });

  it('ends with the problem of an ERROR frame', async () => {
    const part = setUp();
    await part.connection.connect();
    part.server.last.send('ERROR', PROBLEM);
    expect(part.ends[0]).toBeInstanceOf(ServerFailure);
    expectNothingLeft(part);
  });

  const bad: [string, (server: ScriptedServer) => void][] = [
    ['bytes that are no frame', ({ last }) => last.sendBytes(Uint8Array.of(3, 0x7f, 1, 1))],
    ['a payload against its schema', ({ last }) => last.send('PRESENCE', { op: 'joined', participant: 5 })],
    ['an ACK of nothing', ({ last }) => last.send('ACK', { ack: 99 })],
    ['an ACK without a number', ({ last }) => last.send('ACK', {})],
    ['a frame type that no server sends', ({ last }) => last.send('JOIN', {})],
    ['an ERROR frame that is no problem', ({ last }) => last.send('ERROR', {})],
  ];
  it.each(bad)('closes with InvalidServerMessage on %s', async (_name, send) => {
    const part = setUp();
    await part.connection.connect();
    send(part.server);
    expect(part.ends[0]).toBeInstanceOf(InvalidServerMessage);
    expectNothingLeft(part);
  });

  it('gives up a server that is silent, and none that is slow', async () => {
    const part = setUp();
    await part.connection.connect();
    part.connection.probe(300);
    part.connection.probe(300);
    await settle();
    expect(part.server.last.asked('PRESENCE')).toMatchObject([{ payload: { op: 'ping' } }]);
    await part.clock.advance(200);
    // Something else arrives, so the answer is only late.
    part.server.last.send('PRESENCE', { op: 'speaker', participant_id: null });
    await part.clock.advance(200);
    expect(part.connection.closed).toBe(false);
    part.server.last.send('ACK', { ack: part.server.last.asked('PRESENCE')[0]?.sequence });
    await part.clock.advance(5_000);
    expect(part.connection.closed).toBe(false);
    part.connection.probe(300);
    await part.clock.advance(300);
    expect(part.ends).toMatchObject([{ code: 'server-silent' }]);
    expectNothingLeft(part);
  });

  it('refuses to send what is no JSON, and stays open', async () => {
    const part = setUp();
    await part.connection.connect();
    const name = 'half a pair: \ud800';
    await expect(
      part.connection.request('JOIN', { room: 'r', name, receive: { codecs: [] }, send_video: [] }, PlainAck),
    ).rejects.toMatchObject({ code: 'InvalidControlJson' });
    expect(part.connection.closed).toBe(false);
    expectNothingLeft(part);
  });
});
