import { beforeEach, describe, expect, it } from 'vitest';
import { SELF, SELF_SCREEN } from './cast.ts';
import { Director, type Scene } from './director.ts';
import { FakeCall, FakeDevices, TRANSCODED, participant } from './fake-call.testing.ts';

/** A track is only passed on here. */
const track = (): MediaStreamTrack => Object.create(EventTarget.prototype) as MediaStreamTrack;
const settled = async (): Promise<void> => await Promise.resolve();

let call: FakeCall;
let devices: FakeDevices;
let director: Director;
const scene = (): Scene => director.scene;
const member = (key: string): Scene['cast'][number] | undefined =>
  scene().cast.find((one) => one.key === key);

beforeEach(() => {
  call = new FakeCall();
  devices = new FakeDevices();
  director = new Director(call, devices, { ownName: 'Ada', layout: 'auto', screen: null });
  return () => {
    director.close();
    expect([
      call.listenerCount,
      devices.listenerCount,
      ...call.streams.map((one) => one.listenerCount),
    ]).toEqual([0, 0, ...call.streams.map(() => 0)]);
  };
});

describe('Director', () => {
  it('shows oneself from the devices, without the server', async () => {
    expect(member(SELF)).toMatchObject({
      name: 'Ada',
      self: true,
      state: 'off',
      muted: true,
      sentCodec: null,
    });
    devices.camera = track();
    devices.microphone = track();
    devices.emit('changed');
    await settled();
    expect(member(SELF)).toMatchObject({
      state: 'live',
      muted: false,
      sentCodec: 'VP8',
      track: devices.camera,
    });
    devices.setOn('camera', false);
    await settled();
    expect(member(SELF)).toMatchObject({ state: 'off', track: null });
  });

  it('shows that oneself is cut off, which the server cannot say', async () => {
    expect(member(SELF)).toMatchObject({ quality: 'good' });
    call.state = 'recovering';
    call.emit('state', 'recovering');
    await settled();
    expect(member(SELF)).toMatchObject({ quality: 'lost' });
    call.state = 'joined';
    call.emit('state', 'joined');
    await settled();
    expect(member(SELF)).toMatchObject({ quality: 'good' });
  });

  it('follows what becomes of a stream', async () => {
    call.add(participant('ben'));
    await settled();
    expect(member('ben')).toMatchObject({ state: 'waiting', muted: false });
    const picture = call.begin('ben', 'camera');
    picture.setTrack(track());
    await settled();
    expect(member('ben')).toMatchObject({ state: 'live', picture });
    picture.update({ delivery: TRANSCODED });
    await settled();
    expect(member('ben')?.delivery?.via).toBe('transcode');
    picture.update({ paused: true });
    await settled();
    expect(member('ben')?.state).toBe('off');
    const why = { code: 'transcoding-off', args: {} };
    picture.update({ paused: false, unavailable: { reason: 'not delivered', why } });
    await settled();
    expect(member('ben')).toMatchObject({ state: 'unavailable', unavailable: 'not delivered', why });
  });

  it('mutes by the stream where there is one, and by what is announced before', async () => {
    call.add(participant('ben', { sources: [] }));
    await settled();
    expect(member('ben')).toMatchObject({ muted: true, state: 'off' });
    const voice = call.begin('ben', 'microphone');
    await settled();
    expect(member('ben')?.muted).toBe(false);
    voice.update({ paused: true });
    await settled();
    expect(member('ben')?.muted).toBe(true);
  });

  it('changes nothing, and says nothing, where nothing visible changed', async () => {
    call.add(participant('ben'), participant('cleo'));
    await settled();
    const before = scene();
    let changes = 0;
    director.on('changed', () => changes++);
    call.emit('participants');
    call.emit('publications');
    director.setWishes({ ownName: 'Ada', layout: 'auto', screen: null });
    await settled();
    expect(scene()).toBe(before);
    expect(changes).toBe(0);
    call.change('cleo', { hand_raised_at: 1 });
    await settled();
    expect(changes).toBe(1);
    expect(member('ben')).toBe(before.cast.find(({ key }) => key === 'ben'));
  });

  it('makes a shared screen large, with its sound, until it ends', async () => {
    call.add(participant('ben'), participant('cleo'));
    const screen = call.begin('ben', 'screen', track());
    const sound = call.begin('ben', 'screen-audio', track());
    await settled();
    expect(scene().focus).toMatchObject({ layout: 'screen', main: 'ben/screen' });
    expect(member('ben/screen')?.sound).toBe(sound);
    expect(member('ben')?.sound).toBeNull();
    // The latest one is large.
    const second = call.begin('cleo', 'screen', track());
    await settled();
    expect(scene().focus.main).toBe('cleo/screen');
    call.end(second);
    call.end(screen);
    await settled();
    expect(scene().focus).toMatchObject({ layout: 'grid', main: null });
    expect(scene().cast.map(({ key }) => key)).toEqual([SELF, 'ben', 'cleo']);
  });

  it('never makes the own screen large by itself', () => {
    director.setWishes({ ownName: 'Ada', layout: 'auto', screen: track() });
    expect(scene().focus.layout).toBe('grid');
    expect(scene().order).toEqual([SELF, SELF_SCREEN]);
  });

  it('shows the other who spoke last, not oneself', async () => {
    call.add(participant('ben'), participant('cleo'));
    director.setWishes({ ownName: 'Ada', layout: 'speaker', screen: null });
    await settled();
    expect(scene().focus.main).toBe('ben');
    call.emit('speaker', 'cleo');
    expect(scene()).toMatchObject({ speaking: 'cleo', focus: { layout: 'speaker', main: 'cleo' } });
    call.emit('speaker', 'ada');
    expect(scene()).toMatchObject({ speaking: SELF, focus: { main: 'cleo' } });
    call.emit('speaker', null);
    expect(scene()).toMatchObject({ speaking: null, focus: { main: 'cleo' } });
    call.leave('cleo');
    await settled();
    expect(scene().focus.main).toBe('ben');
  });

  it('keeps a pinned one large, before a shared screen, until he leaves', async () => {
    call.add(participant('ben'), participant('cleo'));
    await settled();
    director.togglePin('cleo');
    call.begin('ben', 'screen', track());
    await settled();
    expect(scene()).toMatchObject({ pinned: 'cleo', focus: { layout: 'speaker', main: 'cleo' } });
    call.leave('cleo');
    await settled();
    expect(scene()).toMatchObject({ pinned: null, focus: { layout: 'screen', main: 'ben/screen' } });
  });

  it('puts oneself into the corner of a spotlight', async () => {
    call.add(participant('ben'));
    director.setWishes({ ownName: 'Ada', layout: 'spotlight', screen: null });
    await settled();
    expect(scene().focus).toMatchObject({ layout: 'spotlight', main: 'ben', floating: SELF });
    call.leave('ben');
    await settled();
    expect(scene().focus).toMatchObject({ main: SELF, floating: null });
  });

  it('brings who speaks into view and leaves the others where they are', async () => {
    call.add(...['b', 'c', 'd', 'e'].map((id) => participant(id)));
    await settled();
    director.setVisible(new Set([SELF, 'b', 'c']));
    call.emit('speaker', 'b');
    call.emit('speaker', 'e');
    expect(scene().order).toEqual([SELF, 'b', 'e', 'd', 'c']);
  });
});
