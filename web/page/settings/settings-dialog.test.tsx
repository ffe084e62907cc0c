// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest';
import { type VisitKit, makeKit } from '../app/visit.testing.ts';
import { type Shown, show } from '../view/testing/show.tsx';
import { NotJoined } from '../../sdk/errors.ts';
import { Emitter } from '../../sdk/emitter.ts';
import type { CallEvents, CodecRestriction, EmulatedNetwork } from '../../sdk/index.ts';
import { settle } from '../../sdk/testing/virtual-clock.ts';
import { SettingsDialog } from './settings-dialog.tsx';

let shown: Shown | null = null;
let kit: VisitKit | null = null;

afterEach(async () => {
  await shown?.close();
  expect(kit?.settings.listenerCount).toBe(0);
  kit?.visit.close();
  shown = null;
});

/** A call that remembers what was asked of it. */
class SettingsCall extends Emitter<CallEvents> {
  readonly asked: unknown[] = [];
  readonly canEmulate: boolean;
  emulated: EmulatedNetwork | null = null;
  answer: () => Promise<void> = () => Promise.resolve();

  constructor(canEmulate = true) {
    super();
    this.canEmulate = canEmulate;
  }

  restrict(restriction: CodecRestriction): Promise<void> {
    this.asked.push(restriction);
    return this.answer();
  }
  async emulate(network: EmulatedNetwork | null): Promise<void> {
    this.asked.push(network);
    await this.answer();
    this.emulated = network;
    this.emit('emulated', network);
  }
}

async function open(call: SettingsCall | null): Promise<{ view: Shown; kit: VisitKit }> {
  const made = makeKit();
  kit = made;
  await made.visit.devices.start();
  const view = await show(
    <SettingsDialog
      settings={made.settings}
      devices={made.visit.devices}
      call={call}
      onClose={() => undefined}
    />,
  );
  shown = view;
  return { view, kit: made };
}

async function choose(view: Shown, testId: string, value: string): Promise<void> {
  const select = view.find(testId);
  if (!(select instanceof HTMLSelectElement)) throw new Error(`${testId} is no list`);
  await view.act(async () => {
    select.value = value;
    select.dispatchEvent(new Event('change', { bubbles: true }));
    await settle();
  });
}

it('changes language, appearance, push to talk', async () => {
  const { view, kit: made } = await open(null);
  await choose(view, 'theme', 'dark');
  await choose(view, 'language', 'ru');
  await view.press('push-to-talk');
  expect(made.settings.value).toMatchObject({ theme: 'dark', language: 'ru', pushToTalk: true });
  expect(view.maybe('device-camera')).toBeNull();
});

it('restricts the call to a codec, and says where it cannot', async () => {
  const call = new SettingsCall();
  const { view, kit: made } = await open(call);
  await choose(view, 'codec-choice', 'H264');
  expect(call.asked).toEqual(['H264']);
  expect(made.settings.value.codec).toBe('H264');
  call.answer = () => Promise.reject(new NotJoined('not now'));
  await choose(view, 'codec-choice', 'auto');
  expect(call.asked).toEqual(['H264', null]);
  expect(view.root.textContent).toContain('You are not in the call');
});

it('has the devices in the call', async () => {
  const { view } = await open(new SettingsCall());
  for (const testId of [
    'device-microphone',
    'device-camera',
    'mic-level',
    'blur',
    'test-sound',
    'shortcuts',
  ]) {
    expect(view.all(testId)).toHaveLength(1);
  }
});

describe('test networks', () => {
  const chosen = (view: Shown): string => (view.find('test-network') as HTMLSelectElement).value;

  it('are not there before the call, nor where the server has none', async () => {
    expect((await open(null)).view.maybe('test-network')).toBeNull();
    await shown?.close();
    expect((await open(new SettingsCall(false))).view.maybe('test-network')).toBeNull();
  });

  it('are chosen, and shown as the call has them', async () => {
    const call = new SettingsCall();
    const { view } = await open(call);
    expect(chosen(view)).toBe('none');
    await choose(view, 'test-network', 'mobile');
    expect([call.asked, chosen(view)]).toEqual([['mobile'], 'mobile']);
    // It ended elsewhere.
    await view.act(() => {
      call.emulated = null;
      call.emit('emulated', null);
    });
    expect(chosen(view)).toBe('none');
  });

  it('wait while one is being set up, and say why there is none', async () => {
    const call = new SettingsCall();
    let refuse: (error: Error) => void = () => undefined;
    call.answer = () =>
      new Promise((_, reject) => {
        refuse = reject;
      });
    const { view } = await open(call);
    await choose(view, 'test-network', 'lossy');
    expect((view.find('test-network') as HTMLSelectElement).disabled).toBe(true);
    await view.act(async () => {
      refuse(new NotJoined('not now'));
      await settle();
    });
    expect((view.find('test-network') as HTMLSelectElement).disabled).toBe(false);
    expect(chosen(view)).toBe('none');
    expect(view.root.textContent).toContain('You are not in the call');
  });
});
