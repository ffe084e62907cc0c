import { afterEach, describe, expect, it } from 'vitest';
import { settle } from '../../sdk/testing/virtual-clock.ts';
import { Settings } from '../app/settings.ts';
import { DeviceUnavailable, Devices, type DeviceKind } from './devices.ts';
import { FakePlatform, type TestDevice } from './testing/fake-platform.ts';

const MIC: TestDevice = { id: 'mic', kind: 'microphone', label: 'Microphone' };
const HEADSET: TestDevice = { id: 'headset', kind: 'microphone', label: 'Headset' };
const CAM: TestDevice = { id: 'cam', kind: 'camera', label: 'Webcam' };
const OTHER_CAM: TestDevice = { id: 'other', kind: 'camera', label: 'Other webcam' };
const SPEAKER: TestDevice = { id: 'speaker', kind: 'speaker', label: 'Speaker' };

interface Kit {
  readonly platform: FakePlatform;
  readonly settings: Settings;
  readonly devices: Devices;
  readonly ended: DeviceKind[];
  readonly replaced: string[];
}

const kits: Kit[] = [];

function kit(
  plugged: readonly TestDevice[] = [MIC, CAM, SPEAKER],
  change: { secure?: boolean; stored?: object } = {},
): Kit {
  const platform = new FakePlatform(
    plugged.map((one) => ({ ...one })),
    change.secure ?? true,
  );
  const memory = new Map([['commucat.settings', JSON.stringify(change.stored ?? {})]]);
  const settings = new Settings({
    storage: () => ({
      getItem: (key) => memory.get(key) ?? null,
      setItem: (key, value) => void memory.set(key, value),
    }),
    preferredLanguages: ['en'],
  });
  const devices = new Devices({ settings, platform, wish: { maxHeight: 720, frameRate: 30 } });
  const made = { platform, settings, devices, ended: [] as DeviceKind[], replaced: [] as string[] };
  devices.on('ended', (kind) => made.ended.push(kind));
  devices.on('replaced', (_, label) => made.replaced.push(label));
  kits.push(made);
  return made;
}

async function started(...given: Parameters<typeof kit>): Promise<Kit> {
  const made = kit(...given);
  await made.devices.start();
  return made;
}

afterEach(() => {
  for (const { devices, platform } of kits.splice(0)) {
    devices.close();
    // Nothing stays open: no light, no meter, no blur, no timer, no listener.
    expect(platform.live).toEqual([]);
    expect(platform.measuring).toBe(0);
    expect(platform.blurs.every(({ closed }) => closed)).toBe(true);
    expect(platform.clock.pending).toBe(0);
    expect(devices.listenerCount).toBe(0);
  }
});

describe('own devices', () => {
  it('are asked for together, once', async () => {
    const { devices, platform } = await started();
    expect(platform.asked).toHaveLength(1);
    expect(devices.microphone?.kind).toBe('audio');
    expect(devices.camera?.kind).toBe('video');
    expect(devices.lists.speakers).toEqual([{ id: 'speaker', label: 'Speaker' }]);
    expect(devices.problem('microphone')).toBeNull();
  });

  it('are as the address wants them', async () => {
    const { platform } = await started();
    expect(platform.asked[0]?.video).toMatchObject({ width: { max: 1280 }, height: { max: 720 } });
  });

  it('that are remembered are asked for, and others taken where they are gone', async () => {
    const there = await started([MIC, HEADSET, CAM], { stored: { microphoneId: 'headset' } });
    expect(there.devices.chosenId('microphone')).toBe('headset');
    const gone = await started([MIC, CAM], { stored: { microphoneId: 'headset' } });
    expect(gone.devices.chosenId('microphone')).toBe('mic');
  });

  it('work one without the other', async () => {
    const { devices } = await started([MIC]);
    expect(devices.microphone).not.toBeNull();
    expect(devices.camera).toBeNull();
    expect(devices.problem('camera')).toBe('missing');
  });

  it('say what is wrong', async () => {
    const busy = await started([MIC, { ...CAM, busy: true }]);
    expect(busy.devices.problem('camera')).toBe('busy');
    const insecure = await started([MIC, CAM], { secure: false });
    expect(insecure.devices.problem('microphone')).toBe('insecure');
    expect(insecure.devices.problem('camera')).toBe('insecure');
  });

  it('are not asked for again after a person said no', async () => {
    const { devices, platform } = kit();
    platform.answerMs = 2_000;
    platform.allowed.camera = 'denied';
    const starting = devices.start();
    await platform.clock.advance(2_000);
    await starting;
    expect(platform.asked).toHaveLength(1);
    expect(devices.problem('microphone')).toBe('denied');
    expect(devices.problem('camera')).toBe('denied');
  });

  it('are asked for one by one where one of them was forbidden before', async () => {
    const { devices, platform } = kit();
    platform.allowed.camera = 'denied';
    await devices.start();
    expect(devices.microphone).not.toBeNull();
    expect(devices.problem('camera')).toBe('denied');
  });

  it('come by themselves when the permission does', async () => {
    const { devices, platform } = kit();
    platform.allowed.camera = 'denied';
    await devices.start();
    await platform.permit('camera', 'granted');
    expect(devices.camera).not.toBeNull();
    expect(devices.problem('camera')).toBeNull();
  });
});

