import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../signaling/frames/index.ts';
import { fakeTrack, transportOffer } from './testing/fake-device.ts';
import {
  ADA,
  BEN,
  type Part,
  RESUME_TOKEN,
  ROOM,
  asked,
  decoding,
  expectNothingLeft,
  joined,
  offer,
} from './testing/scripted-call.ts';
import { settle } from './testing/virtual-clock.ts';

/** The server's answers to JOIN hold these members instead of its own from now on. */
function answerJoinWith(part: Part, members: Record<string, JsonValue>): void {
  const { answer } = part.server;
  part.server.answer = (request, connection) => {
    const ack = answer(request, connection);
    return request.type === 'JOIN' ? { ...ack, ...members } : ack;
  };
}

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
    expect(part.log.slice(-3)).toEqual(['event: media-reset', 'joined', 'event: recovered']);
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
    expect(part.call.participantId).toBe('ada');
    expect(part.server.last.asked('JOIN')).toMatchObject([
      { payload: { room: ROOM, name: 'Ada', resume: RESUME_TOKEN } },
    ]);
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
    expect(part.log.at(-1)).toBe('event: closed (refused)');
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
    expect(part.call.participantId).toBe('ada');
    expect(part.call.state).toBe('joined');
    await expectNothingLeft(part);
  });
});

describe('a connection that says nothing', () => {
  it('is noticed within ten seconds, without anybody asking', async () => {
    const part = await joined();
    await part.clock.advance(30_000);
    expect(part.server.connections).toHaveLength(1);
    part.server.last.goSilent();
    await part.clock.advance(10_000);
    expect(part.server.connections).toHaveLength(2);
    expect(part.call.state).toBe('joined');
    await expectNothingLeft(part);
  });

  it('gets a rival half a second after the page asked, with which the call goes on', async () => {
    const part = await joined();
    part.server.last.goSilent();
    part.call.checkNow();
    part.call.checkNow();
    await part.clock.advance(500);
    expect(part.server.connections).toHaveLength(2);
    expect(part.log.slice(-2)).toEqual(['joined', 'event: recovered']);
    expect(part.server.last.asked('JOIN')).toHaveLength(1);
    expect(part.server.openConnections).toBe(1);
    await expectNothingLeft(part);
  });

  it('gets a rival although something was still on its way', async () => {
    const part = await joined();
    const { answer } = part.server;
    const first = part.server.last;
    part.server.answer = (request, connection) => (connection === first ? null : answer(request, connection));
    part.call.checkNow();
    await part.clock.advance(10);
    first.send('PRESENCE', { op: 'left', participant_id: 'nobody' });
    await part.clock.advance(490);
    expect(part.call.state).toBe('joined');
    expect(part.server.connections).toHaveLength(2);
    expect(first.closed).toBe(true);
    await expectNothingLeft(part);
  });

  it('gets a rival where a path is interrupted', async () => {
    const part = await joined();
    part.server.last.goSilent();
    part.devices.handlers[1]?.setConnectionState('disconnected');
    await part.clock.advance(500);
    expect(part.call.state).toBe('joined');
    expect(part.server.connections).toHaveLength(2);
    await expectNothingLeft(part);
  });

  it('ends by itself where its rival does not get through either, and the rival serves the return', async () => {
    const part = await joined();
    part.server.last.goSilent();
    part.server.blackHole = true;
    part.call.checkNow();
    await part.clock.advance(1_999);
    expect(part.call.state).toBe('joined');
    await part.clock.advance(1);
    expect(part.call.state).toBe('recovering');
    // The rival's own patience is over after five seconds; the next attempt gets through.
    part.server.blackHole = false;
    await part.clock.advance(5_000);
    expect(part.call.state).toBe('joined');
    expect(part.server.openConnections).toBe(1);
    await expectNothingLeft(part);
  });

  it('is kept where it answers late, but before its rival is there', async () => {
    const part = await joined();
    const first = part.server.last;
    const { answer } = part.server;
    part.server.answer = () => null;
    part.call.checkNow();
    await part.clock.advance(1_000);
    // Both get their answers now, the doubtful one first.
    const [, rival] = part.server.connections;
    for (const connection of [first, rival]) {
      for (const request of connection?.requests.slice(-1) ?? []) {
        const ack = answer(request, connection ?? first);
        connection?.send('ACK', { ack: request.sequence, ...ack }, request.channelId);
      }
    }
    await settle();
    expect(part.log).not.toContain('recovering');
    expect(part.server.connections.map(({ closed }) => closed)).toEqual([false, true]);
    await expectNothingLeft(part);
  });

  it('is noticed after a sleep without anybody asking', async () => {
    const part = await joined();
    part.server.last.goSilent();
    part.clock.sleep(3_600_000);
    await part.clock.advance(4_000);
    expect(part.server.connections).toHaveLength(2);
    expect(part.call.state).toBe('joined');
    await expectNothingLeft(part);
  });

  it('is kept where it answers', async () => {
    const part = await joined();
    part.call.checkNow();
    await part.clock.advance(20_000);
    expect(part.server.connections).toHaveLength(1);
    expect(part.log).not.toContain('recovering');
    await expectNothingLeft(part);
  });
});

