/**
 * Finds the web addresses in what a person wrote. Pure.
 *
 * What will surprise you: only `http:` and `https:` become links, whatever else looks like one; punctuation that ends a sentence
 * is not part of an address, nor is a closing bracket that was not opened inside it.
 */

export type Part =
  { readonly text: string; readonly href: null } | { readonly text: string; readonly href: string };

const CANDIDATE = /\bhttps?:\/\/[^\s<>"]+/giu;
const SENTENCE_END = new Set(".,;:!?…'”’»*");
const BRACKETS: readonly (readonly [string, string])[] = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
];

/** @returns The whole text, in parts; their texts joined are the text again. */
export function partsOf(text: string): readonly Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const { 0: candidate, index } of text.matchAll(CANDIDATE)) {
    const address = trimmed(candidate);
    const href = hrefOf(address);
    if (href === null) continue;
    if (index > from) parts.push({ text: text.slice(from, index), href: null });
    parts.push({ text: address, href });
    from = index + address.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), href: null });
  return parts;
}

function trimmed(candidate: string): string {
  // How many closing brackets of each kind have no opening one.
  const loose = new Map(
    BRACKETS.map(([open, close]) => [close, count(candidate, close) - count(candidate, open)]),
  );
  let end = candidate.length;
  for (; end > 0; end--) {
    const last = candidate.charAt(end - 1);
    if (SENTENCE_END.has(last)) continue;
    const spare = loose.get(last) ?? 0;
    if (spare <= 0) break;
    loose.set(last, spare - 1);
  }
  return candidate.slice(0, end);
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1;
}

function hrefOf(address: string): string | null {
  try {
    const url = new URL(address);
    return (url.protocol === 'http:' || url.protocol === 'https:') && url.host !== '' ? url.href : null;
  } catch {
    return null;
  }
}
