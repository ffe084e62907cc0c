import { describe, expect, it } from 'vitest';
import { FakeDevices, fakeTrack } from './testing/fake-device.ts';
import {
  askSwitch,
  asked,
  decoding,
  expectNothingLeft,
  FIRST_PICTURES_PATIENCE_MS,
  joined,
  offer,
  ROOM,
  setUp,
} from './testing/scripted-call.ts';
import { settle } from './testing/virtual-clock.ts';

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

  it('publishes as soon as the first picture of the others is decoded', async () => {
    const part = setUp();
    void part.call.publish('camera', fakeTrack('video'));
    await part.call.join({ room: ROOM, name: 'Ada' });
    offer(part, 'consumer-1', 1001);
    await part.clock.advance(100);
    expect(asked(part, 'CALL_OFFER', 'publish')).toEqual([]);
    decoding(part, 1001, 1);
    await part.clock.advance(100);
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
    askSwitch(part, 'H264');
    await settle();
    const offers = asked(part, 'CALL_OFFER', 'publish');
    expect(offers).toHaveLength(2);
    expect(offers[1]).toMatchObject({ replaces: 'producer-1' });
    expect(offers[1]).toHaveProperty('rtp_parameters.codecs.0.mimeType', 'video/H264');
    expect(part.call.sentCodec('camera')).toBe('H264');
    // The earlier producer runs on until the server says that nobody watches it any more; one timer is there in case it never does.
    expect(part.clock.pending).toBe(part.steadyTimers + 1);
    part.server.last.send('CALL_END', { op: 'producer', producer_id: 'producer-1' });
    await settle();
    expect(part.clock.pending).toBe(part.steadyTimers);
    await expectNothingLeft(part);
  });

  it('ends a replaced stream by itself where the server says nothing', async () => {
    const part = await joined();
    await part.call.publish('camera', fakeTrack('video'));
    askSwitch(part, 'H264');
    await settle();
    expect(part.clock.pending).toBe(part.steadyTimers + 1);
    await part.clock.advance(10_000);
    expect(part.clock.pending).toBe(part.steadyTimers);
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
    askSwitch(part, 'H264');
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

describe('screens', () => {
  it('sends one sharp stream, with more bits than a camera', async () => {
    const part = await joined();
    await part.call.publish('screen', fakeTrack('video', 1920, 1080));
    await part.call.publish('screen-audio', fakeTrack('audio'));
    const [screen, sound] = asked(part, 'CALL_OFFER', 'publish');
    expect(screen).toHaveProperty('rtp_parameters.encodings.length', 1);
    expect(screen).toHaveProperty('rtp_parameters.encodings.0.maxBitrate', 2_500_000);
    expect(part.devices.senders[0]?.degradationPreference).toBe('maintain-resolution');
    expect(sound).toMatchObject({ source: 'screen-audio', kind: 'audio' });
    await expectNothingLeft(part);
  });

  it('does what its publisher wishes otherwise', async () => {
    const part = await joined();
    await part.call.publish('screen', fakeTrack('video', 1280, 720), {
      simulcast: true,
      maxBitrateBps: 800_000,
      degradationPreference: 'maintain-framerate',
    });
    const [screen] = asked(part, 'CALL_OFFER', 'publish');
    expect(screen).toHaveProperty('rtp_parameters.encodings.2.maxBitrate', 800_000);
    expect(part.devices.senders[0]?.degradationPreference).toBe('maintain-framerate');
    await expectNothingLeft(part);
  });
});

describe('another device', () => {
  it('takes the place of the track in the same stream', async () => {
    const part = await joined();
    await part.call.publish('camera', fakeTrack('video'));
    const other = fakeTrack('video', 640, 480);
    await part.call.replaceTrack('camera', other);
    expect(asked(part, 'CALL_OFFER', 'publish')).toHaveLength(1);
    expect(part.devices.producers.map(({ track }) => track)).toEqual([other]);
    await expectNothingLeft(part);
  });

  it('gets a stream of its own where its picture has another size', async () => {
    const part = await joined();
    await part.call.publish('camera', fakeTrack('video', 1280, 720), { simulcast: true });
    const other = fakeTrack('video', 640, 480);
    await part.call.replaceTrack('camera', other);
    const offers = asked(part, 'CALL_OFFER', 'publish');
    expect(offers).toHaveLength(2);
    expect(offers[1]).toMatchObject({ replaces: 'producer-1', width: 640 });
    expect(offers[1]).toHaveProperty('rtp_parameters.encodings.length', 2);
    expect(part.devices.producers.map(({ track }) => track)).toEqual([other, other]);
    await expectNothingLeft(part);
  });

  it('stays in the stream that there is where the server takes no other', async () => {
    const part = await joined();
    await part.call.publish('camera', fakeTrack('video', 1280, 720), { simulcast: true });
    const { answer } = part.server;
    const error = { type: 'about:blank', title: 'Media Unavailable', status: 503, code: 'MediaUnavailable' };
    part.server.answer = (request, connection) =>
      request.type === 'CALL_OFFER' ? { error } : answer(request, connection);
    const other = fakeTrack('video', 640, 480);
    await part.call.replaceTrack('camera', other);
    expect(part.devices.producers.filter(({ closed }) => !closed).map(({ track }) => track)).toEqual([other]);
    await expectNothingLeft(part);
  });

  it('is what is published after the return, and after a switch of codec', async () => {
    const part = await joined();
    await part.call.publish('camera', fakeTrack('video'));
    part.server.reachable = false;
    part.server.last.drop('network gone');
    const other = fakeTrack('video');
    await part.call.replaceTrack('camera', other);
    part.server.reachable = true;
    part.call.checkNow();
    await part.clock.advance(1_000);
    expect(part.devices.producers.at(-1)?.track).toBe(other);
    askSwitch(part, 'H264');
    const last = fakeTrack('video');
    await part.call.replaceTrack('camera', last);
    // Both of the streams that run side by side change: some still watch the earlier one.
    expect(part.devices.producers.filter(({ closed }) => !closed).map(({ track }) => track)).toEqual([
      last,
      last,
    ]);
    await expectNothingLeft(part);
  });

  it('must be of the same kind, live, and for something that is published', async () => {
    const part = await joined();
    const track = fakeTrack('video');
    await expect(part.call.replaceTrack('camera', track)).rejects.toMatchObject({ code: 'not-published' });
    await part.call.publish('camera', track);
    const sound = part.call.replaceTrack('camera', fakeTrack('audio'));
    await expect(sound).rejects.toMatchObject({ code: 'unusable-track' });
    const ended = fakeTrack('video');
    ended.stop();
    await expect(part.call.replaceTrack('camera', ended)).rejects.toMatchObject({ code: 'unusable-track' });
    expect(part.devices.producers[0]?.track).toBe(track);
    await expectNothingLeft(part);
  });
});

describe('layers that nobody watches', () => {
  it('are not sent, and a successor starts with all of its own', async () => {
    const part = await joined();
    await part.call.publish('camera', fakeTrack('video', 1280, 720), { simulcast: true });
    part.server.last.send('CALL_OFFER', { op: 'send', producer_id: 'producer-1', layers: 1 });
    await settle();
    expect(part.devices.senders[0]?.active).toEqual([true, false, false]);
    askSwitch(part, 'H264');
    await settle();
    expect(part.devices.senders[1]?.active).toEqual([true, true, true]);
    part.server.last.send('CALL_OFFER', { op: 'send', producer_id: 'producer-2', layers: 2 });
    part.server.last.send('CALL_OFFER', { op: 'send', producer_id: 'producer-1', layers: 0 });
    await settle();
    expect(part.devices.senders.map(({ active }) => active)).toEqual([
      [false, false, false],
      [true, true, false],
    ]);
    expect(part.errors).toEqual([]);
    await expectNothingLeft(part);
  });

  it('are known also where the server says so together with its answer', async () => {
    const part = await joined();
    const { answer } = part.server;
    part.server.answer = (request, connection) => {
      const ack = answer(request, connection);
      if ((request.payload as { op?: string }).op !== 'publish') return ack;
      connection.batch(() => {
        connection.send('ACK', { ack: request.sequence, ...ack }, request.channelId);
        connection.send('CALL_OFFER', { op: 'send', producer_id: 'producer-1', layers: 0 });
      });
      return null;
    };
    await part.call.publish('camera', fakeTrack('video'));
    await settle();
    expect(part.devices.senders[0]?.active).toEqual([false]);
    await expectNothingLeft(part);
  });
});
