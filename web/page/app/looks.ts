/** How the page looks as a whole: the theme on its root, the words in its title. */
import { useEffect } from 'preact/hooks';
import { useEmitter } from '../view/hooks.ts';
import type { Settings, SettingsValue, Theme } from './settings.ts';

export function useSettings(settings: Settings): SettingsValue {
  return useEmitter(
    settings,
    (source, changed) => [source.on('changed', changed)],
    (source) => source.value,
  );
}

export function useTheme(theme: Theme): void {
  useEffect(() => {
    const { dataset } = document.documentElement;
    if (theme === 'system') delete dataset['theme'];
    else dataset['theme'] = theme;
  }, [theme]);
}

/** @param title What stands before the product's name; empty: nothing */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'CommuCat' : `${title} – CommuCat`;
  }, [title]);
}