describe('a change of device', () => {
  it('gives another track, and is remembered', async () => {
    const { devices, settings } = await started([MIC, HEADSET, CAM]);
    const before = devices.microphone;
    await devices.choose('microphone', 'headset');
    expect(devices.microphone).not.toBe(before);
    expect(before?.readyState).toBe('ended');
    expect(settings.value.microphoneId).toBe('headset');
  });

  it('that fails leaves the one before', async () => {
    const { devices, settings } = await started([MIC, { ...HEADSET, busy: true }, CAM]);
    await expect(devices.choose('microphone', 'gone')).rejects.toThrow(DeviceUnavailable);
    expect(devices.microphone?.readyState).toBe('live');
    expect(settings.value.microphoneId).toBeNull();
    // The platform may refuse because of the first one: it was closed for another try, and is open again.
    await expect(devices.choose('microphone', 'headset')).rejects.toMatchObject({ code: 'device-busy' });
    expect(devices.microphone?.readyState).toBe('live');
    expect(devices.chosenId('microphone')).toBe('mic');
  });

  it('counts as it was made last', async () => {
    const { devices, platform } = await started([MIC, HEADSET, { ...MIC, id: 'third' }, CAM]);
    platform.hold = true;
    const first = devices.choose('microphone', 'headset');
    const second = devices.choose('microphone', 'third');
    await settle();
    platform.held[1]?.go();
    await second;
    platform.held[0]?.go();
    await first;
    expect(devices.chosenId('microphone')).toBe('third');
    expect(platform.live.filter(({ kind }) => kind === 'audio')).toHaveLength(1);
  });

  it('of the speaker is remembered, and forgotten while it is not there', async () => {
    const { devices, settings } = await started();
    await devices.choose('speaker', 'speaker');
    expect(devices.chosenId('speaker')).toBe('speaker');
    settings.set({ speakerId: 'gone' });
    expect(devices.chosenId('speaker')).toBeNull();
  });
});

describe('a device that goes away', () => {
  it('is replaced by another one', async () => {
    const { devices, platform, ended, replaced } = await started([MIC, HEADSET, CAM]);
    await platform.unplug('mic');
    expect(ended).toEqual(['microphone']);
    expect(replaced).toEqual(['Headset']);
    expect(devices.chosenId('microphone')).toBe('headset');
    expect(devices.lists.microphones).toEqual([{ id: 'headset', label: 'Headset' }]);
  });

  it('is used again when it is back, if it was chosen', async () => {
    const { devices, platform } = await started([MIC, HEADSET, CAM], { stored: { microphoneId: 'headset' } });
    await platform.unplug('headset');
    expect(devices.chosenId('microphone')).toBe('mic');
    await platform.plug(HEADSET);
    expect(devices.chosenId('microphone')).toBe('headset');
    expect(devices.microphone?.readyState).toBe('live');
  });

  it('leaves a problem where there is no other, until one is plugged in', async () => {
    const { devices, platform } = await started([MIC, CAM]);
    await platform.unplug('cam');
    expect(devices.problem('camera')).toBe('ended');
    expect(devices.camera).toBeNull();
    await platform.plug(OTHER_CAM);
    expect(devices.problem('camera')).toBeNull();
    expect(devices.chosenId('camera')).toBe('other');
  });

  it('is not sought for ever', async () => {
    const { devices, platform } = await started([MIC, CAM]);
    // A broken cable: the track ends as often as it is had, and the device stays in the list.
    for (let round = 0; round < 5; round++) {
      for (const track of platform.live) if (track.kind === 'video') track.end();
      await settle();
    }
    expect(platform.asked.length).toBeLessThan(4);
    expect(devices.problem('camera')).toBe('ended');
    await platform.clock.advance(5_000);
    await devices.retry('camera');
    expect(devices.problem('camera')).toBeNull();
  });

  it('for a permission taken back brings up no question', async () => {
    const { devices, platform, ended } = await started();
    const askedBefore = platform.asked.length;
    await platform.permit('camera', 'prompt');
    expect(ended).toEqual(['camera']);
    expect(devices.problem('camera')).toBe('denied');
    expect(platform.asked).toHaveLength(askedBefore);
    await platform.permit('camera', 'granted');
    expect(devices.camera?.readyState).toBe('live');
  });
});

