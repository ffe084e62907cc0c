/** The line above every page but the call: the name, which leads home, and the choice of language and theme. */
import type { ComponentChildren, JSX } from 'preact';
import { Icon } from '../design/icon.tsx';
import { useWords } from '../words/language.tsx';
import { LANGUAGES } from '../words/translate.ts';
import { useSettings } from './looks.ts';
import type { Settings } from './settings.ts';

export interface TopBarProps {
  readonly children?: ComponentChildren;
}

export function TopBar({ children }: TopBarProps): JSX.Element {
  const t = useWords();
  return (
    <header class="top-bar">
      <a class="home" href="/" aria-label={t('common.home')}>
        <span class="mark" aria-hidden="true" />
        <span aria-hidden="true">CommuCat</span>
      </a>
      <div class="top-bar-tools">{children}</div>
    </header>
  );
}

/** A small list with the languages, behind a globe. */
export function LanguageChoice({ settings }: { readonly settings: Settings }): JSX.Element {
  const t = useWords();
  const { language } = useSettings(settings);
  return (
    <label class="small-choice">
      <Icon name="globe" />
      <span class="only-read">{t('common.language')}</span>
      <select
        data-testid="language"
        value={language}
        onChange={(event) => {
          const chosen = LANGUAGES.find((one) => one.language === event.currentTarget.value);
          if (chosen !== undefined) settings.set({ language: chosen.language });
        }}
      >
        {LANGUAGES.map((one) => (
          <option
            key={one.language}
            value={one.language}
            lang={one.language}
            selected={one.language === language}
          >
            {one.name}
          </option>
        ))}
      </select>
    </label>
  );
}
