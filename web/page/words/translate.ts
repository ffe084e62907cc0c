/**
 * From a key and what belongs into it to a sentence in a language. Pure.
 *
 * What will surprise you: English is the source of the keys, and the compiler refuses a language that lacks one. An entry with
 * several forms is chosen by `count` with the language's own rules (Unicode CLDR, by Intl.PluralRules).
 */
import { en } from './en/index.ts';
import { ru } from './ru/index.ts';

export type Language = 'en' | 'ru';
/** One sentence, or one for each plural category; `{name}` stands for an argument. */
export type Entry =
  string | { readonly one: string; readonly few?: string; readonly many?: string; readonly other: string };
export type Key = keyof typeof en;
export type Words = Readonly<Record<Key, Entry>>;
export type Arguments = Readonly<Record<string, string | number>>;
export interface Translate {
  (key: Key, args?: Arguments): string;
  readonly language: Language;
  /** Numbers as the language writes them. */
  readonly number: (value: number, digits?: number) => string;
  /** A time of day. */
  readonly time: (atMs: number) => string;
}

export const LANGUAGES: readonly { readonly language: Language; readonly name: string }[] = [
  { language: 'en', name: 'English' },
  { language: 'ru', name: 'Русский' },
];

const WORDS: Readonly<Record<Language, Words>> = { en, ru };

/** The language that a person wants: chosen, or the first of the browser's that there is, or English. */
export function languageFor(chosen: string | null, preferred: readonly string[]): Language {
  for (const tag of [...(chosen === null ? [] : [chosen]), ...preferred]) {
    const base = tag.toLowerCase().split('-')[0];
    const found = LANGUAGES.find(({ language }) => language === base);
    if (found !== undefined) return found.language;
  }
  return 'en';
}

export function translator(language: Language): Translate {
  const plural = new Intl.PluralRules(language);
  const time = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' });
  const numbers = new Map<number, Intl.NumberFormat>();
  const number = (value: number, digits = 0): string => {
    let format = numbers.get(digits);
    if (format === undefined) {
      format = new Intl.NumberFormat(language, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });
      numbers.set(digits, format);
    }
    return format.format(value);
  };
  const translate = (key: Key, args: Arguments = {}): string => {
    const entry: Entry = WORDS[language][key];
    const count = args['count'];
    const text =
      typeof entry === 'string'
        ? entry
        : form(entry, typeof count === 'number' ? plural.select(count) : 'other');
    return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = args[name];
      return typeof value === 'number' ? number(value) : (value ?? '');
    });
  };
  return Object.assign(translate, { language, number, time: (atMs: number) => time.format(atMs) });
}

/** Whether a text, for example a code of the server, names a sentence of ours. */
export function isKey(text: string): text is Key {
  return Object.hasOwn(en, text);
}

function form(entry: Exclude<Entry, string>, category: Intl.LDMLPluralRule): string {
  if (category === 'one') return entry.one;
  if (category === 'few') return entry.few ?? entry.other;
  if (category === 'many') return entry.many ?? entry.other;
  return entry.other;
}
