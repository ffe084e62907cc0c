import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../signaling/frames/index.ts';
import { Call } from './call.ts';
import type { RemoteStream } from './remote-stream.ts';
import {
  FakeDevices,
  ROUTER_CAPABILITIES,
  fakeTrack,
  streamParameters,
  transportOffer,
} from './testing/fake-device.ts';
import { type Answer, CALL_CHANNEL, ScriptedServer } from './testing/scripted-server.ts';
import { VirtualClock, settle } from './testing/virtual-clock.ts';

const ROOM = 'A'.repeat(32);
const BEN = {
  participant_id: 'ben',
  name: 'Ben',
  restriction: null,
  sources: [{ source_id: 'ben-camera', source: 'camera', kind: 'video', paused: false }],
};
const FORWARD = { via: 'forward', from: 'VP8', to: 'VP8', reason: 'Both can use VP8.' };

/** A server that lets everybody in and takes everything. */
function friendly(): Answer {
  let links = 0;
  let producers = 0;
  return ({ type, payload }, connection): Record<string, JsonValue> => {
    if (type === 'HELLO') {
      return {
        handshake: 'ok',
        protocol_version: 1,
        session_id: 's',
        router_rtp_capabilities: ROUTER_CAPABILITIES,
      };
    }
    if (type === 'JOIN') {
      connection.channel = CALL_CHANNEL;
      links += 1;
      return {
        channel: CALL_CHANNEL,
        call_id: 'call',
        participant_id: `me-${links}`,
        participants: [BEN],
        send_transport: transportOffer(`send-${links}`),
        receive_transport: transportOffer(`receive-${links}`),
      };
    }
    const { op } = payload as { op?: string };
    if (op === 'publish') {
      producers += 1;
      const { source } = payload as { source: string };
      return { producer_id: `producer-${producers}`, source_id: `my-${source}` };
    }
    if (op === 'restart-ice') return { ice_parameters: { usernameFragment: 'new', password: 'new' } };
    return {};
  };
}

interface Part {
  readonly call: Call;
  readonly server: ScriptedServer;
  readonly clock: VirtualClock;
  readonly devices: FakeDevices;
  readonly log: string[];
  readonly errors: Error[];
  stream(): RemoteStream;
}

function setUp(devices = new FakeDevices()): Part {
  const clock = new VirtualClock();
  const server = new ScriptedServer(friendly());
  const call = new Call({ open: server.open, createDevice: devices.create, clock, random: () => 0 });
  const log: string[] = [];
  const errors: Error[] = [];
  call.on('state', (state) => log.push(state));
  call.on('recovered', () => log.push('event: recovered'));
  call.on('closed', (reason) => log.push(`event: closed (${reason})`));
  call.on('error', (error) => errors.push(error));
  const stream = (): RemoteStream => {
    const found = call.streams.find((candidate) => candidate.source === 'camera');
    if (found === undefined) throw new Error('no camera stream');
    return found;
  };
  return { call, server, clock, devices, log, errors, stream };
}

/** How long a joining participant lets the streams of the others go first. */
const FIRST_PICTURES_PATIENCE_MS = 250;

async function joined(devices?: FakeDevices): Promise<Part> {
  const part = setUp(devices);
  await part.call.join({ room: ROOM, name: 'Ada' });
  // Ben publishes but offers nothing here: publishing waits no longer for his pictures.
  await part.clock.advance(FIRST_PICTURES_PATIENCE_MS);
  return part;
}

/** The server offers Ben's camera. */
function offer(part: Part, consumerId: string, ssrc: number, more: Record<string, JsonValue> = {}): void {
  part.server.last.send('CALL_OFFER', {
    op: 'consume',
    consumer_id: consumerId,
    producer_id: `producer of ${consumerId}`,
    participant_id: 'ben',
    source_id: 'ben-camera',
    source: 'camera',
    kind: 'video',
    rtp_parameters: streamParameters('VP8', ssrc),
    paused: false,
    delivery: FORWARD,
    ...more,
  });
}

/** The payloads that the client sent of one type and op, on the newest connection. */
function asked(part: Part, type: string, op: string): Record<string, JsonValue>[] {
  return part.server.last
    .asked(type)
    .map((request) => request.payload as Record<string, JsonValue>)
    .filter((payload) => payload['op'] === op);
}

