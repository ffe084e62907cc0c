/** Turns the pages of tiles where there are too many for one. */
import type { JSX } from 'preact';
import { useWords } from '../words/language.tsx';
import { RoundButton } from '../design/controls.tsx';
import type { Box } from './arrangement.ts';

export interface PagerProps {
  readonly box: Box;
  /** From 0. */
  readonly page: number;
  readonly pages: number;
  readonly onTurn: (page: number) => void;
}

export function Pager({ box, page, pages, onTurn }: PagerProps): JSX.Element {
  const t = useWords();
  const { x, y, width, height } = box;
  return (
    <div
      class="pager"
      role="group"
      aria-label={t('details.page.now', { page: page + 1, pages })}
      data-testid="pager"
      style={{ transform: `translate(${x}px,${y}px)`, width: `${width}px`, height: `${height}px` }}
    >
      <RoundButton
        icon="before"
        label={t('details.page.before')}
        testId="page-before"
        onPress={() => onTurn((page + pages - 1) % pages)}
      />
      <span aria-live="polite">{t('details.page.now', { page: page + 1, pages })}</span>
      <RoundButton
        icon="next"
        label={t('details.page.next')}
        testId="page-next"
        onPress={() => onTurn((page + 1) % pages)}
      />
    </div>
  );
}
