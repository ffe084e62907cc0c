import { describe, expect, it } from 'vitest';
import { message } from '../testing/doubles.ts';
import { groupsOf } from './groups.ts';

describe('groupsOf', () => {
  it('joins what one person wrote without a long pause', () => {
    const groups = groupsOf([
      message('1', 'ada', 'a', 0),
      message('2', 'ada', 'b', 60_000),
      message('3', 'ben', 'c', 61_000),
      message('4', 'ada', 'd', 62_000),
      message('5', 'ada', 'e', 62_000 + 5 * 60_000),
    ]);
    expect(groups.map(({ id, messages }) => [id, messages.map(({ text }) => text).join('')])).toEqual([
      ['1', 'ab'],
      ['3', 'c'],
      ['4', 'd'],
      ['5', 'e'],
    ]);
  });

  it('begins anew where the name is another one', () => {
    const renamed = { ...message('2', 'ada', 'b', 1), name: 'Ada L.' };
    expect(groupsOf([message('1', 'ada', 'a'), renamed])).toHaveLength(2);
  });
});