function decoding(part: Part, ssrc: number, framesDecoded: number): void {
  part.devices.setStats([
    { type: 'inbound-rtp', id: `in-${ssrc}`, ssrc, packetsReceived: 10, framesDecoded, bytesReceived: 9_000 },
  ]);
}

async function expectNothingLeft(part: Part): Promise<void> {
  part.call.close();
  await settle();
  expect(part.call.state).toBe('closed');
  expect(part.clock.pending).toBe(0);
  expect(part.call.listenerCount).toBe(0);
  expect(part.call.streams).toEqual([]);
  expect(part.server.openConnections).toBe(0);
  expect(part.devices.transports.filter((transport) => !transport.closed)).toEqual([]);
}

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

describe('publishing', () => {
  it('offers all sources of before the join without waiting for answers', async () => {
    const part = setUp();
    const answer = part.server.answer;
    part.server.answer = (request, connection) =>
      request.type === 'CALL_OFFER' ? null : answer(request, connection);
    void part.call.publish('microphone', fakeTrack('audio'));
    void part.call.publish('camera', fakeTrack('video'));
    await part.call.join({ room: ROOM, name: 'Ada' });
    await settle();
    // The others' pictures go first, for a while.
    expect(asked(part, 'CALL_OFFER', 'publish')).toEqual([]);
    await part.clock.advance(FIRST_PICTURES_PATIENCE_MS);
    const offers = asked(part, 'CALL_OFFER', 'publish');
    expect(offers).toMatchObject([
      { source: 'microphone', kind: 'audio' },
      { source: 'camera', kind: 'video', width: 640, height: 360, frame_rate: 15 },
    ]);
    expect(offers[1]).toHaveProperty('rtp_parameters.codecs.0.mimeType', 'video/VP8');
    // The connect step went out before the first offer.
    const types = part.server.last.requests.map((request) => request.type);
    expect(types.indexOf('TRANSPORT_UPDATE')).toBeLessThan(types.indexOf('CALL_OFFER'));
    await expectNothingLeft(part);
  });

  it('publishes as soon as the first stream of the others has its local half', async () => {
    const part = setUp();
    void part.call.publish('camera', fakeTrack('video'));
    await part.call.join({ room: ROOM, name: 'Ada' });
    offer(part, 'consumer-1', 1001);
    await settle();
    expect(asked(part, 'CALL_OFFER', 'publish')).toMatchObject([{ source: 'camera' }]);
    await expectNothingLeft(part);
  });

  it('obeys the restriction, and refuses what the device cannot encode', async () => {
    const part = setUp(new FakeDevices({ h264: false }));
    await part.call.join({ room: ROOM, name: 'Ada', restriction: 'H264' });
    await expect(part.call.publish('camera', fakeTrack('video'))).rejects.toMatchObject({
      code: 'codec-unavailable',
    });
    expect(part.errors).toHaveLength(1);
    expect(part.server.last.asked('JOIN')[0]).toHaveProperty('payload.send_video', ['VP8']);
    // The wish is kept: without the restriction, it is fulfilled.
    await part.call.restrict(null);
    await settle();
    expect(part.call.sentCodec('camera')).toBe('VP8');
    await expectNothingLeft(part);
  });

  it('sends simulcast layers from small to large', async () => {
    const part = await joined();
    await part.call.publish('camera', fakeTrack('video', 1280, 720), { simulcast: true });
    const encodings = asked(part, 'CALL_OFFER', 'publish')[0] ?? {};
    expect(encodings).toHaveProperty('rtp_parameters.encodings.length', 3);
    expect(encodings).toHaveProperty('rtp_parameters.encodings.0.scaleResolutionDownBy', 4);
    expect(encodings).toHaveProperty('rtp_parameters.encodings.2.scaleResolutionDownBy', 1);
    await expectNothingLeft(part);
  });

  it('switches codec make before break when the server asks', async () => {
    const part = await joined();
    await part.call.publish('camera', fakeTrack('video'));
    part.server.last.send('CALL_OFFER', {
      op: 'switch',
      source_id: 'my-camera',
      codec: 'H264',
      reason: 'All others take H.264 only.',
    });
    await settle();
    const offers = asked(part, 'CALL_OFFER', 'publish');
    expect(offers).toHaveLength(2);
    expect(offers[1]).toMatchObject({ replaces: 'producer-1' });
    expect(offers[1]).toHaveProperty('rtp_parameters.codecs.0.mimeType', 'video/H264');
    expect(part.call.sentCodec('camera')).toBe('H264');
    // The earlier producer runs on until the server says that nobody watches it any more; one timer is there in case it never does.
    expect(part.clock.pending).toBe(1);
    part.server.last.send('CALL_END', { op: 'producer', producer_id: 'producer-1' });
    await settle();
    expect(part.clock.pending).toBe(0);
    await expectNothingLeft(part);
  });

  it('ends a replaced stream by itself where the server says nothing', async () => {
    const part = await joined();
    await part.call.publish('camera', fakeTrack('video'));
    part.server.last.send('CALL_OFFER', {
      op: 'switch',
      source_id: 'my-camera',
      codec: 'H264',
      reason: 'All take H.264.',
    });
    await settle();
    expect(part.clock.pending).toBe(1);
    await part.clock.advance(10_000);
    expect(part.clock.pending).toBe(0);
    await expectNothingLeft(part);
  });

  it('asks again where the server cannot take a stream just now', async () => {
    const part = await joined();
    const answer = part.server.answer;
    const problem = {
      type: 'about:blank',
      title: 'Media Unavailable',
      status: 503,
      code: 'MediaUnavailable',
    };
    part.server.answer = (request, connection) =>
      request.type === 'CALL_OFFER' ? { error: problem } : answer(request, connection);
    const published = part.call.publish('camera', fakeTrack('video'));
    await settle();
    part.server.answer = answer;
    await part.clock.advance(1_000);
    await published;
    expect(part.errors).toEqual([]);
    await expectNothingLeft(part);
  });

  it('refuses a switch that the device cannot make', async () => {
    const part = await joined(new FakeDevices({ h264: false }));
    await part.call.publish('camera', fakeTrack('video'));
    part.server.last.send('CALL_OFFER', {
      op: 'switch',
      source_id: 'my-camera',
      codec: 'H264',
      reason: 'All others take H.264 only.',
    });
    await settle();
    expect(asked(part, 'CALL_ANSWER', 'switch-refused')).toMatchObject([
      { source_id: 'my-camera', codec: 'H264' },
    ]);
    expect(part.call.sentCodec('camera')).toBe('VP8');
    await expectNothingLeft(part);
  });

  it('restricts in the call, switches its own camera once, and survives quick changes of mind', async () => {
    const part = await joined();
    await part.call.publish('camera', fakeTrack('video'));
    await Promise.all([part.call.restrict('H264'), part.call.restrict('VP8'), part.call.restrict('H264')]);
    await settle();
    expect(asked(part, 'CALL_OFFER', 'restrict').map((payload) => payload['restriction'])).toEqual([
      'H264',
      'VP8',
      'H264',
    ]);
    expect(part.call.sentCodec('camera')).toBe('H264');
    await part.clock.advance(1_000);
    await expectNothingLeft(part);
  });

  it('tells the others of a mute', async () => {
    const part = await joined();
    await part.call.publish('microphone', fakeTrack('audio'), { paused: true });
    expect(asked(part, 'CALL_OFFER', 'publish')).toMatchObject([{ paused: true }]);
    part.call.setPaused('microphone', false);
    part.call.setPaused('microphone', false);
    await settle();
    expect(asked(part, 'CALL_OFFER', 'pause')).toEqual([
      { op: 'pause', producer_id: 'producer-1', paused: false },
    ]);
    part.call.unpublish('microphone');
    await settle();
    expect(asked(part, 'CALL_END', 'unpublish')).toEqual([{ op: 'unpublish', producer_id: 'producer-1' }]);
    await expectNothingLeft(part);
  });
});