describe('returning', () => {
  it('tries without waiting when the page says that the network is back', async () => {
    const part = await joined();
    part.server.reachable = false;
    part.server.last.drop('network gone');
    await part.clock.advance(60_000);
    part.server.reachable = true;
    part.call.checkNow();
    await part.clock.advance(0);
    expect(part.call.state).toBe('joined');
    await expectNothingLeft(part);
  });

  it('gives up an attempt that was made without a network', async () => {
    const part = await joined();
    part.server.blackHole = true;
    part.server.last.drop('network gone');
    await part.clock.advance(2_500);
    part.server.blackHole = false;
    part.call.checkNow();
    await part.clock.advance(0);
    expect(part.call.state).toBe('joined');
    expect(part.server.openConnections).toBe(1);
    await expectNothingLeft(part);
  });

  it('gives up a join that was made without a network', async () => {
    const part = await joined();
    const { answer } = part.server;
    part.server.answer = (request, connection) =>
      request.type === 'JOIN' ? null : answer(request, connection);
    part.server.last.drop('network gone');
    await part.clock.advance(3_000);
    part.server.answer = answer;
    part.call.checkNow();
    await part.clock.advance(0);
    expect(part.call.state).toBe('joined');
    expect(part.server.openConnections).toBe(1);
    await expectNothingLeft(part);
  });

  it('says how long it took', async () => {
    const part = await joined();
    const took: number[] = [];
    part.call.on('recovered', ({ tookMs }) => took.push(tookMs));
    part.server.reachable = false;
    part.server.last.drop('network gone');
    await part.clock.advance(4_000);
    part.server.reachable = true;
    part.call.checkNow();
    await part.clock.advance(0);
    expect(took).toEqual([4_000]);
    await expectNothingLeft(part);
  });

  it('publishes without waiting for the pictures of the others', async () => {
    const part = await joined();
    await part.call.publish('camera', fakeTrack('video'));
    part.server.last.drop('restarted');
    await part.clock.advance(200);
    expect(asked(part, 'CALL_OFFER', 'publish')).toMatchObject([{ source: 'camera' }]);
    await expectNothingLeft(part);
  });

  it('raises the hand again where the server has forgotten it', async () => {
    const part = await joined();
    part.server.last.send('PRESENCE', { op: 'updated', participant: { ...ADA, hand_raised_at: 5_000 } });
    expect(part.call.self?.hand_raised_at).toBe(5_000);
    part.server.last.drop('restarted');
    await part.clock.advance(1_000);
    expect(asked(part, 'PRESENCE', 'hand')).toEqual([{ op: 'hand', raised: true }]);
    await expectNothingLeft(part);
  });

  it('reads what was written meanwhile', async () => {
    const part = await joined();
    const read: string[] = [];
    part.call.on('message', ({ text }) => read.push(text));
    const missed = {
      message_id: 'm',
      participant_id: 'ben',
      name: 'Ben',
      text: 'Still there?',
      sent_at: 9_000,
    };
    answerJoinWith(part, { messages: [missed] });
    part.server.last.drop('network gone');
    await part.clock.advance(1_000);
    expect(read).toEqual(['Still there?']);
    expect(part.call.messages).toEqual([missed]);
    await expectNothingLeft(part);
  });

  it('keeps the tiles of those who are still on their way back to a restarted server', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    await settle();
    const stream = part.stream();
    answerJoinWith(part, { call_id: 'another call', participants: [ADA] });
    part.server.last.drop('restarted');
    await part.clock.advance(1_000);
    expect(part.call.participants).toMatchObject([{ participant_id: 'ben', quality: 'lost' }]);
    expect(stream.ended).toBe(false);
    part.server.last.send('PRESENCE', { op: 'joined', participant: BEN });
    await part.clock.advance(20_000);
    expect(part.call.participants).toMatchObject([{ participant_id: 'ben', quality: 'good' }]);
    expect(stream.ended).toBe(false);
    await expectNothingLeft(part);
  });

  it('tells the size of what it shows, before the stream starts', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    await settle();
    part.call.view(part.stream(), { width: 320, height: 180 });
    await part.clock.advance(1_000);
    part.server.last.drop('network gone');
    await part.clock.advance(1_000);
    offer(part, 'c2', 22);
    await settle();
    const ops = part.server.last.requests.map(({ payload }) => (payload as { op?: string }).op);
    expect(asked(part, 'CALL_OFFER', 'view')).toEqual([
      { op: 'view', consumer_id: 'c2', width: 320, height: 180 },
    ]);
    expect(ops.indexOf('view')).toBeLessThan(ops.indexOf('ready'));
    await expectNothingLeft(part);
  });

  it('is over where the call is closed in the middle of it', async () => {
    const part = await joined();
    part.server.blackHole = true;
    part.server.last.drop('network gone');
    await part.clock.advance(1_000);
    await expectNothingLeft(part);
  });

  it('restarts ICE at once when the page asks, and only where a path is broken', async () => {
    const part = await joined();
    part.devices.handlers[0]?.setConnectionState('connected');
    part.devices.handlers[1]?.setConnectionState('connected');
    part.devices.handlers[1]?.setConnectionState('disconnected');
    part.call.checkNow();
    await settle();
    expect(asked(part, 'TRANSPORT_UPDATE', 'restart-ice')).toEqual([
      { op: 'restart-ice', transport_id: 'receive-1' },
    ]);
    await expectNothingLeft(part);
  });
});
