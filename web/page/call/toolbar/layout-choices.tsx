/** The arrangements of the tiles, one to choose. Arrow keys move between them, as between all radio buttons. */
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { LAYOUT_CHOICES, type LayoutChoice } from '../../app/layout-choice.ts';
import { Icon, type IconName } from '../../design/icon.tsx';
import { useWords } from '../../words/language.tsx';

const ICONS: Readonly<Record<LayoutChoice, IconName>> = {
  auto: 'auto',
  grid: 'grid',
  speaker: 'speaker',
  spotlight: 'spotlight',
};

export interface LayoutChoicesProps {
  readonly layout: LayoutChoice;
  readonly onChoose: (layout: LayoutChoice) => void;
}

export function LayoutChoices({ layout, onChoose }: LayoutChoicesProps): JSX.Element {
  const t = useWords();
  const name = useId();
  return (
    <fieldset class="layout-choices">
      <legend>{t('call.layout')}</legend>
      <div class="layout-options">
        {LAYOUT_CHOICES.map((choice) => (
          <label key={choice}>
            <input
              type="radio"
              name={name}
              value={choice}
              checked={choice === layout}
              data-testid={`layout-${choice}`}
              onChange={() => onChoose(choice)}
            />
            <Icon name={ICONS[choice]} />
            <span>{t(`call.layout.${choice}`)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** The one after this, round and round. */
export function nextLayout(layout: LayoutChoice): LayoutChoice {
  return LAYOUT_CHOICES[(LAYOUT_CHOICES.indexOf(layout) + 1) % LAYOUT_CHOICES.length] ?? 'auto';
}
