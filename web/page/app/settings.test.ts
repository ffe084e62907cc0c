import { describe, expect, it } from 'vitest';
import { overridesOf } from './overrides.ts';
import { Settings, type SettingsOptions } from './settings.ts';

function memory(content?: string): { storage: SettingsOptions['storage']; content: () => string | null } {
  const kept = new Map<string, string>(content === undefined ? [] : [['commucat.settings', content]]);
  return {
    storage: () => ({
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
    }),
    content: () => kept.get('commucat.settings') ?? null,
  };
}

const forbidden: SettingsOptions['storage'] = () => {
  throw new DOMException('forbidden', 'SecurityError');
};

describe('settings', () => {
  it('are remembered', () => {
    const { storage } = memory();
    const first = new Settings({ storage, preferredLanguages: ['en'] });
    first.set({ name: 'Ada', theme: 'dark', cameraId: 'cam', blur: true });
    const second = new Settings({ storage, preferredLanguages: ['en'] });
    expect(second.value).toMatchObject({
      name: 'Ada',
      theme: 'dark',
      cameraId: 'cam',
      blur: true,
      codec: 'auto',
    });
  });

  it('begin with the language of the browser, until another one is chosen', () => {
    const { storage } = memory();
    const settings = new Settings({ storage, preferredLanguages: ['ru-RU', 'en'] });
    expect(settings.value.language).toBe('ru');
    settings.set({ language: 'en' });
    expect(new Settings({ storage, preferredLanguages: ['ru'] }).value.language).toBe('en');
  });

  it('follow the address for this visit, and remember nothing of it', () => {
    const { storage, content } = memory(JSON.stringify({ name: 'Ada', theme: 'dark' }));
    const overrides = overridesOf(
      { name: 'Tester', codecs: 'VP8', layout: 'grid', blur: true },
      { theme: 'light', language: 'ru' },
    );
    const settings = new Settings({ storage, overrides, preferredLanguages: ['en'] });
    expect(settings.value).toMatchObject({
      name: 'Tester',
      codec: 'VP8',
      layout: 'grid',
      blur: true,
      theme: 'light',
      language: 'ru',
    });
    // What is chosen counts more than the address, and alone is written down.
    settings.set({ theme: 'system' });
    expect(settings.value.theme).toBe('system');
    expect(settings.value.name).toBe('Tester');
    expect(JSON.parse(content() ?? '')).toMatchObject({
      name: 'Ada',
      theme: 'system',
      codec: 'auto',
      blur: false,
    });
  });

  it('say that they changed, once and only where they did', () => {
    const settings = new Settings({ storage: memory().storage, preferredLanguages: ['en'] });
    let changes = 0;
    const off = settings.on('changed', () => changes++);
    const before = settings.value;
    settings.set({ name: '' });
    expect(changes).toBe(0);
    expect(settings.value).toBe(before);
    settings.set({ name: 'Ben' });
    expect(changes).toBe(1);
    expect(settings.value).not.toBe(before);
    off();
    expect(settings.listenerCount).toBe(0);
  });

  it('work where storage is forbidden', () => {
    const settings = new Settings({ storage: forbidden, preferredLanguages: [] });
    settings.set({ name: 'Ada' });
    expect(settings.value.name).toBe('Ada');
  });

  it.each([
    '',
    'no json',
    '[]',
    'null',
    '{"name":5,"theme":"pink","cameraId":{},"blur":"yes","language":"xx"}',
  ])('begin anew where %s is stored', (content) => {
    const settings = new Settings({ storage: memory(content).storage, preferredLanguages: ['en'] });
    expect(settings.value).toMatchObject({
      name: '',
      theme: 'system',
      cameraId: null,
      blur: false,
      language: 'en',
    });
  });
});
