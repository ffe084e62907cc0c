import { describe, expect, it } from 'vitest';

import {
  FORWARD,
  RELAY,
  RESUME_TOKEN,
  ROOM,
  asked,
  expectNothingLeft,
  joined,
  offer,
  setUp,
} from './testing/scripted-call.ts';
import { settle } from './testing/virtual-clock.ts';

describe('joining', () => {
  it('takes one request when it was connected before', async () => {
    const part = setUp();
    await part.call.connect();
    const before = part.server.last.requests.length;
    await part.call.join({ room: ROOM, name: 'Ada', restriction: 'H264' });
    const requests = part.server.last.requests.slice(before);
    expect(requests).toMatchObject([
      {
        type: 'JOIN',
        payload: { room: ROOM, name: 'Ada', send_video: ['VP8', 'H264'], restriction: 'H264' },
      },
    ]);
    expect(part.log).toEqual(['connecting', 'ready', 'joining', 'joined']);
    expect(part.call.participants.map((participant) => participant.name)).toEqual(['Ben']);
    await expectNothingLeft(part);
  });

  it('handles offers that come in the same message as the answer', async () => {
    const part = setUp();
    const answer = part.server.answer;
    part.server.answer = (request, connection) => {
      if (request.type !== 'JOIN') return answer(request, connection);
      connection.batch(() => {
        connection.send('ACK', { ack: request.sequence, ...answer(request, connection) }, request.channelId);
        offer(part, 'c1', 11);
      });
      return null;
    };
    await part.call.join({ room: ROOM, name: 'Ada' });
    await settle();
    expect(asked(part, 'CALL_ANSWER', 'ready')).toEqual([{ op: 'ready', consumer_id: 'c1' }]);
    expect(part.stream().delivery).toEqual(FORWARD);
    await expectNothingLeft(part);
  });

  it('stays usable after a refusal, and reports it', async () => {
    const part = setUp();
    const answer = part.server.answer;
    const problem = { type: 'about:blank', title: 'Room Full', status: 409, code: 'RoomFull' };
    part.server.answer = (request, connection) =>
      request.type === 'JOIN' ? { error: problem } : answer(request, connection);
    await expect(part.call.join({ room: ROOM, name: 'Ada' })).rejects.toMatchObject({ problem });
    part.server.answer = answer;
    await part.call.join({ room: ROOM, name: 'Ada' });
    expect(part.call.state).toBe('joined');
    await expectNothingLeft(part);
  });

  it('connects anew where the connection was lost before the join', async () => {
    const part = setUp();
    await part.call.connect();
    part.server.last.drop('idle');
    expect(part.call.state).toBe('idle');
    await part.call.join({ room: ROOM, name: 'Ada' });
    expect(part.server.connections).toHaveLength(2);
    await expectNothingLeft(part);
  });

  it('leaves politely', async () => {
    const part = await joined();
    await part.call.leave();
    expect(part.server.last.asked('LEAVE')).toHaveLength(1);
    expect(part.log.at(-1)).toBe('event: closed (left)');
    await expectNothingLeft(part);
  });

  it('leaves in time when the server is silent', async () => {
    const part = await joined();
    part.server.answer = () => null;
    const left = part.call.leave();
    await part.clock.advance(1_000);
    await left;
    await expectNothingLeft(part);
  });

  it('is over when the server ends it', async () => {
    const part = await joined();
    part.server.last.send('CALL_END', { op: 'call', reason: 'The room was closed.' });
    expect(part.log.at(-1)).toBe('event: closed (ended)');
    await expect(part.call.join({ room: ROOM, name: 'Ada' })).rejects.toMatchObject({ code: 'call-closed' });
    await expectNothingLeft(part);
  });

  it('says who this participant is, and who else is there', async () => {
    const part = setUp();
    expect(part.call.self).toBeNull();
    expect(part.call.resumeToken).toBeNull();
    await part.call.join({ room: ROOM, name: 'Ada' });
    expect(part.call.self?.name).toBe('Ada');
    expect(part.call.participantId).toBe('ada');
    expect(part.call.participants.map(({ name }) => name)).toEqual(['Ben']);
    expect(part.call.resumeToken).toBe(RESUME_TOKEN);
    await expectNothingLeft(part);
  });

  it('takes over the place of an earlier call, and ignores what is no token', async () => {
    const part = setUp();
    await part.call.join({ room: ROOM, name: 'Ada', resume: RESUME_TOKEN });
    expect(part.server.last.asked('JOIN')).toMatchObject([{ payload: { resume: RESUME_TOKEN } }]);
    await expectNothingLeft(part);
    const other = setUp();
    await other.call.join({ room: ROOM, name: 'Ada', resume: '<script>' });
    expect(other.server.last.asked('JOIN')[0]?.payload).not.toHaveProperty('resume');
    await expectNothingLeft(other);
  });

  it('uses the relays that the server names, and its own where it has some', async () => {
    const part = await joined();
    expect(part.devices.iceServers).toEqual([[RELAY], [RELAY]]);
    await expectNothingLeft(part);
    const own = { urls: 'stun:own.example' };
    const both = setUp(undefined, { transport: { iceServers: [own] } });
    await both.call.join({ room: ROOM, name: 'Ada' });
    expect(both.devices.iceServers).toEqual([
      [RELAY, own],
      [RELAY, own],
    ]);
    await expectNothingLeft(both);
    const only = setUp(undefined, { transport: { iceServers: [own], onlyOwnIceServers: true } });
    await only.call.join({ room: ROOM, name: 'Ada' });
    expect(only.devices.iceServers).toEqual([[own], [own]]);
    await expectNothingLeft(only);
  });

  it('ends where the place is entered from elsewhere, and does not come back', async () => {
    const part = await joined();
    part.server.last.send('ERROR', {
      type: 'about:blank',
      title: 'Taken Over',
      status: 409,
      code: 'TakenOver',
    });
    expect(part.log.at(-1)).toBe('event: closed (taken-over)');
    await part.clock.advance(60_000);
    expect(part.server.connections).toHaveLength(1);
    await expectNothingLeft(part);
  });
});

