/** The whole page: which place is shown, in which language and theme. */
import type { JSX } from 'preact';
import { useCallback, useMemo } from 'preact/hooks';
import { readSwitches } from '../address.ts';
import type { CheckPageProps } from '../check/check-page.tsx';
import { memory } from '../memory.ts';
import { StartPage } from '../start/start-page.tsx';
import { LanguageProvider } from '../words/language.tsx';
import { CallPlace } from './call-place.tsx';
import { Lazy, lazyPart } from './lazy.tsx';
import { useSettings, useTheme } from './looks.ts';
import type { Settings } from './settings.ts';
import { usePlace } from './use-place.ts';

const checkPage = lazyPart<CheckPageProps>(async () => (await import('../check/check-page.tsx')).CheckPage);

export function App({ settings }: { readonly settings: Settings }): JSX.Element {
  const { language, theme } = useSettings(settings);
  useTheme(theme);
  return (
    <LanguageProvider language={language}>
      <Place settings={settings} />
    </LanguageProvider>
  );
}

function Place({ settings }: { readonly settings: Settings }): JSX.Element {
  const { place, go } = usePlace();
  const switches = useMemo(() => readSwitches(location.search), []);
  const openCall = useCallback((room: string) => go(`/call${location.search}#${room}`), [go]);
  const goHome = useCallback(() => go('/'), [go]);
  switch (place.view) {
    case 'call':
      return (
        <CallPlace
          key={place.room}
          room={place.room}
          switches={switches}
          settings={settings}
          onHome={goHome}
        />
      );
    case 'test':
      return <Lazy part={checkPage} props={{ settings }} />;
    case 'start':
    case 'broken-link':
      return (
        <StartPage
          key={place.view}
          settings={settings}
          token={memory}
          brokenLink={place.view === 'broken-link'}
          onRoom={openCall}
        />
      );
  }
}
