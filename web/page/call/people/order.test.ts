import { describe, expect, it } from 'vitest';
import { translator } from '../../words/translate.ts';
import { person } from '../testing/doubles.ts';
import { changeWords } from './changes.ts';
import { inOrder, marksOf } from './order.ts';

describe('inOrder', () => {
  it('lists raised hands first, the longest raised before the others, then by place', () => {
    const people = [
      person('d', { joined_at: 1, hand_raised_at: 90 }),
      person('a', { joined_at: 30 }),
      person('c', { joined_at: 20, hand_raised_at: 80 }),
      person('b', { joined_at: 10 }),
    ];
    expect(inOrder(people).map(({ participant_id }) => participant_id)).toEqual(['c', 'd', 'b', 'a']);
    expect(people.map(({ participant_id }) => participant_id)).toEqual(['d', 'a', 'c', 'b']);
  });

  it('is the same order whatever came first, also for those who came at once', () => {
    const a = person('a', { joined_at: 5 });
    const b = person('b', { joined_at: 5 });
    expect(inOrder([a, b])).toEqual(inOrder([b, a]));
  });
});

describe('marksOf', () => {
  it('takes a paused source for one that is off', () => {
    const source = (source: 'microphone' | 'camera' | 'screen', paused: boolean) => ({
      source_id: source,
      source,
      kind: 'video' as const,
      paused,
    });
    expect(marksOf(person('a', { sources: [source('microphone', true), source('camera', false)] }))).toEqual({
      speaks: false,
      shows: true,
      shares: false,
    });
    expect(marksOf(person('a', { sources: [source('screen', false)] })).shares).toBe(true);
  });
});

describe('changeWords', () => {
  const t = translator('en');
  const ada = person('1', { name: 'Ada' });
  const ben = person('2', { name: 'Ben' });

  it('says who came, left and raised a hand', () => {
    expect(changeWords(t, [], [ada])).toBe('Ada is here.');
    expect(changeWords(t, [ada, ben], [ben])).toBe('Ada has left.');
    expect(changeWords(t, [ada], [{ ...ada, hand_raised_at: 5 }])).toBe('Ada raised a hand.');
    expect(changeWords(t, [ada], [ben])).toBe('Ben is here. Ada has left.');
  });

  it('counts where it is many, and is silent about everything else', () => {
    expect(changeWords(t, [], [ada, ben])).toBe('2 people came.');
    expect(changeWords(t, [{ ...ada, hand_raised_at: 5 }], [{ ...ada, quality: 'poor' }])).toBe('');
  });
});
