// @vitest-environment happy-dom
import { afterEach, expect, it } from 'vitest';
import { type VisitKit, makeKit } from '../app/visit.testing.ts';
import { type Shown, show } from '../view/testing/show.tsx';
import { NotJoined } from '../../sdk/errors.ts';
import type { CodecRestriction } from '../../sdk/index.ts';
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

async function open(
  restrict: ((restriction: CodecRestriction) => Promise<void>) | null,
): Promise<{ view: Shown; kit: VisitKit }> {
  const made = makeKit();
  kit = made;
  await made.visit.devices.start();
  const view = await show(
    <SettingsDialog
      settings={made.settings}
      devices={made.visit.devices}
      call={restrict === null ? null : { restrict }}
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
  const asked: CodecRestriction[] = [];
  const { view, kit: made } = await open((restriction) => {
    asked.push(restriction);
    return restriction === null ? Promise.reject(new NotJoined('not now')) : Promise.resolve();
  });
  await choose(view, 'codec-choice', 'H264');
  expect(asked).toEqual(['H264']);
  expect(made.settings.value.codec).toBe('H264');
  await choose(view, 'codec-choice', 'auto');
  expect(asked).toEqual(['H264', null]);
  expect(view.root.textContent).toContain('You are not in the call');
});

it('has the devices in the call', async () => {
  const { view } = await open(() => Promise.resolve());
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
