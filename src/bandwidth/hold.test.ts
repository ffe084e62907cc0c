import { describe, expect, it } from 'vitest';
import { FIRST_TRY_MS, type Fit, LONGEST_TRY_MS, StreamHold, UP_AFTER_MS } from './hold.ts';

const LOOK_MS = 500;
const FITS: Fit = { fits: true, mostImportant: false, fitsSurely: true, step: null, stepSurely: null };
const BARELY: Fit = { ...FITS, fitsSurely: false };
const TOO_LITTLE: Fit = { ...FITS, fits: false, fitsSurely: false };
const layers = (step: number | null, stepSurely: number | null): Fit => ({ ...FITS, step, stepSurely });

/** Looks twice a second from a time on. @returns what the stream was at each look */
function look(hold: StreamHold, fromMs: number, fits: readonly Fit[]): readonly boolean[] {
  return fits.map((fit, index) => hold.look(fromMs + index * LOOK_MS, fit).held);
}

describe('holding a picture back', () => {
  it('takes four looks in a row', () => {
    const hold = new StreamHold();
    const three = [TOO_LITTLE, TOO_LITTLE, TOO_LITTLE];
    expect(look(hold, 0, [...three, FITS, ...three]).includes(true)).toBe(false);
    expect(hold.look(3500, TOO_LITTLE).held).toBe(true);
  });

  it('takes fifteen seconds for the most important one', () => {
    const hold = new StreamHold();
    const looks = look(hold, 0, Array<Fit>(30).fill({ ...TOO_LITTLE, mostImportant: true }));
    expect(looks.indexOf(true)).toBe(29);
  });

  it('ends when there is room to spare, and not when it barely fits', () => {
    const hold = new StreamHold();
    look(hold, 0, [TOO_LITTLE, TOO_LITTLE, TOO_LITTLE]);
    expect(look(hold, 1500, [TOO_LITTLE, BARELY, FITS])).toEqual([true, true, false]);
  });

  it('is tried again after a while, and each try that fails doubles the while', () => {
    const hold = new StreamHold();
    const triesAtMs: number[] = [];
    let before = false;
    for (let nowMs = 0; nowMs < 200_000; nowMs += LOOK_MS) {
      const { held } = hold.look(nowMs, TOO_LITTLE);
      if (before && !held) triesAtMs.push(nowMs);
      before = held;
    }
    const heldForMs = triesAtMs.map(
      (atMs, index) => atMs - (index === 0 ? 1500 : (triesAtMs[index - 1] ?? 0) + 2000),
    );
    expect(heldForMs.slice(0, 5)).toEqual([FIRST_TRY_MS, 10_000, 20_000, LONGEST_TRY_MS, LONGEST_TRY_MS]);
  });

  it('begins anew with the first while after a time that was good', () => {
    const hold = new StreamHold();
    look(hold, 0, [TOO_LITTLE, TOO_LITTLE, TOO_LITTLE, TOO_LITTLE]);
    expect(hold.look(FIRST_TRY_MS + 1500, TOO_LITTLE).held).toBe(false);
    for (let nowMs = 7000; nowMs < 30_000; nowMs += LOOK_MS) hold.look(nowMs, FITS);
    look(hold, 30_000, [TOO_LITTLE, TOO_LITTLE, TOO_LITTLE, TOO_LITTLE]);
    expect(hold.look(31_500 + FIRST_TRY_MS - LOOK_MS, TOO_LITTLE).held).toBe(true);
    expect(hold.look(31_500 + FIRST_TRY_MS, TOO_LITTLE).held).toBe(false);
  });
});

describe('the largest layer', () => {
  it('falls at once', () => {
    const hold = new StreamHold();
    expect(hold.look(0, layers(null, null)).step).toBeNull();
    expect(hold.look(500, layers(1, 0)).step).toBe(1);
    expect(hold.look(1000, layers(0, 0)).step).toBe(0);
  });

  it('rises only after it fitted for a while with room to spare', () => {
    const hold = new StreamHold();
    hold.look(0, layers(0, 0));
    expect(hold.look(500, layers(2, 1)).step).toBe(0);
    expect(hold.look(500 + UP_AFTER_MS - 1, layers(2, 1)).step).toBe(0);
    expect(hold.look(500 + UP_AFTER_MS, layers(2, 1)).step).toBe(1);
  });

  it('does not rise while it only fits now and then', () => {
    const hold = new StreamHold();
    hold.look(0, layers(0, 0));
    for (let nowMs = LOOK_MS; nowMs < 20_000; nowMs += LOOK_MS) {
      const fits = nowMs % 2000 === 0 ? layers(0, 0) : layers(1, 1);
      expect(hold.look(nowMs, fits).step).toBe(0);
    }
  });

  it('is free again where the way sets no limit any more', () => {
    const hold = new StreamHold();
    hold.look(0, layers(0, 0));
    hold.look(500, layers(null, null));
    expect(hold.look(500 + UP_AFTER_MS, layers(null, null)).step).toBeNull();
  });
});