describe('switching off', () => {
  it('silences the microphone at once and keeps it open', async () => {
    const { devices, platform } = await started();
    devices.setOn('microphone', false);
    expect(devices.microphone?.enabled).toBe(false);
    expect(platform.live).toHaveLength(2);
    devices.setOn('microphone', true);
    expect(devices.microphone?.enabled).toBe(true);
  });

  it('puts the light of the camera out, and opens it again', async () => {
    const { devices, platform } = await started();
    devices.setOn('camera', false);
    expect(devices.camera).toBeNull();
    expect(platform.live.filter(({ kind }) => kind === 'video')).toEqual([]);
    devices.setOn('camera', true);
    expect(devices.isOpening('camera')).toBe(true);
    await settle();
    expect(devices.camera?.enabled).toBe(true);
  });

  it('waits a moment in a call, so that a short look away costs nothing', async () => {
    const { devices, platform } = await started();
    devices.releaseAfterMs = 4_000;
    const before = devices.camera;
    devices.setOn('camera', false);
    expect(before?.enabled).toBe(false);
    await platform.clock.advance(3_999);
    devices.setOn('camera', true);
    expect(devices.camera).toBe(before);
    expect(before?.enabled).toBe(true);
    devices.setOn('camera', false);
    await platform.clock.advance(4_000);
    expect(before?.readyState).toBe('ended');
  });

  it('while the browser still asks leaves nothing open', async () => {
    const { devices, platform } = kit();
    platform.hold = true;
    const starting = devices.start();
    await settle();
    devices.setOn('camera', false);
    platform.held[0]?.go();
    await starting;
    expect(platform.live.map(({ kind }) => kind)).toEqual(['audio']);
  });
});

describe('blur', () => {
  it('that is remembered shows nothing before it works', async () => {
    const { devices, platform } = await started([MIC, CAM], { stored: { blur: true } });
    await settle();
    expect(devices.blur).toBe('on');
    expect(devices.camera).toBe(platform.blurs[0]?.track);
  });

  it('holds the picture back where it does not work, and switches the camera off', async () => {
    const { devices, platform, settings } = kit([MIC, CAM], { stored: { blur: true } });
    platform.blurFails = true;
    const held: boolean[] = [];
    const shown: (MediaStreamTrack | null)[] = [];
    devices.on('blur-failed', (was) => held.push(was));
    devices.on('changed', () => shown.push(devices.camera));
    await devices.start();
    await settle();
    expect(held).toEqual([true]);
    expect(shown.every((track) => track === null)).toBe(true);
    expect(devices.isOn('camera')).toBe(false);
    expect(platform.live.filter(({ kind }) => kind === 'video')).toEqual([]);
    expect(settings.value.blur).toBe(false);
    // Who switches the camera on again has been told.
    devices.setOn('camera', true);
    await settle();
    expect(devices.camera).not.toBeNull();
  });

  it('goes on with another camera without another track', async () => {
    const { devices, platform } = await started([MIC, CAM, OTHER_CAM]);
    await devices.setBlur(true);
    await settle();
    const blurred = devices.camera;
    await devices.choose('camera', 'other');
    await settle();
    expect(devices.camera).toBe(blurred);
    expect(platform.blurs[0]?.source.label).toBe('Other webcam');
    await devices.setBlur(false);
    expect(devices.camera?.label).toBe('Other webcam');
  });

  it('that stops by itself takes the camera off', async () => {
    const { devices, platform } = await started([MIC, CAM]);
    await devices.setBlur(true);
    await settle();
    platform.blurs[0]?.stop();
    expect(devices.blur).toBe('unavailable');
    expect(devices.isOn('camera')).toBe(false);
    expect(devices.camera).toBeNull();
  });
});

describe('the level', () => {
  it('is measured only while somebody wants to know, and follows the device', async () => {
    const { devices, platform } = await started([MIC, HEADSET, CAM]);
    expect(platform.measuring).toBe(0);
    const levels: number[] = [];
    const off = devices.level.subscribe((level) => levels.push(level));
    expect(platform.measuring).toBe(1);
    platform.onLevel(0.5);
    await devices.choose('microphone', 'headset');
    expect(platform.measuring).toBe(1);
    platform.onLevel(0.25);
    off();
    expect(platform.measuring).toBe(0);
    expect(levels).toEqual([0.5, 0.25]);
  });
});
