/**
 * Splits what a way takes among the pictures on it: first the least of each, in order of importance, then step by step to the one
 * that has least for its weight (proportional fairness, Kelly 1998, in steps). Pure.
 *
 * What will surprise you:
 * - What does not fit at its least rate gets nothing, and the next one is tried: several pictures that all stall are worth less
 *   than some that run. The most important one is only held back where not even {@link FITS_SHARE} of its least rate is there.
 * - The shares are a plan. What really leaves is decided by encoders and by mediasoup's own look at layers, within it.
 */
import type { Bps } from '../../codecs/types.ts';
import type { StreamDemand, StreamShare } from './types.ts';

/** Sound of one person, with its packets' headers. */
export const AUDIO_BPS = 48_000;
/** Nobody listens to more at once: the others are silent, and cost next to nothing. */
const HEARD_AT_ONCE = 3;
/** Share of an estimate that is spent: the rest is for RTX, RTCP and the encoders' own variation. */
const USE = 0.9;
/** A picture comes while this part of what it is sent at is there; more is overload, less is the estimate's own error. */
export const FITS_SHARE = 0.7;
/** What an elastic stream grows by at a time, in parts of itself: small enough to share finely, large enough to end soon. */
const GROWTH = 0.08;

/**
 * What is left for pictures.
 * @param estimateBps mediasoup's, which is of pictures alone
 * @param provenBps what the whole way has been seen to take, sound included; null: nothing was seen
 * @param audios how many sounds come beside the pictures
 */
export function roomForVideo(estimateBps: number, provenBps: number | null, audios: number): number {
  const sound = Math.min(audios, HEARD_AT_ONCE) * AUDIO_BPS;
  return Math.max(estimateBps * USE, (provenBps ?? 0) - sound);
}

/** For sorting: what is served first comes first. */
export function byImportance(a: StreamDemand, b: StreamDemand): number {
  return b.weight - a.weight || (a.id < b.id ? -1 : 1);
}

interface Seat {
  readonly demand: StreamDemand;
  bps: number;
  step: number;
  done: boolean;
}

/**
 * @param roomBps what all of them may take together, bits per second
 * @param demands in any order, ids different
 * @returns a share for each, by id; together no more than the room, but for the tolerance above
 */
export function splitRoom(
  roomBps: number,
  demands: readonly StreamDemand[],
): ReadonlyMap<string, StreamShare> {
  const ordered = [...demands].sort(byImportance);
  let left = roomBps;
  const seats: Seat[] = [];
  for (const [place, demand] of ordered.entries()) {
    const least = demand.stepsBps[0] ?? 0;
    if (least > left && !(place === 0 && left >= least * FITS_SHARE)) continue;
    const bps = demand.elastic ? Math.min(least, left) : least;
    seats.push({ demand, bps, step: 0, done: false });
    left = Math.max(0, left - bps);
  }
  for (let seat = poorest(seats); seat !== null; seat = poorest(seats)) left -= grow(seat, left);
  const granted = new Map(seats.map((seat) => [seat.demand.id, seat]));
  return new Map(
    demands.map(({ id }) => {
      const seat = granted.get(id);
      const share: StreamShare = {
        id,
        bps: Math.floor(seat?.bps ?? 0) as Bps,
        step: seat?.step ?? null,
      };
      return [id, share];
    }),
  );
}

/** The seat that has least for its weight and may grow; the first of those that have equally little. */
function poorest(seats: readonly Seat[]): Seat | null {
  let found: Seat | null = null;
  for (const seat of seats) {
    if (seat.done) continue;
    if (found === null || seat.bps / seat.demand.weight < found.bps / found.demand.weight) found = seat;
  }
  return found;
}

/** @returns what it took of `left`; 0: it is done */
function grow(seat: Seat, left: number): number {
  const { stepsBps, elastic } = seat.demand;
  if (elastic) {
    const price = Math.min((stepsBps.at(-1) ?? 0) - seat.bps, seat.bps * GROWTH, left);
    seat.bps += price;
    seat.done = price < 1;
    return price;
  }
  const price = (stepsBps[seat.step + 1] ?? Infinity) - seat.bps;
  if (price > left) {
    seat.done = true;
    return 0;
  }
  seat.bps += price;
  seat.step += 1;
  return price;
}
