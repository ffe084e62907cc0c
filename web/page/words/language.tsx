/**
 * The page's language: which one, and the words in it.
 *
 * What will surprise you: `useWords()` gives a function that is another one after the language changed, so that everything that
 * shows words is drawn again.
 */
import { type ComponentChildren, type JSX, createContext } from 'preact';
import { useContext, useEffect, useMemo } from 'preact/hooks';
import { type Language, type Translate, translator } from './translate.ts';

const Words = createContext<Translate>(translator('en'));

export interface LanguageProviderProps {
  readonly language: Language;
  readonly children: ComponentChildren;
}

export function LanguageProvider({ language, children }: LanguageProviderProps): JSX.Element {
  const translate = useMemo(() => translator(language), [language]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return <Words.Provider value={translate}>{children}</Words.Provider>;
}

/** The words of the page in its present language: `t('prejoin.join')`, `t('people.count', { count: 3 })`. */
export function useWords(): Translate {
  return useContext(Words);
}
