/**
 * The server's reasons in the language of the page: from a code and its arguments to a sentence (docs/protocol/reasons.md). Pure.
 *
 * What will surprise you: in English the server's own sentence is shown wherever there is one: it knows a little more than its code
 * says. A code that this page does not know shows that sentence in every language.
 */
import type { Why } from '../../sdk/index.ts';
import { type Arguments, type Translate, isKey } from '../words/translate.ts';

/** Arguments that are lists of codecs, joined by a comma on the wire. */
const LISTS: ReadonlySet<string> = new Set(['receives', 'sends']);

/** @param fallback The server's sentence in English; empty where there is none. */
export function whyWords(t: Translate, why: Why | null, fallback: string): string {
  if (why === null || (t.language === 'en' && fallback !== '')) return fallback;
  const transcodedLater = why.code === 'switch-pending' && why.args['codec'] !== why.args['next'];
  const key = `details.why.${transcodedLater ? 'switch-pending-transcoded' : why.code}`;
  if (!isKey(key)) return fallback;
  const args: Record<string, Arguments[string]> = {};
  for (const [name, value] of Object.entries(why.args)) {
    if (LISTS.has(name)) args[name] = listWords(t, String(value));
    else if (name === 'kind') args[name] = t(value === 'audio' ? 'details.kind.audio' : 'details.kind.video');
    else args[name] = value;
  }
  return t(key, args);
}

function listWords(t: Translate, joined: string): string {
  const items = joined.split(', ').filter((item) => item !== '');
  const last = items.pop() ?? t('details.nothing');
  return items.length === 0 ? last : `${items.join(', ')}${t('details.and')}${last}`;
}

/** As a sentence by itself: with a capital letter and a full stop. */
export function asSentence(words: string): string {
  return words === '' ? '' : `${words.charAt(0).toLocaleUpperCase()}${words.slice(1)}.`;
}
