/** What is left when a call is over: why, and the way back. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { LanguageChoice, TopBar } from '../app/top-bar.tsx';
import { useTitle } from '../app/looks.ts';
import type { Settings } from '../app/settings.ts';
import type { Ending } from '../app/visit.ts';
import { Button } from '../design/controls.tsx';
import { useWords } from '../words/language.tsx';
import { problemWords } from '../words/problems.ts';
import type { Translate } from '../words/translate.ts';

export interface EndedPageProps {
  readonly ending: Ending | null;
  readonly settings: Settings;
  readonly onAgain: () => void;
  readonly onHome: () => void;
}

export function EndedPage({ ending, settings, onAgain, onHome }: EndedPageProps): JSX.Element {
  const t = useWords();
  const code = ending?.code ?? 'left';
  const title = t(`start.ended.${code}`);
  const text = explanation(t, ending);
  const heading = useRef<HTMLHeadingElement | null>(null);
  useTitle(title);
  // The focus was in the call, which is gone; from here a screen reader reads on.
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="place" data-testid="ended">
      <TopBar>
        <LanguageChoice settings={settings} />
      </TopBar>
      <main class="start">
        <div class="card ended-card">
          <div class="stack-small" data-testid="end-reason" data-code={code}>
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
            {text === '' ? null : <p class="notice">{text}</p>}
          </div>
          <Button kind="primary" label={t('start.rejoin')} testId="rejoin" onPress={onAgain} />
          <Button label={t('start.another')} testId="home" onPress={onHome} />
        </div>
      </main>
    </div>
  );
}

function explanation(t: Translate, ending: Ending | null): string {
  switch (ending?.code) {
    case 'ended':
      return t('start.ended.ended.text');
    case 'taken-over':
      return t('start.ended.taken-over.text');
    case 'refused':
      return problemWords(t, ending.error);
    case 'left':
    case undefined:
      return '';
  }
}
