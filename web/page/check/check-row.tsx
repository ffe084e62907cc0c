/** One check of the connection test: its name, its state, how long it took, and what it means. */
import type { JSX } from 'preact';
import type { CheckId, CheckResult } from '../../sdk/probe.ts';
import { Icon, type IconName } from '../design/icon.tsx';
import { useWords } from '../words/language.tsx';
import { type Key, isKey } from '../words/translate.ts';
import { type RowState, rowState } from './verdict.ts';

const MARKS: Readonly<Record<RowState, IconName>> = {
  waiting: 'more',
  running: 'more',
  ok: 'check',
  limited: 'warn',
  failed: 'close',
  skipped: 'minus',
};

/** What a finding means; some mean another thing in some rows. Pure. */
export function meaningOf(id: CheckId, detail: Exclude<CheckResult['detail'], 'running'>): Key {
  const special = `check.${detail}.${id}`;
  return isKey(special) ? special : `check.detail.${detail}`;
}

export interface CheckRowProps {
  readonly id: CheckId;
  /** Null: its turn has not come. */
  readonly result: CheckResult | null;
}

export function CheckRow({ id, result }: CheckRowProps): JSX.Element {
  const t = useWords();
  const state = rowState(result);
  const { detail, rttMs } = result ?? { detail: 'running', rttMs: null };
  return (
    <li
      class="check-row"
      data-testid="test-row"
      data-test-id={id}
      data-state={result?.state ?? 'waiting'}
      data-mark={state}
    >
      <span class="check-mark">
        <Icon name={MARKS[state]} />
      </span>
      <div>
        <h2>{t(`check.${id}`)}</h2>
        {detail === 'running' ? null : <p>{t(meaningOf(id, detail))}</p>}
      </div>
      <span class="check-state">
        {rttMs === null ? null : <span>{t('check.ms', { ms: t.number(rttMs, rttMs < 10 ? 1 : 0) })}</span>}
        <span class={rttMs === null ? 'check-state-words' : 'only-read'}>{t(`check.state.${state}`)}</span>
      </span>
    </li>
  );
}