describe('receiving', () => {
  it('changes over to a replacement only when its first frame is decoded', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    await settle();
    const first = part.stream().track;
    offer(part, 'c2', 22, { replaces: 'c1', delivery: { ...FORWARD, via: 'transcode', from: 'H264' } });
    await part.clock.advance(200);
    expect(part.stream().track).toBe(first);
    expect(asked(part, 'CALL_ANSWER', 'playing')).toEqual([]);
    decoding(part, 22, 1);
    await part.clock.advance(100);
    expect(part.stream().track).not.toBe(first);
    expect(part.stream().delivery?.via).toBe('transcode');
    expect(asked(part, 'CALL_ANSWER', 'playing')).toEqual([{ op: 'playing', consumer_id: 'c2' }]);
    // The server ends the earlier one; its track stays a moment for the view, then goes.
    part.server.last.send('CALL_END', { op: 'consumer', consumer_id: 'c1', reason: 'replaced' });
    await part.clock.advance(1_000);
    expect(first?.readyState).toBe('ended');
    await expectNothingLeft(part);
  });

  it('keeps the last frame of a consumer that ended, until another one shows', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    await settle();
    const first = part.stream().track;
    part.server.last.send('CALL_END', { op: 'consumer', consumer_id: 'c1', reason: 'media worker died' });
    expect(first?.readyState).toBe('live');
    offer(part, 'c2', 22);
    decoding(part, 22, 3);
    await part.clock.advance(100);
    expect(part.stream().track).not.toBe(first);
    await expectNothingLeft(part);
  });

  it('asks for a key frame when packets come and frames do not', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    decoding(part, 11, 0);
    await part.clock.advance(1_600);
    expect(asked(part, 'CALL_ANSWER', 'stalled')).toEqual([{ op: 'stalled', consumer_id: 'c1' }]);
    decoding(part, 11, 1);
    await part.clock.advance(5_000);
    expect(asked(part, 'CALL_ANSWER', 'stalled')).toHaveLength(1);
    await expectNothingLeft(part);
  });

  it('follows pauses, reasons, and the end of a source', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    await settle();
    const stream = part.stream();
    part.server.last.send('CALL_OFFER', { op: 'paused', consumer_id: 'c1', paused: true });
    expect(stream.paused).toBe(true);
    part.server.last.send('CALL_OFFER', {
      op: 'delivery',
      consumer_id: 'c1',
      delivery: { ...FORWARD, reason: 'Another reason.' },
    });
    expect(stream.delivery?.reason).toBe('Another reason.');
    part.server.last.send('CALL_OFFER', {
      op: 'unavailable',
      participant_id: 'ben',
      source_id: 'ben-camera',
      source: 'camera',
      reason: 'The room has used up its budget.',
    });
    expect(stream.unavailable).toBe('The room has used up its budget.');
    part.server.last.send('CALL_END', { op: 'source', participant_id: 'ben', source_id: 'ben-camera' });
    expect(stream.ended).toBe(true);
    expect(part.call.streams).toEqual([]);
    await expectNothingLeft(part);
  });

  it('forgets who left, and what he sent', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    await settle();
    const stream = part.stream();
    part.server.last.send('PRESENCE', { op: 'left', participant_id: 'ben', reason: 'left' });
    expect(part.call.participants).toEqual([]);
    expect(stream.ended).toBe(true);
    await expectNothingLeft(part);
  });

  it('reports figures of what is received', async () => {
    const part = await joined();
    offer(part, 'c1', 11);
    await settle();
    decoding(part, 11, 10);
    await part.call.stats();
    await part.clock.advance(1_000);
    part.devices.setStats([
      {
        type: 'inbound-rtp',
        id: 'in',
        ssrc: 11,
        packetsReceived: 100,
        packetsLost: 10,
        framesDecoded: 25,
        framesPerSecond: 15,
        bytesReceived: 9_000 + 62_500,
        frameWidth: 640,
        frameHeight: 360,
        jitter: 0.004,
      },
      { type: 'candidate-pair', id: 'pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.02 },
    ]);
    const { received } = await part.call.stats();
    expect(received).toMatchObject([
      {
        codec: 'VP8',
        width: 640,
        height: 360,
        frameRate: 15,
        bitrateBps: 500_000,
        packetsLost: 10,
        lossRatio: 0.1,
        rttMs: 20,
        jitterMs: 4,
      },
    ]);
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
