// @vitest-environment happy-dom
import type { JSX } from 'preact';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestDevices } from './testing/doubles.ts';
import { type Shown, show } from '../view/testing/show.tsx';
import { type Keys, useKeys } from './use-keys.ts';

let shown: Shown;
let devices: TestDevices;
let acted: string[];
let open: boolean;
let keys: Keys;

function Listening(): JSX.Element {
  keys = useKeys(devices, {
    act: (action) => acted.push(action),
    escape: () => open,
  });
  return (
    <div>
      <textarea data-testid="field" />
      <button type="button" data-testid="button" onClick={() => acted.push('pressed')} />
      <p data-testid="talking">{String(keys.talking)}</p>
    </div>
  );
}

beforeEach(async () => {
  devices = new TestDevices();
  acted = [];
  open = false;
  shown = await show(<Listening />);
});
afterEach(async () => {
  await shown.close();
  await shown.key(document.body, 'keydown', { code: 'KeyM', key: 'm' });
  // Nothing listens any more.
  expect(acted).not.toContain('microphone');
});

const space = { code: 'Space', key: ' ' };

describe('shortcuts', () => {
  it('act anywhere but in a field, and the browser does not', async () => {
    const event = await shown.key(document.body, 'keydown', { code: 'KeyD', key: 'd', ctrlKey: true });
    expect(acted.splice(0)).toEqual(['microphone']);
    expect(event.defaultPrevented).toBe(true);
    const typed = await shown.key(shown.find('field'), 'keydown', { code: 'KeyM', key: 'm' });
    expect(typed.defaultPrevented).toBe(false);
    expect(acted).toEqual([]);
  });

  it('rest while a dialog is open', async () => {
    const dialog = document.createElement('dialog');
    dialog.setAttribute('open', '');
    document.body.append(dialog);
    await shown.key(document.body, 'keydown', { code: 'KeyC', key: 'c' });
    dialog.remove();
    expect(acted).toEqual([]);
  });

  it('let Escape through where nothing is open', async () => {
    expect((await shown.key(document.body, 'keydown', { key: 'Escape' })).defaultPrevented).toBe(false);
    open = true;
    expect((await shown.key(document.body, 'keydown', { key: 'Escape' })).defaultPrevented).toBe(true);
  });
});

describe('the space bar', () => {
  it('opens a muted microphone for as long as it is held', async () => {
    devices.wished.microphone = false;
    await shown.key(document.body, 'keydown', space);
    await shown.key(document.body, 'keydown', { ...space, repeat: true });
    expect([devices.isOn('microphone'), shown.text('talking')]).toEqual([true, 'true']);
    await shown.key(document.body, 'keyup', space);
    expect([devices.isOn('microphone'), shown.text('talking')]).toEqual([false, 'false']);
    expect(devices.asked).toEqual(['microphone on', 'microphone off']);
  });

  it('does nothing to a microphone that is on, or that is not there', async () => {
    await shown.key(document.body, 'keydown', space);
    await shown.key(document.body, 'keyup', space);
    devices.wished.microphone = false;
    devices.problems.microphone = 'missing';
    await shown.key(document.body, 'keydown', space);
    await shown.key(document.body, 'keyup', space);
    expect(devices.asked).toEqual([]);
  });

  it('ends with the window’s focus', async () => {
    devices.wished.microphone = false;
    await shown.key(document.body, 'keydown', space);
    await shown.act(() => {
      window.dispatchEvent(new Event('blur'));
    });
    expect(devices.isOn('microphone')).toBe(false);
  });

  it('leaves the last word to the button', async () => {
    devices.wished.microphone = false;
    await shown.key(document.body, 'keydown', space);
    await shown.act(() => keys.forget());
    await shown.key(document.body, 'keyup', space);
    expect(devices.isOn('microphone')).toBe(true);
  });

  it('is typed in a field, and presses a button that has the focus by keyboard', async () => {
    devices.wished.microphone = false;
    expect((await shown.key(shown.find('field'), 'keydown', space)).defaultPrevented).toBe(false);
    expect((await shown.key(shown.find('button'), 'keydown', space)).defaultPrevented).toBe(false);
    expect(devices.asked).toEqual([]);
  });

  it('talks where the mouse pressed a button before, and does not press it again', async () => {
    devices.wished.microphone = false;
    const button = shown.find('button');
    await shown.act(() => {
      button.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
      button.focus();
    });
    expect((await shown.key(button, 'keydown', space)).defaultPrevented).toBe(true);
    expect(devices.isOn('microphone')).toBe(true);
    expect((await shown.key(button, 'keyup', space)).defaultPrevented).toBe(true);
    expect(devices.isOn('microphone')).toBe(false);
    // Back by keyboard: the button's again.
    await shown.act(() => {
      shown.find('field').focus();
      button.focus();
    });
    expect((await shown.key(button, 'keydown', space)).defaultPrevented).toBe(false);
  });
});
