/**
 * The calm line, over the tiles, so that nothing moves when it speaks.
 *
 * What will surprise you: the element that screen readers watch is always there; only its words come and go.
 */
import type { JSX } from 'preact';
import { Button } from '../design/controls.tsx';
import { useWords } from '../words/language.tsx';
import type { Key } from '../words/translate.ts';
import type { Remedy, Status } from './status.ts';

const REMEDY_WORDS = {
  invite: 'call.invite',
  retry: 'call.device.retry',
  'end-test-network': 'call.test-network.end',
} as const satisfies Readonly<Record<Remedy['of'], Key>>;

export interface StatusLineProps {
  readonly status: Status;
  readonly onRemedy: (remedy: Remedy) => void;
}

export function StatusLine({ status: { text, tone, remedy }, onRemedy }: StatusLineProps): JSX.Element {
  const t = useWords();
  return (
    <div class="status-line" data-tone={tone} data-empty={text === ''}>
      {tone === 'busy' ? <span class="status-dots" aria-hidden="true" /> : null}
      <p role="status" data-testid="status">
        {text}
      </p>
      {remedy === null ? null : (
        <Button
          kind="quiet"
          label={t(REMEDY_WORDS[remedy.of])}
          testId="status-remedy"
          onPress={() => onRemedy(remedy)}
        />
      )}
    </div>
  );
}
