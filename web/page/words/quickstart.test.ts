import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { en } from './en/index.ts';
import { ru } from './ru/index.ts';

/** What a document tells its reader to press: what it sets in bold. */
function pressed(document: string): string[] {
  const text = readFileSync(new URL(`../../../docs/${document}`, import.meta.url), 'utf8');
  return [...text.matchAll(/\*\*«?([^*»]+)»?\*\*/g)].map((match) => match[1] ?? '');
}

describe('the quickstart', () => {
  it.each([
    ['quickstart.md', en],
    ['quickstart.ru.md', ru],
  ])('%s names what to press as the page does', (document, words) => {
    const names = pressed(document);
    expect(names.length).toBeGreaterThan(3);
    const known = Object.values(words);
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
  });
});
