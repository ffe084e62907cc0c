/** Says for screen readers who came, left and raised a hand. Nothing of it is seen. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Participant } from '../../sdk/index.ts';
import { useWords } from '../words/language.tsx';
import { changeWords } from './people/changes.ts';

export function Announcer({ others }: { readonly others: readonly Participant[] }): JSX.Element {
  const t = useWords();
  const before = useRef(others);
  const [words, setWords] = useState('');
  useEffect(() => {
    const news = changeWords(t, before.current, others);
    before.current = others;
    if (news !== '') setWords(news);
  }, [others]);
  return (
    <p class="only-read" aria-live="polite" data-testid="announcer">
      {words}
    </p>
  );
}
