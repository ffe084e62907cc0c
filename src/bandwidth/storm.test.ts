import { describe, expect, it } from 'vitest';
import { StormRelief } from './storm.ts';

const STORM = { sentBps: 400_000, resentBps: 1_900_000 };
const CALM = { sentBps: 400_000, resentBps: 40_000 };

/** When relief was on, looking each half second. */
function reliefs(looks: readonly { sentBps: number; resentBps: number }[]): readonly boolean[] {
  const relief = new StormRelief();
  return looks.map((sample, index) => {
    relief.look(index * 500, sample);
    return relief.active(index * 500);
  });
}

describe('retransmissions that feed on themselves', () => {
  it('end the picture for a moment, once', () => {
    expect(reliefs([CALM, STORM, CALM, CALM, CALM])).toEqual([false, true, true, false, false]);
  });

  it('are no storm where little is sent again', () => {
    expect(
      reliefs([CALM, { sentBps: 500_000, resentBps: 1_400_000 }, { sentBps: 50_000, resentBps: 900_000 }]),
    ).toEqual([false, false, false]);
  });

  it('are relieved less and less often where that does not help', () => {
    const starts = reliefs(Array.from({ length: 200 }, () => STORM)).flatMap((on, index, all) =>
      on && all[index - 1] !== true ? [index / 2] : [],
    );
    // Relief of 0.9 s, then 10, 20 and twice 40 s, at looks half a second apart.
    expect(starts).toEqual([0, 11, 32, 73]);
  });

  it('are relieved at once again after a quiet time', () => {
    const relief = new StormRelief();
    for (let atMs = 0; atMs < 40_000; atMs += 500) relief.look(atMs, STORM);
    relief.look(200_000, STORM);
    expect(relief.active(200_000)).toBe(true);
    relief.look(211_000, STORM);
    expect(relief.active(211_000)).toBe(true);
  });
});
