import { expect, it } from 'vitest';
import { translator } from '../words/translate.ts';
import { lobbyWords } from './lobby-line.tsx';

const people = (...names: string[]): { name: string }[] => names.map((name) => ({ name }));
const en = translator('en');
const ru = translator('ru');

it('says who is in the room', () => {
  expect(lobbyWords(en, null, false)).toBe('Connecting to the server…');
  expect(lobbyWords(en, [], false)).toBe('Nobody is here yet.');
  expect(lobbyWords(en, people('Ada'), false)).toBe('In the call: Ada');
  expect(lobbyWords(en, people('Ada', 'Ben', 'Eve'), false)).toBe('In the call: Ada, Ben, and Eve');
  expect(lobbyWords(en, people('Ada', 'Ben', 'Eve', 'Kim', 'Lu'), false)).toBe(
    'In the call: Ada, Ben, Eve and 2 more',
  );
  expect(lobbyWords(ru, people('Ада', 'Бен'), false)).toBe('В звонке: Ада и Бен');
  expect(lobbyWords(ru, people('Ада', 'Бен', 'Ева', 'Ким'), false)).toBe('В звонке: Ада, Бен, Ева и ещё 1');
});

it('says that it is full', () => {
  expect(lobbyWords(en, people('Ada', 'Ben'), true)).toContain('The call is full: 2 people');
});
