/**
 * Says others' reactions for screen readers; they are seen over the tiles.
 *
 * What will surprise you: no more than one is said every few seconds, or twenty people clapping would drown everything else. Owns its
 * listener and its timer.
 */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Call, Reaction } from '../../../sdk/index.ts';
import { useWords } from '../../words/language.tsx';

export type ReactingCall = Pick<Call, 'on' | 'participants'>;

interface Heard {
  readonly name: string;
  readonly reaction: Reaction;
}

const HEARD_EVERY_MS = 4_000;

export function ReactionVoice({ call }: { readonly call: ReactingCall }): JSX.Element {
  const t = useWords();
  const [heard, setHeard] = useState<Heard | null>(null);
  useEffect(() => {
    let timer: number | null = null;
    const off = call.on('reaction', ({ participantId, reaction }) => {
      const person = call.participants.find((one) => one.participant_id === participantId);
      if (person === undefined || timer !== null) return;
      setHeard({ name: person.name, reaction });
      timer = window.setTimeout(() => {
        timer = null;
        setHeard(null);
      }, HEARD_EVERY_MS);
    });
    return () => {
      off();
      if (timer !== null) window.clearTimeout(timer);
    };
  }, [call]);
  return (
    <p class="only-read" aria-live="polite" data-testid="reaction-heard">
      {heard === null
        ? ''
        : t('call.reaction.said', { name: heard.name, reaction: t(`call.reaction.${heard.reaction}`) })}
    </p>
  );
}
