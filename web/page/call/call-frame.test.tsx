// @vitest-environment happy-dom
import type { JSX } from 'preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectionLost } from '../../sdk/errors.ts';
import { Settings } from '../app/settings.ts';
import { CallFrame, type StageGiven } from './call-frame.tsx';
import { TestCall, TestDevices, message, person } from './testing/doubles.ts';
import { type Shown, show } from '../view/testing/show.tsx';

let call: TestCall;
let devices: TestDevices;
let settings: Settings;
let shown: Shown;
let stage: StageGiven | null;
const leave = vi.fn();
const ada = person('ada', { name: 'Ada', joined_at: 1 });

function Frame(): JSX.Element {
  return (
    <CallFrame
      call={call}
      devices={devices}
      settings={settings}
      switches={{}}
      link="https://call.example/call#key"
      pictureInPicture={{ can: () => true, toggle: () => Promise.resolve() }}
      problemWords={(_, error) => (error instanceof Error ? error.message : '?')}
      stage={(given) => {
        stage = given;
        return <div data-testid="stage" data-layout={given.layout} />;
      }}
      settingsDialog={() => <p data-testid="settings-panel" />}
      onLeave={leave}
    />
  );
}

const room = (width: number, height: number): void => {
  Object.defineProperty(window, 'innerWidth', { value: width, configurable: true });
  Object.defineProperty(window, 'innerHeight', { value: height, configurable: true });
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  leave.mockClear();
  room(1280, 720);
  call = new TestCall();
  call.participants = [ada];
  devices = new TestDevices();
  settings = new Settings({
    storage: () => {
      throw new Error('forbidden');
    },
    preferredLanguages: ['en'],
  });
});
afterEach(async () => {
  await shown.close();
  expect([call.listenerCount, devices.listenerCount, settings.listenerCount, vi.getTimerCount()]).toEqual([
    0, 0, 0, 0,
  ]);
  vi.useRealTimers();
});

const begin = async (): Promise<void> => {
  shown = await show(<Frame />);
};
const status = (): string => shown.text('status');
const pass = (ms: number): Promise<void> => shown.act(() => void vi.advanceTimersByTime(ms));

describe('the calm line', () => {
  it('says what is repaired, that it is over, and then nothing', async () => {
    await begin();
    expect(shown.find('status').getAttribute('role')).toBe('status');
    expect(status()).toBe('');
    await shown.act(() => {
      call.enter('recovering');
      call.emit('recovering', 'connection');
    });
    expect(shown.find('call').dataset['state']).toBe('recovering');
    expect(status()).toBe('The connection to the server is lost. Coming back…');
    await shown.act(() => {
      call.enter('joined');
      call.emit('recovered', { tookMs: 3_200 });
    });
    expect(status()).toBe('You are back after 3 seconds.');
    await pass(4_000);
    expect(status()).toBe('');
  });

  it('asks who is alone to send the link, and shows it', async () => {
    call.participants = [];
    await begin();
    expect(status()).toBe('Nobody else is here yet. Send the link.');
    await shown.press('status-remedy');
    expect(shown.maybe('qr')).not.toBeNull();
    await shown.press('qr-dialog-close');
    await shown.act(() => call.come(ada));
    expect(status()).toBe('');
    expect(shown.text('announcer')).toBe('Ada is here.');
  });

  it('names the test network for as long as it lasts, and ends it', async () => {
    await begin();
    await shown.act(() => call.enterNetwork('narrow'));
    expect(status()).toBe('Test network: Slow line, 300 kbit/s.');
    await shown.press('status-remedy');
    expect(call.takeAsked()).toContain('test network none');
    await shown.act(() => call.enterNetwork(null));
    expect(status()).toBe('');
  });

  it('says errors that the call survives', async () => {
    await begin();
    await shown.act(() => call.emit('error', new ConnectionLost('the pipe broke')));
    expect(status()).toBe('the pipe broke');
    await pass(8_000);
    expect(status()).toBe('');
  });
});

