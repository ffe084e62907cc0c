import { beforeEach, describe, expect, it } from 'vitest';
import { publishOwn } from './publishing.ts';
import { TestCall, TestDevices, TestTrack } from './testing/doubles.ts';

let call: TestCall;
let devices: TestDevices;
const sync = (): readonly string[] => {
  publishOwn(call, devices, { simulcast: false, degradation: 'maintain-resolution' });
  return call.takeAsked();
};
/** Lets what is settled be noticed. */
const settle = async (): Promise<readonly string[]> => {
  await Promise.resolve();
  await Promise.resolve();
  return call.takeAsked();
};

beforeEach(() => {
  call = new TestCall();
  devices = new TestDevices();
});

describe('publishOwn', () => {
  it('hands over sound first, then the picture, with what the address asks for, and once only', () => {
    devices.wished.microphone = false;
    // Before the join: the server takes it later.
    call.answer = () => new Promise(() => undefined);
    expect(sync()).toEqual([
      'publish microphone mic-1 paused=true',
      'publish camera cam-1 paused=false simulcast=false degradationPreference=maintain-resolution',
    ]);
    expect(sync()).toEqual(['pause microphone', 'resume camera']);
  });

  it('sends several sizes unless it is told not to', () => {
    publishOwn(call, devices, {});
    expect(call.takeAsked()[1]).toBe('publish camera cam-1 paused=false simulcast=true');
  });

  it('pauses and resumes with the devices', () => {
    sync();
    devices.setOn('microphone', false);
    expect(sync()).toContain('pause microphone');
    devices.setOn('microphone', true);
    expect(sync()).toContain('resume microphone');
  });

  it('gives another device’s track to the same publication', async () => {
    sync();
    devices.microphone = new TestTrack('audio', 'mic-2').asTrack;
    expect(sync()).toContain('replace microphone mic-2');
    expect(await settle()).toContain('resume microphone');
    expect(sync()).not.toContain('replace microphone mic-2');
  });

  it('keeps the publication of a camera that is released while it is off, and resumes after the new track is in', async () => {
    sync();
    devices.setOn('camera', false);
    devices.camera = null;
    expect(sync()).toContain('pause camera');
    devices.camera = new TestTrack('video', 'cam-again').asTrack;
    devices.setOn('camera', true);
    const replaced = Promise.withResolvers<undefined>();
    call.answer = () => replaced.promise;
    expect(sync()).toEqual(['resume microphone', 'replace camera cam-again']);
    // Once more meanwhile: still not resumed.
    expect(sync()).toEqual(['resume microphone']);
    replaced.resolve(undefined);
    expect(await settle()).toEqual(['resume camera']);
  });

  it('stays silent where it was muted while a track was replaced', async () => {
    sync();
    const replaced = Promise.withResolvers<undefined>();
    call.answer = () => replaced.promise;
    devices.microphone = new TestTrack('audio', 'mic-2').asTrack;
    sync();
    devices.setOn('microphone', false);
    expect(sync()).toContain('pause microphone');
    replaced.resolve(undefined);
    expect(await settle()).toEqual(['pause microphone']);
  });

  it('takes back what is gone, and publishes it anew when it is there again', () => {
    const camera = new TestTrack('video', 'cam-1');
    devices.camera = camera.asTrack;
    sync();
    camera.end();
    devices.problems.camera = 'ended';
    expect(sync()).toContain('unpublish camera');
    expect(sync()).not.toContain('unpublish camera');
    devices.problems.camera = null;
    devices.camera = new TestTrack('video', 'cam-2').asTrack;
    expect(sync().some((asked) => asked.startsWith('publish camera cam-2 paused=false'))).toBe(true);
  });

  it('publishes anew where a track cannot take the other’s place, and tries again after a refusal', async () => {
    sync();
    call.answer = () => Promise.reject(new Error('refused'));
    devices.microphone = new TestTrack('audio', 'mic-2').asTrack;
    sync();
    expect(await settle()).toEqual(['publish microphone mic-2 paused=false']);
    await settle();
    call.answer = () => Promise.resolve();
    expect(sync()).toContain('publish microphone mic-2 paused=false');
  });

  it('publishes nothing where there is nothing', () => {
    devices.microphone = null;
    devices.camera = null;
    expect(sync()).toEqual([]);
  });
});
