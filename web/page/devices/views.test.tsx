// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest';
import { settle } from '../../sdk/testing/virtual-clock.ts';
import { Settings } from '../app/settings.ts';
import { type Shown, show } from '../view/testing/show.tsx';
import { BlurSwitch } from './blur-switch.tsx';
import { notesOf } from './device-notes.tsx';
import { DeviceSelect } from './device-select.tsx';
import { Devices } from './devices.ts';
import { MicLevel } from './mic-level.tsx';
import { FakePlatform, type TestDevice } from './testing/fake-platform.ts';

let shown: Shown | null = null;
let devices: Devices | null = null;

const PLUGGED: readonly TestDevice[] = [
  { id: 'mic', kind: 'microphone', label: 'Microphone (046d:0825)' },
  { id: 'busy', kind: 'microphone', label: '', busy: true },
  { id: 'cam', kind: 'camera', label: 'Webcam' },
];

async function started(): Promise<{ platform: FakePlatform; own: Devices }> {
  const platform = new FakePlatform(PLUGGED);
  const settings = new Settings({
    storage: () => ({ getItem: () => null, setItem: () => undefined }),
    preferredLanguages: ['en'],
  });
  const own = new Devices({ settings, platform, wish: { maxHeight: 720, frameRate: 30 } });
  devices = own;
  await own.start();
  return { platform, own };
}

afterEach(async () => {
  await shown?.close();
  expect(devices?.listenerCount ?? 0).toBe(0);
  devices?.close();
  shown = null;
  devices = null;
});

async function choose(view: Shown, testId: string, value: string): Promise<void> {
  const select = view.find(testId);
  if (!(select instanceof HTMLSelectElement)) throw new Error(`${testId} is no list`);
  await view.act(async () => {
    select.value = value;
    select.dispatchEvent(new Event('change', { bubbles: true }));
    await settle();
  });
}

describe('the list of devices', () => {
  it('names them without numbers of their maker, and counts those without a name', async () => {
    const { own } = await started();
    shown = await show(<DeviceSelect devices={own} kind="microphone" />);
    expect([...shown.root.querySelectorAll('option')].map((option) => option.textContent)).toEqual([
      'Microphone',
      'Microphone 2',
    ]);
  });

  it('says when a chosen one cannot be opened, and goes on with the one before', async () => {
    const { own } = await started();
    shown = await show(<DeviceSelect devices={own} kind="microphone" />);
    await choose(shown, 'device-microphone', 'busy');
    expect(shown.root.textContent).toContain('Another program is using this device');
    expect(own.chosenId('microphone')).toBe('mic');
  });

  it('is closed while the browser forbids the device', async () => {
    const { own, platform } = await started();
    shown = await show(<DeviceSelect devices={own} kind="camera" />);
    await shown.act(() => platform.permit('camera', 'denied'));
    const select = shown.find('device-camera');
    expect(select instanceof HTMLSelectElement && select.disabled).toBe(true);
    expect(shown.root.textContent).toContain('Not allowed');
  });
});

describe('the notes', () => {
  it('speak of what both devices have in common once', () => {
    expect(notesOf(null, null)).toEqual([]);
    expect(notesOf('denied', 'denied').map(({ key }) => key)).toEqual(['devices.problem.both-denied']);
    expect(notesOf('insecure', 'insecure')).toEqual([{ key: 'devices.problem.insecure', retries: [] }]);
    expect(notesOf('busy', 'busy').map(({ retries }) => retries)).toEqual([['microphone'], ['camera']]);
    expect(notesOf('denied', 'missing').map(({ key }) => key)).toEqual([
      'devices.problem.microphone.denied',
      'devices.problem.camera.missing',
    ]);
  });
});

describe('the level', () => {
  it('says after a while that nothing is heard, and takes it back', async () => {
    const { own, platform } = await started();
    let nowMs = 0;
    shown = await show(<MicLevel devices={own} nowMs={() => nowMs} />);
    const view = shown;
    nowMs = 7_900;
    await view.act(() => platform.onLevel(0));
    expect(view.root.textContent).toBe('');
    nowMs = 8_100;
    await view.act(() => platform.onLevel(0));
    expect(view.root.textContent).toContain('Nothing is heard');
    await view.act(() => platform.onLevel(0.4));
    expect(view.root.textContent).toBe('');
    expect(view.find('mic-level').getAttribute('aria-valuenow')).toBe('40');
  });
});

describe('the switch for blur', () => {
  it('blurs, and says where it cannot', async () => {
    const { own, platform } = await started();
    shown = await show(<BlurSwitch devices={own} />);
    const view = shown;
    const press = (): Promise<void> =>
      view.act(async () => {
        view.find('blur').click();
        await settle();
      });
    await press();
    expect(own.blur).toBe('on');
    await press();
    expect(own.blur).toBe('off');
    platform.blurFails = true;
    await press();
    expect(view.root.textContent).toContain('does not work on this device');
    // It was seen before: it goes on as it was.
    expect(own.camera?.label).toBe('Webcam');
  });
});
