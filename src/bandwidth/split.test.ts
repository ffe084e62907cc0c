import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bps } from '../../codecs/types.ts';
import { FITS_SHARE, roomForVideo, splitRoom } from './split.ts';
import type { StreamDemand } from './types.ts';

const bps = (value: number): Bps => value as Bps;

function elastic(id: string, weight: number, least: number, most: number): StreamDemand {
  return { id, weight, elastic: true, stepsBps: [bps(least), bps(most)] };
}

function layered(id: string, weight: number, ...rates: number[]): StreamDemand {
  return { id, weight, elastic: false, stepsBps: rates.map(bps) };
}

describe('room for pictures', () => {
  it('is what the estimate leaves after its reserve, or what was seen to arrive beside the sound', () => {
    expect(roomForVideo(1_000_000, null, 1)).toBe(900_000);
    expect(roomForVideo(50_000, 300_000, 1)).toBe(252_000);
    expect(roomForVideo(50_000, 40_000, 2)).toBe(45_000);
  });

  it('takes off no more sounds than anybody listens to at once', () => {
    expect(roomForVideo(0, 1_000_000, 20)).toBe(roomForVideo(0, 1_000_000, 3));
  });
});

describe('splitting a way', () => {
  it('gives everybody what he can use where there is enough', () => {
    const shares = splitRoom(5e6, [elastic('a', 1, 1e5, 2e6), layered('b', 1, 2e5, 8e5)]);
    expect(shares.get('a')).toEqual({ id: 'a', bps: 2_000_000, step: 0 });
    expect(shares.get('b')).toEqual({ id: 'b', bps: 800_000, step: 1 });
  });

  it('shares by weight what is less', () => {
    const shares = splitRoom(900_000, [elastic('speaker', 2, 1e5, 2e6), elastic('other', 1, 1e5, 2e6)]);
    expect(shares.get('speaker')?.bps).toBeGreaterThan(1.5 * (shares.get('other')?.bps ?? 0));
    expect((shares.get('speaker')?.bps ?? 0) + (shares.get('other')?.bps ?? 0)).toBeGreaterThan(890_000);
  });

  it('holds back what matters least where not everybody fits', () => {
    const shares = splitRoom(250_000, [
      elastic('small', 0.3, 1e5, 1e6),
      elastic('speaker', 2, 1e5, 1e6),
      elastic('screen', 4, 1e5, 1e6),
    ]);
    expect([...shares.values()].map(({ id, step }) => [id, step])).toEqual([
      ['small', null],
      ['speaker', 0],
      ['screen', 0],
    ]);
  });

  it('tries the next one where a larger one does not fit', () => {
    const shares = splitRoom(300_000, [layered('screen', 4, 1.5e6), elastic('face', 1, 1e5, 1e6)]);
    expect(shares.get('screen')?.step).toBeNull();
    expect(shares.get('face')?.bps).toBe(300_000);
  });

  it('keeps the most important picture while most of its least rate is there', () => {
    const just = splitRoom(1e5 * FITS_SHARE, [elastic('a', 1, 1e5, 1e6)]);
    expect(just.get('a')).toEqual({ id: 'a', bps: 70_000, step: 0 });
    expect(splitRoom(1e5 * FITS_SHARE - 1, [elastic('a', 1, 1e5, 1e6)]).get('a')?.step).toBeNull();
  });

  const demands = fc.uniqueArray(
    fc.record({
      id: fc.string({ minLength: 1, maxLength: 3 }),
      weight: fc.double({ min: 0.05, max: 8, noNaN: true }),
      elastic: fc.boolean(),
      stepsBps: fc
        .array(fc.integer({ min: 30_000, max: 3_000_000 }), { minLength: 1, maxLength: 3 })
        .map((rates) => rates.sort((a, b) => a - b).map(bps)),
    }),
    { selector: ({ id }) => id, maxLength: 12 },
  );
  const rooms = fc.integer({ min: 0, max: 20_000_000 });

  it('never gives away more than there is, nor less or more than a picture can come at', () => {
    fc.assert(
      fc.property(rooms, demands, (room, wanted) => {
        const shares = splitRoom(room, wanted);
        expect(shares.size).toBe(wanted.length);
        let sum = 0;
        for (const { id, stepsBps, elastic: any } of wanted) {
          const share = shares.get(id);
          if (share === undefined) throw new Error(`no share of ${id}`);
          sum += share.bps;
          if (share.step === null) {
            expect(share.bps).toBe(0);
            continue;
          }
          expect(share.bps).toBeLessThanOrEqual(stepsBps.at(-1) ?? 0);
          expect(share.bps).toBeGreaterThanOrEqual(Math.floor((stepsBps[0] ?? 0) * FITS_SHARE));
          if (!any) expect(share.bps).toBe(stepsBps[share.step]);
        }
        const largestLeast = Math.max(0, ...wanted.map(({ stepsBps }) => stepsBps[0] ?? 0));
        expect(sum).toBeLessThanOrEqual(room + (1 - FITS_SHARE) * largestLeast + 1);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('does not depend on the order in which pictures are named', () => {
    fc.assert(
      fc.property(rooms, demands, (room, wanted) => {
        const there = splitRoom(room, wanted);
        const back = splitRoom(room, [...wanted].reverse());
        for (const { id } of wanted) expect(back.get(id)).toEqual(there.get(id));
      }),
      { seed: 6 },
    );
  });

  it('leaves nothing that somebody could use', () => {
    fc.assert(
      fc.property(rooms, demands, (room, wanted) => {
        const shares = splitRoom(room, wanted);
        const sum = [...shares.values()].reduce((total, { bps: share }) => total + share, 0);
        const left = room - sum;
        for (const { id, stepsBps, elastic: any } of wanted) {
          const share = shares.get(id);
          if (share?.step === null || share === undefined) continue;
          if (any) expect(share.bps === stepsBps.at(-1) || left < 2 + wanted.length).toBe(true);
          else {
            expect((stepsBps[share.step + 1] ?? Infinity) - share.bps).toBeGreaterThan(left - wanted.length);
          }
        }
      }),
      { seed: 7 },
    );
  });
});