describe('watching a room', () => {
  it('tells who is in it, until the join', async () => {
    const part = setUp();
    const seen: string[][] = [];
    part.call.on('lobby', (people) => seen.push(people.map(({ name }) => name)));
    await part.call.watch(ROOM);
    expect(part.server.last.asked('PRESENCE')).toMatchObject([
      { channelId: 0, payload: { op: 'watch', room: ROOM } },
    ]);
    expect(part.call.roomSize).toBe(25);
    part.server.last.send('PRESENCE', { op: 'lobby', participants: [{ name: 'Ben' }, { name: 'Eve' }] });
    expect(seen).toEqual([['Ben'], ['Ben', 'Eve']]);
    expect(part.call.lobby).toHaveLength(2);
    await part.call.join({ room: ROOM, name: 'Ada' });
    expect(part.call.lobby).toBeNull();
    expect(part.server.connections).toHaveLength(1);
    await expect(part.call.watch(ROOM)).rejects.toMatchObject({ code: 'already-joined' });
    await expectNothingLeft(part);
  });

  it('goes on over another connection where the first one is lost', async () => {
    const part = setUp();
    await part.call.watch(ROOM);
    part.server.reachable = false;
    part.server.last.drop('network gone');
    await part.clock.advance(10_000);
    part.server.reachable = true;
    part.call.checkNow();
    await part.clock.advance(0);
    expect(part.call.state).toBe('ready');
    expect(part.server.last.asked('PRESENCE')).toHaveLength(1);
    await expectNothingLeft(part);
  });

  it('does not compete with a join', async () => {
    const part = setUp();
    await part.call.watch(ROOM);
    part.server.last.drop('network gone');
    await part.call.join({ room: ROOM, name: 'Ada' });
    await part.clock.advance(20_000);
    expect(part.server.connections).toHaveLength(2);
    expect(part.call.state).toBe('joined');
    await expectNothingLeft(part);
  });

  it('reports a room that does not exist', async () => {
    const part = setUp();
    const problem = { type: 'about:blank', title: 'Not Found', status: 404, code: 'NotFound' };
    const { answer } = part.server;
    part.server.answer = (request, connection) =>
      request.type === 'PRESENCE' ? { error: problem } : answer(request, connection);
    await expect(part.call.watch(ROOM)).rejects.toMatchObject({ code: 'request-refused', problem });
    expect(part.call.lobby).toBeNull();
    await expectNothingLeft(part);
  });
});
