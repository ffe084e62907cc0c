/** The remaining time is what the work so far took for each unit, and work that falls away is no longer waited for. */
import { describe, expect, it } from 'vitest';
import { Progress } from './progress.ts';

describe('progress', () => {
  it('says the share that is done and the time that is left', () => {
    const said: string[] = [];
    let nowMs = 5000;
    const progress = new Progress(
      100,
      (line) => said.push(line),
      () => nowMs,
    );
    nowMs += 10_000;
    progress.step(10, 'first');
    const part = progress.part(40, 'second');
    nowMs += 10_000;
    part.step(10);
    // It failed: its other 30 units are not to come.
    part.end();
    nowMs += 35_000;
    progress.step(35, 'third');
    expect(said).toEqual([
      ' 10 %  first  (2 min left)',
      ' 20 %  second  (80 s left)',
      ' 79 %  third  (15 s left)',
    ]);
  });
});