describe('microphone and camera', () => {
  it('are switched by their buttons, which say how they are', async () => {
    await begin();
    const button = shown.find('toggle-microphone');
    expect([button.dataset['state'], button.getAttribute('aria-pressed')]).toEqual(['on', 'true']);
    await shown.press('toggle-microphone');
    expect([button.dataset['state'], button.getAttribute('aria-pressed')]).toEqual(['off', 'false']);
    expect(call.takeAsked()).toContain('pause microphone');
  });

  it('that is gone is said, taken back, and asked for again by a press', async () => {
    await begin();
    call.takeAsked();
    await shown.act(() => {
      devices.problems.camera = 'ended';
      devices.camera = null;
      devices.emit('changed');
      devices.emit('ended', 'camera');
    });
    expect(status()).toBe('The camera is gone. You are still in the call.');
    expect(shown.find('toggle-camera').dataset['state']).toBe('none');
    expect(call.takeAsked()).toContain('unpublish camera');
    // Still not there.
    await shown.press('toggle-camera');
    expect(devices.asked).toEqual(['retry camera']);
    devices.onRetry = () => {
      devices.problems.camera = null;
      devices.camera = new TestDevices().camera;
    };
    await shown.press('status-remedy');
    expect(shown.find('toggle-camera').dataset['state']).toBe('on');
    expect(call.takeAsked().join()).toContain('publish camera');
  });

  it('begins silent where talking is by key', async () => {
    settings.set({ pushToTalk: true });
    await begin();
    expect(devices.isOn('microphone')).toBe(false);
    await shown.key(document.body, 'keydown', { code: 'Space', key: ' ' });
    expect(status()).toBe('You are heard while you hold Space.');
    await shown.key(document.body, 'keyup', { code: 'Space', key: ' ' });
    expect([status(), devices.isOn('microphone')]).toEqual(['', false]);
  });
});

describe('the toolbar', () => {
  const IDS = [
    'toggle-microphone',
    'toggle-camera',
    'raise-hand',
    'chat-toggle',
    'leave',
    'people-toggle',
    'copy-link',
    'show-qr',
    'settings',
    'layout-choice',
    'pip',
  ];

  it.each([
    [1280, 720, []],
    [820, 1180, ['more']],
    [390, 844, ['more']],
    [844, 390, ['more']],
  ] as const)('has everything once at %i × %i', async (width, height, presses) => {
    room(width, height);
    await begin();
    for (const press of presses) await shown.press(press);
    for (const id of IDS) expect([id, shown.all(id).length]).toEqual([id, 1]);
    await shown.act(() => {
      room(1280, 720);
      window.dispatchEvent(new Event('resize'));
    });
    expect(shown.find('call').dataset['arrangement']).toBe('wide');
    expect(shown.all('show-help')).toHaveLength(1);
  });

  it('raises and lowers the hand as the call knows it', async () => {
    await begin();
    await shown.press('raise-hand');
    await shown.act(() => {
      call.self = person('me', { hand_raised_at: 5 });
      call.emit('participants');
    });
    expect(shown.find('raise-hand').getAttribute('aria-pressed')).toBe('true');
    await shown.press('raise-hand');
    expect(call.asked.filter((asked) => asked.startsWith('hand'))).toEqual(['hand up', 'hand down']);
  });

  it('sends reactions from a bar that stays open until a press elsewhere', async () => {
    await begin();
    await shown.press('reactions');
    await shown.press('reaction-heart');
    await shown.press('reaction-party');
    expect(call.asked.filter((asked) => asked.startsWith('react'))).toEqual(['react heart', 'react party']);
    await shown.act(() => {
      document.body.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
    });
    expect(shown.maybe('reaction-heart')).toBeNull();
  });

  it('changes the layout by menu and by key', async () => {
    await begin();
    expect(stage?.layout).toBe('auto');
    await shown.press('layout-choice');
    await shown.press('layout-speaker');
    expect([stage?.layout, settings.value.layout]).toEqual(['speaker', 'speaker']);
    await shown.key(document.body, 'keydown', { key: 'Escape' });
    expect(shown.maybe('layout-speaker')).toBeNull();
    await shown.key(document.body, 'keydown', { code: 'KeyL', key: 'д' });
    expect(stage?.layout).toBe('spotlight');
  });

  it('moves the focus with the arrow keys', async () => {
    await begin();
    shown.find('toggle-microphone').focus();
    await shown.key(shown.find('toggle-microphone'), 'keydown', { key: 'ArrowRight' });
    expect(document.activeElement).toBe(shown.find('toggle-camera'));
    await shown.key(shown.find('toggle-camera'), 'keydown', { key: 'ArrowLeft' });
    expect(document.activeElement).toBe(shown.find('toggle-microphone'));
  });

  it('leaves without a question', async () => {
    await begin();
    await shown.press('leave');
    expect(leave).toHaveBeenCalledTimes(1);
  });
});

