/** The details of a tile that is too small for them, above the stage. */
import type { JSX } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { RoundButton } from '../design/controls.tsx';
import { useWords } from '../words/language.tsx';
import type { Member } from './cast.ts';
import { Details } from './details.tsx';
import type { StatsHub } from './stats-hub.ts';
import { labelOf } from './tile.tsx';

export interface DetailsSheetProps {
  readonly member: Member;
  readonly hub: StatsHub;
  readonly onClose: () => void;
}

export function DetailsSheet({ member, hub, onClose }: DetailsSheetProps): JSX.Element {
  const t = useWords();
  const id = useId();
  const sheet = useRef<HTMLElement | null>(null);
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const element = sheet.current;
    element?.querySelector('button')?.focus();
    return () => {
      // Back to where the keyboard was, unless it went elsewhere meanwhile.
      const focused = document.activeElement;
      const isLost = focused === document.body || (element?.contains(focused) ?? false);
      if (opener instanceof HTMLElement && isLost) opener.focus();
    };
  }, []);
  return (
    <section
      ref={sheet}
      class="details-sheet"
      aria-labelledby={`${id}-title`}
      data-testid="details-sheet"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header>
        <h2 id={`${id}-title`}>{labelOf(t, member)}</h2>
        <RoundButton icon="close" label={t('common.close')} testId="details-close" onPress={onClose} />
      </header>
      <Details id={id} member={member} hub={hub} />
    </section>
  );
}
