/** The six reactions, to press. */
import type { JSX } from 'preact';
import type { Reaction } from '../../../sdk/index.ts';
import { ReactionSign } from '../../stage/reaction-sign.tsx';
import { useWords } from '../../words/language.tsx';

const REACTIONS: readonly Reaction[] = ['thumbs-up', 'heart', 'laugh', 'clap', 'wow', 'party'];

export function ReactionsBar({ onReact }: { readonly onReact: (reaction: Reaction) => void }): JSX.Element {
  const t = useWords();
  return (
    <div class="reactions-bar" role="group" aria-label={t('call.reactions.title')}>
      {REACTIONS.map((reaction) => (
        <button
          key={reaction}
          type="button"
          class="reaction"
          aria-label={t(`call.reaction.${reaction}`)}
          title={t(`call.reaction.${reaction}`)}
          data-testid={`reaction-${reaction}`}
          onClick={() => onReact(reaction)}
        >
          <ReactionSign reaction={reaction} />
        </button>
      ))}
    </div>
  );
}
