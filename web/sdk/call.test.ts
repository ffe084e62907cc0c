import { describe, expect, it } from 'vitest';
import { fakeTrack, transportOffer } from './testing/fake-device.ts';
import {
  FORWARD,
  ROOM,
  asked,
  decoding,
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
    expect(part.log.at(-1)).toBe('event: closed (The room was closed.)');
    await expect(part.call.join({ room: ROOM, name: 'Ada' })).rejects.toMatchObject({ code: 'call-closed' });
    await expectNothingLeft(part);
  });
});

describe('recovering', () => {
  it('builds everything anew when the server resets the transports', async () => {
    const part = await joined();
    await part.call.publish('camera', fakeTrack('video'));
    offer(part, 'c1', 11);
    await settle();
    const stream = part.stream();
    const first = stream.track;
    part.server.last.send('TRANSPORT_UPDATE', {
      op: 'reset',
      reason: 'The media process was replaced.',
      send_transport: transportOffer('send-new'),
      receive_transport: transportOffer('receive-new'),
    });
    await settle();
    expect(part.log.slice(-3)).toEqual(['recovering', 'joined', 'event: recovered']);
    expect(asked(part, 'CALL_OFFER', 'publish')).toHaveLength(2);
    offer(part, 'c9', 99);
    decoding(part, 99, 1);
    await part.clock.advance(100);
    expect(part.stream()).toBe(stream);
    expect(stream.track).not.toBe(first);
    // The earlier transport lives just until the view has changed over, so that the picture never goes black.
    expect(first?.readyState).toBe('live');
    expect(part.devices.transports.filter((transport) => !transport.closed)).toHaveLength(3);
    await part.clock.advance(1_000);
    expect(part.devices.transports.filter((transport) => !transport.closed)).toHaveLength(2);
    await expectNothingLeft(part);
  });

  it('reconnects, joins and publishes again after a lost connection', async () => {
    const part = await joined();
    await part.call.publish('microphone', fakeTrack('audio'));
    offer(part, 'c1', 11);
    await settle();
    const stream = part.stream();
    part.server.reachable = false;
    part.server.last.drop('network gone');
    expect(part.call.state).toBe('recovering');
    await part.clock.advance(3_000);
    expect(stream.ended).toBe(false);
    expect(part.server.connections.length).toBeGreaterThan(3);
    part.server.reachable = true;
    await part.clock.advance(5_000);
    expect(part.log.slice(-2)).toEqual(['joined', 'event: recovered']);
    expect(part.call.participantId).toBe('me-2');
    expect(part.server.last.asked('JOIN')).toMatchObject([{ payload: { room: ROOM, name: 'Ada' } }]);
    expect(asked(part, 'CALL_OFFER', 'publish')).toMatchObject([{ source: 'microphone' }]);
    expect(part.server.openConnections).toBe(1);
    await expectNothingLeft(part);
  });

  it('gives up where the server refuses for good', async () => {
    const part = await joined();
    const answer = part.server.answer;
    part.server.answer = (request, connection) =>
      request.type === 'JOIN'
        ? { error: { type: 'about:blank', title: 'Not Found', status: 404, code: 'NotFound' } }
        : answer(request, connection);
    part.server.last.drop('restarted');
    await part.clock.advance(1_000);
    expect(part.call.state).toBe('closed');
    expect(part.log.at(-1)).toContain('Not Found');
    await expectNothingLeft(part);
  });

  it('keeps trying where its own lost connection still fills the room', async () => {
    const part = await joined();
    const answer = part.server.answer;
    part.server.answer = (request, connection) =>
      request.type === 'JOIN'
        ? { error: { type: 'about:blank', title: 'Room Full', status: 409, code: 'RoomFull' } }
        : answer(request, connection);
    part.server.last.drop('network gone');
    await part.clock.advance(25_000);
    expect(part.call.state).toBe('recovering');
    part.server.answer = answer;
    await part.clock.advance(5_000);
    expect(part.log.slice(-2)).toEqual(['joined', 'event: recovered']);
    await expectNothingLeft(part);
  });

  it('ends the streams of sources that went while the connection was lost, and keeps the others', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    offer(part, 'c2', 22, { source: 'screen', source_id: 'ben-screen' });
    await settle();
    const camera = part.stream();
    const screen = part.call.streams.find(({ source }) => source === 'screen');
    part.server.last.drop('network gone');
    await part.clock.advance(5_000);
    expect(part.call.state).toBe('joined');
    // Ben's camera is listed and not offered yet, his screen is not listed.
    expect(screen?.ended).toBe(true);
    expect(camera.ended).toBe(false);
    expect(camera.track?.readyState).toBe('live');
    await expectNothingLeft(part);
  });

  it('restarts ICE when a path fails, and reports when it is back', async () => {
    const part = await joined();
    part.devices.handlers[1]?.setConnectionState('connected');
    part.devices.handlers[1]?.setConnectionState('failed');
    await settle();
    expect(part.call.state).toBe('recovering');
    expect(asked(part, 'TRANSPORT_UPDATE', 'restart-ice')).toEqual([
      { op: 'restart-ice', transport_id: 'receive-1' },
    ]);
    part.devices.handlers[1]?.setConnectionState('connected');
    expect(part.log.slice(-2)).toEqual(['joined', 'event: recovered']);
    await expectNothingLeft(part);
  });

  it('waits a moment before it repairs an interrupted path', async () => {
    const part = await joined();
    part.devices.handlers[0]?.setConnectionState('disconnected');
    await part.clock.advance(500);
    expect(asked(part, 'TRANSPORT_UPDATE', 'restart-ice')).toEqual([]);
    await part.clock.advance(500);
    expect(asked(part, 'TRANSPORT_UPDATE', 'restart-ice')).toHaveLength(1);
    await expectNothingLeft(part);
  });

  it('reconnects when restarting ICE does not help', async () => {
    const part = await joined();
    part.devices.handlers[0]?.setConnectionState('failed');
    await part.clock.advance(20_000);
    expect(part.server.connections).toHaveLength(2);
    expect(part.call.participantId).toBe('me-2');
    expect(part.call.state).toBe('joined');
    await expectNothingLeft(part);
  });
});
