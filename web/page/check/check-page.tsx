/** The connection test: one row for each thing that a call needs, what it means, and what to do. */
import type { JSX } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { type CheckResult, CHECKS, testConnection } from '../../sdk/probe.ts';
import { webSocketPipe } from '../../sdk/socket.ts';
import { connectUrl } from '../app/connect-url.ts';
import { useTitle } from '../app/looks.ts';
import type { Settings } from '../app/settings.ts';
import { LanguageChoice, TopBar } from '../app/top-bar.tsx';
import { Button } from '../design/controls.tsx';
import { useWords } from '../words/language.tsx';
import { CheckRow } from './check-row.tsx';
import { reportOf } from './report.ts';
import { type Verdict, verdictOf } from './verdict.ts';

export interface CheckPageProps {
  readonly settings: Settings;
  /** How the test is run; for tests of this page. */
  readonly run?: typeof testConnection;
}

type Results = ReadonlyMap<CheckResult['id'], CheckResult>;

export function CheckPage({ settings, run = testConnection }: CheckPageProps): JSX.Element {
  const t = useWords();
  useTitle(t('check.title'));
  const [results, setResults] = useState<Results>(new Map());
  const [round, setRound] = useState(0);
  const [running, setRunning] = useState<AbortController | null>(null);
  useEffect(() => {
    const stopping = new AbortController();
    const { signal } = stopping;
    let wanted = true;
    setResults(new Map());
    setRunning(stopping);
    void run({
      open: webSocketPipe(connectUrl()),
      signal,
      onResult: (result) => {
        if (wanted) setResults((before) => new Map(before).set(result.id, result));
      },
    }).then(() => {
      if (wanted) setRunning(null);
    });
    return () => {
      wanted = false;
      stopping.abort();
    };
  }, [round, run]);
  const list = [...results.values()];
  const verdict = running === null && list.length > 0 ? verdictOf(list) : null;
  return (
    <div class="place">
      <TopBar>
        <LanguageChoice settings={settings} />
      </TopBar>
      <main class="check-page">
        <h1>{t('check.title')}</h1>
        <p class="notice">{t('check.lead')}</p>
        <VerdictLine verdict={verdict} />
        <ul class="check-rows">
          {CHECKS.map((id) => (
            <CheckRow key={id} id={id} result={results.get(id) ?? null} />
          ))}
        </ul>
        <div class="check-actions">
          {running === null ? (
            <Button
              kind="primary"
              label={t('check.again')}
              testId="test-again"
              onPress={() => setRound((before) => before + 1)}
            />
          ) : (
            <Button label={t('check.stop')} testId="test-stop" onPress={() => running.abort()} />
          )}
          {verdict === null ? null : <CopyReport results={list} />}
        </div>
      </main>
    </div>
  );
}

function VerdictLine({ verdict }: { readonly verdict: Verdict | null }): JSX.Element {
  const t = useWords();
  return (
    <p class="check-verdict" role="status" data-testid="test-verdict" data-verdict={verdict ?? 'running'}>
      {verdict === null ? t('check.running') : t(`check.verdict.${verdict}`)}
    </p>
  );
}

function CopyReport({ results }: { readonly results: readonly CheckResult[] }): JSX.Element {
  const t = useWords();
  const [state, setState] = useState<'no' | 'copied' | 'not-copied'>('no');
  const report = reportOf(results, {
    origin: location.origin,
    browser: navigator.userAgent,
    at: new Date(),
  });
  const copy = useCallback(async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(report);
      setState('copied');
    } catch {
      // Absent on insecure pages, or forbidden.
      setState('not-copied');
    }
  }, [report]);
  return (
    <>
      <Button icon="copy" label={t('check.copy')} testId="copy-report" onPress={() => void copy()} />
      <p role="status" class="notice">
        {state === 'no' ? '' : t(`check.${state}`)}
      </p>
      {state === 'not-copied' ? (
        <textarea class="check-report" readOnly rows={12} aria-label={t('check.report')} value={report} />
      ) : null}
    </>
  );
}
