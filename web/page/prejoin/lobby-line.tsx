/** Who is in the room already, in one line. */
import type { JSX } from 'preact';
import type { LobbyPerson } from '../../sdk/index.ts';
import { initialOf } from '../view/initial.ts';
import { useWords } from '../words/language.tsx';
import type { Translate } from '../words/translate.ts';

const NAMED = 3;

export interface LobbyLineProps {
  /** Null: not known yet. */
  readonly people: readonly LobbyPerson[] | null;
  readonly isFull: boolean;
}

export function LobbyLine({ people, isFull }: LobbyLineProps): JSX.Element {
  const t = useWords();
  return (
    <p class="lobby" role="status" data-testid="lobby" data-kind={isFull ? 'full' : undefined}>
      {people === null ? null : <Initials people={people} />}
      <span>{lobbyWords(t, people, isFull)}</span>
    </p>
  );
}

function Initials({ people }: { readonly people: readonly LobbyPerson[] }): JSX.Element {
  return (
    <span class="initials" aria-hidden="true">
      {people.slice(0, NAMED).map(({ name }, index) => (
        <span key={index} class="initial">
          {initialOf(name)}
        </span>
      ))}
    </span>
  );
}

/** The sentence, or nothing while it is not known. Pure. */
export function lobbyWords(t: Translate, people: readonly LobbyPerson[] | null, isFull: boolean): string {
  if (people === null) return t('prejoin.connecting');
  if (isFull) return t('prejoin.lobby.full', { count: people.length });
  if (people.length === 0) return t('prejoin.lobby.nobody');
  const names = people.slice(0, NAMED).map(({ name }) => name);
  if (people.length > NAMED) {
    return t('prejoin.lobby.more', { names: names.join(', '), count: people.length - NAMED });
  }
  return t('prejoin.lobby.names', { names: new Intl.ListFormat(t.language).format(names) });
}
