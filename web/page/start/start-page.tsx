/** The first page: make a call, or open one by its link. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { RequestRefused } from '../../sdk/errors.ts';
import { LanguageChoice, TopBar } from '../app/top-bar.tsx';
import { useTitle } from '../app/looks.ts';
import type { Settings } from '../app/settings.ts';
import { Button, Field } from '../design/controls.tsx';
import { createRoom } from '../rooms-api.ts';
import { useWords } from '../words/language.tsx';
import { problemWords } from '../words/problems.ts';
import type { Translate } from '../words/translate.ts';
import { roomOf } from './room-of.ts';

export interface StartPageProps {
  readonly settings: Settings;
  /** Where the token for making calls is kept. */
  readonly token: { token: string | null };
  /** The link that led here lacked its key. */
  readonly brokenLink: boolean;
  readonly onRoom: (room: string) => void;
}

export function StartPage({ settings, token, brokenLink, onRoom }: StartPageProps): JSX.Element {
  const t = useWords();
  useTitle('');
  return (
    <div class="place">
      <TopBar>
        <LanguageChoice settings={settings} />
      </TopBar>
      <main class="start">
        <span class="mark large" aria-hidden="true" />
        <h1>{brokenLink ? t('start.broken-link.title') : 'CommuCat'}</h1>
        <p class="lead">{brokenLink ? t('start.broken-link') : t('start.lead')}</p>
        <div class="card start-card">
          <NewCall token={token} onRoom={onRoom} />
          <p class="divider">
            <span>{t('start.or')}</span>
          </p>
          <OpenLink onRoom={onRoom} />
        </div>
        <a class="quiet-link" href="/test">
          {t('common.test-connection')}
        </a>
      </main>
    </div>
  );
}

type Making = 'no' | 'yes' | { readonly failed: unknown };

function NewCall({ token, onRoom }: Pick<StartPageProps, 'token' | 'onRoom'>): JSX.Element {
  const t = useWords();
  const [making, setMaking] = useState<Making>('no');
  const [typed, setTyped] = useState('');
  const field = useRef<HTMLInputElement | null>(null);
  const failure = typeof making === 'object' ? making.failed : null;
  const needsToken = isUnauthorized(failure);
  const [asks, setAsks] = useState(false);
  useEffect(() => {
    if (asks) field.current?.focus();
  }, [asks]);

  const create = async (): Promise<void> => {
    if (making === 'yes') return;
    setMaking('yes');
    if (typed.trim() !== '') token.token = typed.trim();
    try {
      onRoom(await createRoom(token.token));
    } catch (error) {
      setMaking({ failed: error });
      if (isUnauthorized(error)) setAsks(true);
    }
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      {asks ? (
        <Field label={t('start.token')}>
          <input
            ref={field}
            type="password"
            name="token"
            autocomplete="off"
            data-testid="create-token"
            value={typed}
            aria-describedby="start-status"
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </Field>
      ) : null}
      <Button
        kind="primary"
        icon="plus"
        label={t('start.new-call')}
        testId="new-call"
        disabled={making === 'yes'}
      />
      <p
        id="start-status"
        role="status"
        class="notice"
        data-kind={failure !== null && (!needsToken || typed !== '') ? 'warn' : undefined}
        data-testid="start-status"
      >
        {making === 'yes'
          ? t('start.making')
          : failure === null
            ? ''
            : refusalWords(t, failure, typed !== '')}
      </p>
    </form>
  );
}

function OpenLink({ onRoom }: Pick<StartPageProps, 'onRoom'>): JSX.Element {
  const t = useWords();
  const [typed, setTyped] = useState('');
  const [refused, setRefused] = useState(false);
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        const room = roomOf(typed);
        setRefused(room === null);
        if (room !== null) onRoom(room);
      }}
    >
      <div class="field-and-button">
        <Field label={t('start.link')}>
          <input
            name="link"
            inputMode="url"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            data-testid="link"
            value={typed}
            aria-invalid={refused}
            aria-describedby="link-status"
            onInput={(event) => {
              setTyped(event.currentTarget.value);
              setRefused(false);
            }}
          />
        </Field>
        <Button label={t('start.open')} testId="open-link" />
      </div>
      <p id="link-status" role="status" class="notice" data-kind="warn">
        {refused ? t('start.not-a-link') : ''}
      </p>
    </form>
  );
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof RequestRefused && error.problem.status === 401;
}

function refusalWords(t: Translate, error: unknown, tokenTyped: boolean): string {
  if (!isUnauthorized(error)) return problemWords(t, error);
  return t(tokenTyped ? 'start.token-wrong' : 'start.token-needed');
}
