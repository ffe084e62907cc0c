/** The list of keyboard shortcuts. */
import { Fragment, type JSX } from 'preact';
import { Dialog } from '../design/surfaces.tsx';
import { useWords } from '../words/language.tsx';
import { ACTIONS, waysTo } from './shortcuts.ts';

export function HelpDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const t = useWords();
  return (
    <Dialog title={t('call.shortcuts')} testId="help" onClose={onClose}>
      <ShortcutList />
    </Dialog>
  );
}

/** What does what, without a frame around it. */
export function ShortcutList(): JSX.Element {
  const t = useWords();
  const mac = /mac|iphone|ipad/i.test(navigator.userAgent);
  return (
    <dl class="shortcuts" data-testid="shortcuts">
      {ACTIONS.map((action) => (
        <Row key={action} words={t(`call.shortcut.${action}`)} ways={waysTo(action, mac)} />
      ))}
      <Row words={t('call.shortcut.talk')} ways={[[t('call.key.space')]]} />
      <Row words={t('call.shortcut.close')} ways={[[t('call.key.escape')]]} />
    </dl>
  );
}

interface RowProps {
  readonly words: string;
  readonly ways: readonly (readonly string[])[];
}

function Row({ words, ways }: RowProps): JSX.Element {
  const t = useWords();
  return (
    <div>
      <dt>{words}</dt>
      <dd>
        {ways.map((keys, index) => (
          <Fragment key={keys.join('+')}>
            {index === 0 ? null : ` ${t('call.key.or')} `}
            {keys.map((key, place) => (
              <Fragment key={key}>
                {place === 0 ? null : ' + '}
                <kbd>{key}</kbd>
              </Fragment>
            ))}
          </Fragment>
        ))}
      </dd>
    </div>
  );
}
