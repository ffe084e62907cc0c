import { describe, expect, it } from 'vitest';
import { smallerEncodeCost } from './cost.ts';
import { SIZE, VP8_ONLY, VP8_TO_H264, brief, person, room } from './example-rooms.testing.ts';
import { plan } from './plan.ts';
import type { RoomSnapshot } from './types.ts';

const SMALLER = smallerEncodeCost(SIZE, 'H264');

/** Bob and Cy receive only H.264; these of them on narrow ways. */
function withNarrow(names: readonly string[], more: Partial<RoomSnapshot> = {}): RoomSnapshot {
  const plain = room({ ann: VP8_ONLY }, { bob: ['H264'], cy: ['H264'], di: ['VP8'] }, more);
  const subscriptions = plain.subscriptions.map((one) => ({
    ...one,
    narrow: names.some((name) => person(name) === one.subscriber),
  }));
  return { ...plain, subscriptions };
}

describe('a smaller encode', () => {
  it('is made for whom the whole one would be too much, and costs the encode alone', () => {
    const made = plan(withNarrow(['cy']));
    expect(brief(made)).toEqual(['ann>bob VP8>H264', 'ann>cy VP8>h264', 'ann>di VP8']);
    expect(made.transcodes).toMatchObject([
      { to: 'H264', size: 'whole', cost: VP8_TO_H264, subscribers: ['bob'] },
      { to: 'H264', size: 'smaller', cost: SMALLER, subscribers: ['cy'] },
    ]);
    expect(made.deliveries[1]).toMatchObject({
      reason: expect.stringContaining('smaller size') as string,
      why: { code: 'transcoded-smaller', args: { from: 'VP8', to: 'H.264' } },
    });
  });

  it('is not made where everybody who watches has a narrow way', () => {
    expect(brief(plan(withNarrow(['bob', 'cy'])))).toEqual([
      'ann>bob VP8>H264',
      'ann>cy VP8>H264',
      'ann>di VP8',
    ]);
  });

  it('is no matter of what is forwarded', () => {
    expect(plan(withNarrow(['di'])).transcodes.map(({ size }) => size)).toEqual(['whole']);
  });

  it('comes from what the budget has left', () => {
    const tight = plan(withNarrow(['cy'], { budget: { transcodeCost: VP8_TO_H264 + SMALLER - 1 } }));
    expect(tight.transcodes.map(({ size }) => size)).toEqual(['whole']);
    const enough = plan(withNarrow(['cy'], { budget: { transcodeCost: VP8_TO_H264 + SMALLER } }));
    expect(enough.transcodes.map(({ size }) => size)).toEqual(['whole', 'smaller']);
  });

  it('ends when the way is wide again', () => {
    const current = plan(withNarrow(['cy']));
    const made = plan({ ...withNarrow([]), current });
    expect(made.transcodes.map(({ size, subscribers }) => [size, subscribers])).toEqual([
      ['whole', ['bob', 'cy']],
    ]);
  });
});