describe('what is beside the tiles', () => {
  it('counts and shows what is written while the chat is closed', async () => {
    await begin();
    await shown.act(() => {
      call.hear(message('1', 'ada', 'one'));
      call.hear(message('2', 'me', 'own'));
      call.hear(message('3', 'ada', 'two'));
    });
    expect(shown.find('chat-toggle').textContent).toContain('2');
    expect(shown.text('message-heard')).toBe('ada: two');
    await shown.press('message-preview');
    expect(shown.all('chat-message').map(({ textContent }) => textContent)).toEqual(['one', 'own', 'two']);
    expect(shown.find('chat-toggle').textContent).not.toContain('2');
    expect(shown.maybe('message-preview')).toBeNull();
    // Open: nothing is unread.
    await shown.act(() => call.hear(message('4', 'ada', 'three')));
    expect(shown.maybe('message-preview')).toBeNull();
  });

  it('keeps what was begun when the chat closes, and sends it', async () => {
    await begin();
    await shown.key(document.body, 'keydown', { code: 'KeyC', key: 'с' });
    await shown.type('chat-input', 'draft');
    await shown.press('people-toggle');
    expect(shown.maybe('chat-input')).toBeNull();
    await shown.press('chat-toggle');
    await shown.press('chat-send');
    expect(call.asked).toContain('say draft');
  });

  it('closes with Escape, innermost first, and gives the focus back', async () => {
    await begin();
    await shown.press('people-toggle');
    await shown.press('reactions');
    await shown.key(document.body, 'keydown', { key: 'Escape' });
    expect([shown.maybe('reaction-heart'), shown.maybe('people-list') === null]).toEqual([null, false]);
    shown.find('people-close').focus();
    await shown.key(document.body, 'keydown', { key: 'Escape' });
    expect(shown.maybe('people-list')).toBeNull();
    expect(document.activeElement).toBe(shown.find('people-toggle'));
  });

  it('covers a phone, and what is below rests', async () => {
    room(390, 844);
    await begin();
    await shown.press('chat-toggle');
    expect(shown.find('stage').parentElement?.hasAttribute('inert')).toBe(true);
    await shown.press('chat-close');
    expect(shown.find('stage').parentElement?.hasAttribute('inert')).toBe(false);
  });

  it('asks for a press where the browser blocks sound', async () => {
    await begin();
    const plays = [vi.fn(), vi.fn()];
    await shown.act(() => {
      for (const play of plays) stage?.onSoundBlocked(play);
    });
    await shown.press('play-sound');
    expect(plays.map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    expect(shown.maybe('play-sound')).toBeNull();
  });

  it('says others’ reactions, but not all of twenty', async () => {
    await begin();
    await shown.act(() => {
      call.emit('reaction', { participantId: 'ada', reaction: 'clap' });
      for (let i = 0; i < 19; i++) call.emit('reaction', { participantId: 'ada', reaction: 'heart' });
    });
    expect(shown.text('reaction-heard')).toBe('Ada: Applause');
    await pass(4_000);
    expect(shown.text('reaction-heard')).toBe('');
  });

  it('lists the shortcuts', async () => {
    await begin();
    await shown.key(document.body, 'keydown', { code: 'Slash', key: '?', shiftKey: true });
    expect(shown.text('shortcuts')).toContain('Microphone on or off');
    await shown.press('help-close');
    expect(shown.maybe('shortcuts')).toBeNull();
  });
});

describe('the link', () => {
  it('is copied; where that is forbidden, it is shown to be copied by hand', async () => {
    const write = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValueOnce();
    await begin();
    await shown.press('copy-link');
    expect(write).toHaveBeenCalledExactlyOnceWith('https://call.example/call#key');
    expect(status()).toBe('The link is copied.');
    write.mockRejectedValueOnce(new DOMException('', 'NotAllowedError'));
    await shown.press('copy-link');
    expect(status()).toContain('does not let the page copy');
    const field = shown.find('qr-link');
    expect(field instanceof HTMLInputElement && field.value).toBe('https://call.example/call#key');
    write.mockRestore();
  });
});
