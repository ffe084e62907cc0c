// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest';
import { type VisitKit, makeKit } from '../app/visit.testing.ts';
import { type Shown, show } from '../view/testing/show.tsx';
import { expectNothingLeft } from '../../sdk/testing/scripted-call.ts';
import { settle } from '../../sdk/testing/virtual-clock.ts';
import { Prejoin } from './prejoin.tsx';

let shown: Shown | null = null;
let kit: VisitKit | null = null;

async function open(change: (kit: VisitKit) => void = () => undefined): Promise<{ view: Shown } & VisitKit> {
  const made = makeKit();
  kit = made;
  change(made);
  const view = await show(<Prejoin visit={made.visit} settings={made.settings} />);
  shown = view;
  await view.act(async () => {
    await made.visit.start();
    await settle();
  });
  return { ...made, view };
}

afterEach(async () => {
  await shown?.close();
  kit?.visit.close();
  if (kit !== null) {
    await expectNothingLeft(kit.part);
    expect(kit.visit.listenerCount).toBe(0);
    expect(kit.settings.listenerCount).toBe(0);
    expect(kit.platform.live).toEqual([]);
    expect(kit.platform.measuring).toBe(0);
  }
  shown = null;
  kit = null;
});

describe('before joining', () => {
  it('shows the picture, the level, the devices and who is there', async () => {
    const { view, platform } = await open();
    expect(view.find('preview').hidden).toBe(false);
    expect(view.text('lobby')).toContain('In the call: Ben');
    expect(view.all('device-microphone')).toHaveLength(1);
    await view.act(() => platform.onLevel(0.6));
    expect(view.find('mic-level').getAttribute('aria-valuenow')).toBe('60');
    expect(view.text('device-notes')).toBe('');
  });

  it('joins with Enter, and says when a name is missing', async () => {
    const { view, visit } = await open();
    const form = view.find('name').closest('form');
    const send = (): void =>
      void form?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
    await view.act(send);
    expect(view.text('status')).toContain('Enter your name');
    expect(document.activeElement).toBe(view.find('name'));
    await view.type('name', 'Ada');
    await view.act(async () => {
      send();
      await settle();
    });
    // The call's screen is drawn a moment later.
    expect(visit.stage).toBe('joining');
  });

  it('switches devices off and on', async () => {
    const { view, visit } = await open();
    await view.press('toggle-camera');
    expect(view.find('preview').hidden).toBe(true);
    expect(view.find('toggle-camera').dataset['state']).toBe('off');
    expect(view.root.textContent).toContain('The camera is off');
    await view.press('toggle-microphone');
    expect(visit.devices.microphone?.enabled).toBe(false);
    await view.act(async () => {
      view.find('toggle-camera').click();
      await settle();
    });
    expect(view.find('preview').hidden).toBe(false);
  });

  it('says what is missing, and tries again', async () => {
    const { view, platform } = await open(({ platform: { allowed } }) => {
      allowed.camera = 'denied';
    });
    expect(view.text('device-notes')).toContain('The camera is blocked');
    expect(view.find('toggle-camera').dataset['state']).toBe('none');
    platform.allowed.camera = 'granted';
    await view.act(async () => {
      view.find('toggle-camera').click();
      await settle();
    });
    expect(view.text('device-notes')).toBe('');
  });

  it('says that the call is full', async () => {
    const { view } = await open(({ part }) => {
      const friendly = part.server.answer;
      part.server.answer = (request, connection) => {
        const answer = friendly(request, connection);
        return answer !== null && 'max_participants' in answer ? { ...answer, max_participants: 1 } : answer;
      };
    });
    expect(view.text('lobby')).toContain('The call is full');
  });

  it('opens and closes the settings', async () => {
    const { view } = await open();
    await view.press('settings');
    // The devices are on the page itself.
    expect(view.all('device-camera')).toHaveLength(1);
    expect(view.all('codec-choice')).toHaveLength(1);
    await view.press('settings-panel-close');
    expect(view.maybe('settings-panel')).toBeNull();
  });
});
