import { describe, expect, it } from 'vitest';
import { MaskPace } from './pace.ts';

/** Runs `pictures` at `fps`; returns how many got a mask. */
function run(
  pace: MaskPace,
  {
    pictures,
    fps,
    maskMs,
    pictureMs,
    fromMs = 0,
  }: Record<'pictures' | 'fps' | 'maskMs' | 'pictureMs', number> & {
    fromMs?: number;
  },
): number {
  let masks = 0;
  for (let index = 0; index < pictures; index++) {
    const due = pace.next();
    if (due) masks++;
    pace.took(due ? maskMs : 0, pictureMs, fromMs + (index * 1000) / fps);
  }
  return masks;
}

describe('MaskPace', () => {
  it('makes a mask with every picture where there is time', () => {
    expect(run(new MaskPace(), { pictures: 100, fps: 30, maskMs: 8, pictureMs: 4 })).toBe(100);
  });

  it('makes every second where a mask takes a whole interval', () => {
    const pace = new MaskPace();
    run(pace, { pictures: 60, fps: 30, maskMs: 30, pictureMs: 5 });
    expect(pace.every).toBe(2);
    expect(run(pace, { pictures: 100, fps: 30, maskMs: 30, pictureMs: 5, fromMs: 2000 })).toBe(50);
  });

  it('has time for each mask again at half the frame rate', () => {
    expect(run(new MaskPace(), { pictures: 100, fps: 15, maskMs: 30, pictureMs: 5 })).toBeGreaterThan(90);
  });

  it('never gets rarer than every fourth, however slow', () => {
    const pace = new MaskPace();
    run(pace, { pictures: 50, fps: 30, maskMs: 900, pictureMs: 100 });
    expect(pace.every).toBe(4);
    expect(run(pace, { pictures: 40, fps: 30, maskMs: 900, pictureMs: 100, fromMs: 2000 })).toBe(10);
  });

  it('comes back when there is time again, not before about a second per step', () => {
    const pace = new MaskPace();
    run(pace, { pictures: 50, fps: 30, maskMs: 60, pictureMs: 10 });
    const slow = pace.every;
    expect(slow).toBeGreaterThan(2);
    run(pace, { pictures: 20, fps: 30, maskMs: 4, pictureMs: 2, fromMs: 2000 });
    expect(pace.every).toBe(slow);
    run(pace, { pictures: 300, fps: 30, maskMs: 4, pictureMs: 2, fromMs: 3000 });
    expect(pace.every).toBe(1);
  });

  it('settles at the edge instead of swinging', () => {
    const pace = new MaskPace();
    run(pace, { pictures: 60, fps: 30, maskMs: 18, pictureMs: 6.5 });
    const seen = new Set<number>();
    for (let second = 0; second < 20; second++) {
      run(pace, { pictures: 30, fps: 30, maskMs: 18, pictureMs: 6.5, fromMs: 2000 + second * 1000 });
      seen.add(pace.every);
    }
    expect(seen.size).toBe(1);
  });

  it('makes one at once for another camera', () => {
    const pace = new MaskPace();
    run(pace, { pictures: 50, fps: 30, maskMs: 900, pictureMs: 100 });
    while (!pace.next());
    expect(pace.next()).toBe(false);
    pace.restart();
    expect(pace.next()).toBe(true);
  });

  it('takes a gap for no frame rate, and a clock that goes back for none', () => {
    const pace = new MaskPace();
    run(pace, { pictures: 60, fps: 30, maskMs: 30, pictureMs: 5 });
    pace.took(0, 5, 60_000);
    pace.took(0, 5, 0);
    expect(pace.every).toBe(2);
  });
});
