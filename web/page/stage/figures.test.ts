/** What plots and rows make of numbers. */
import { describe, expect, it } from 'vitest';
import { translator } from '../words/translate.ts';
import { codecLabel, initialsOf, lossWords, tintOf } from './figure-words.ts';
import { HISTORY_SECONDS, History } from './history.ts';
import { niceTop, plotPath, spanOf } from './plot.ts';

const NONE = Number.NaN;
const values = (...list: readonly number[]): Float32Array => Float32Array.from(list);

describe('History', () => {
  it('keeps the last minute, oldest first, and says what was not measured', () => {
    const history = new History();
    for (let second = 0; second < HISTORY_SECONDS + 5; second++) {
      history.add({ bitrate: second, rate: null, loss: 0, rtt: second % 2 === 0 ? null : 7 });
    }
    const bitrate = history.values('bitrate');
    expect([bitrate.length, bitrate[0], bitrate.at(-1)]).toEqual([HISTORY_SECONDS, 5, HISTORY_SECONDS + 4]);
    expect(history.values('rate').every(Number.isNaN)).toBe(true);
    expect(spanOf(history.values('rtt'))).toEqual({ lowest: 7, highest: 7, last: 7 });
  });
});

describe('plots', () => {
  it('have a round top above every value', () => {
    expect(niceTop(values(1_200_000, NONE, 800_000), 100_000)).toBe(2_000_000);
    expect(niceTop(values(), 0.02)).toBe(0.02);
    expect(niceTop(values(0.5), 0.02)).toBe(0.5);
    expect(niceTop(values(50), 50)).toBe(50);
  });

  it('run from the left to the right edge, and leave gaps', () => {
    expect(plotPath(values(0, 10, 5), 10, 100, 20)).toBe('M0 20L50 0L100 10');
    expect(plotPath(values(0, 0, NONE, 10, 10), 10, 100, 20)).toBe('M0 20L25 20M75 0L100 0');
    expect(plotPath(values(NONE, 4, NONE), 4, 100, 20)).toBe('M50 0h.01');
    expect(plotPath(values(NONE, NONE), 4, 100, 20)).toBe('');
    // A value above the top stays inside.
    expect(plotPath(values(8, 8), 4, 100, 20)).toBe('M0 0L100 0');
  });

  it('have their span in words', () => {
    expect(spanOf(values(NONE, 3, 1, NONE, 2, NONE))).toEqual({ lowest: 1, highest: 3, last: 2 });
    expect(spanOf(values(NONE))).toBeNull();
  });
});

describe('words of figures', () => {
  it('are written as the language does', () => {
    expect(lossWords(translator('en'), 0.0123, 4_567)).toBe('1.2 % (4,567 in all)');
    expect(lossWords(translator('ru'), 0.0123, 7)).toBe('1,2 % (всего 7)');
    expect([codecLabel('H264'), codecLabel('VP8')]).toEqual(['H.264', 'VP8']);
  });

  it('take letters for a person from any name', () => {
    expect(['Ada Lovelace', ' дарья ', '👩‍🚀 Sam', 'a b c', '  '].map(initialsOf)).toEqual([
      'AL',
      'Д',
      '👩‍🚀S',
      'AB',
      '?',
    ]);
    expect(tintOf('Ada', 8)).toBe(tintOf('Ada', 8));
    expect(tintOf('', 8)).toBe(0);
  });
});
