/**
 * Shares the room's budget for transcoding among its sources.
 *
 * A source starts from what it holds already, so that what runs goes on. Then, step by step, the budget that is left goes
 * to the step that serves the most further subscribers for its cost, audio before video, until no step fits. Without a
 * limit every source ends at its best option. The result is deterministic, and a fixed point: given back as what runs, it
 * is chosen again, because it starts where it ended and no step fitted there.
 *
 * What will surprise you: while a source's switch is pending, its running transcodes and those for after the switch are
 * not needed at the same time, so it is charged for the dearer of the two.
 */
import { whileSwitching, worthwhileOptions } from './options.ts';
import type { Option, SourceCase } from './options.ts';

export interface Choice {
  readonly about: SourceCase;
  /** What to aim at. */
  readonly option: Option;
  /** What goes on until the owner sends `option.sends`; absent where it does already. */
  readonly meanwhile?: Option;
}

interface Seat {
  readonly about: SourceCase;
  readonly options: readonly [Option, ...Option[]];
  meanwhile: Option;
  option: Option;
}

interface Step {
  readonly seat: Seat;
  readonly option: Option;
  readonly gain: number;
  readonly price: number;
}

/**
 * @param cases sorted by source id.
 * @param limit milli-cores for all of them together.
 */
export function shareBudget(cases: readonly SourceCase[], limit: number): readonly Choice[] {
  const seats = cases.map(startSeat);
  let spent = seats.reduce((sum, seat) => sum + charge(seat, seat.option), 0);
  // The budget shrank, or pictures grew: what runs no longer fits, and what serves least for its cost stops.
  if (spent > limit) spent = evict(seats, limit);
  for (let step = bestStep(seats, limit - spent); step !== undefined; step = bestStep(seats, limit - spent)) {
    step.seat.option = step.option;
    spent += step.price;
  }
  return seats.map(({ about, option, meanwhile }) =>
    option.sends === about.source.sends ? { about, option } : { about, option, meanwhile },
  );
}

function charge(seat: Seat, option: Option): number {
  return option.sends === seat.about.source.sends ? option.cost : Math.max(option.cost, seat.meanwhile.cost);
}

function startSeat(about: SourceCase): Seat {
  const options = worthwhileOptions(about);
  const seat = { about, options, meanwhile: whileSwitching(about), option: options[0] };
  for (const option of options) {
    if (charge(seat, option) <= about.heldCost) seat.option = option;
  }
  return seat;
}

/** Seats those that fit, in order of worth; the others lose what they held. @returns what is spent. */
function evict(seats: readonly Seat[], limit: number): number {
  const byWorth = seats
    .map((seat) => {
      const gain = seat.option.served - seat.options[0].served;
      return { seat, option: seat.option, gain, price: charge(seat, seat.option) };
    })
    .sort(compareSteps);
  let spent = 0;
  for (const { seat, price } of byWorth) {
    if (spent + price <= limit) {
      spent += price;
      continue;
    }
    seat.option = seat.options[0];
    seat.meanwhile = whileSwitching({ ...seat.about, running: [] });
  }
  return spent;
}

function bestStep(seats: readonly Seat[], left: number): Step | undefined {
  let best: Step | undefined;
  for (const seat of seats) {
    for (const option of seat.options) {
      const gain = option.served - seat.option.served;
      const price = charge(seat, option) - charge(seat, seat.option);
      if (gain <= 0 || price > left) continue;
      const step = { seat, option, gain, price };
      if (best === undefined || compareSteps(step, best) < 0) best = step;
    }
  }
  return best;
}

/**
 * Audio first, then more subscribers for the cost (cross-multiplied: whole numbers stay exact), then cheaper, then by id.
 * A step for nothing equals any other by the second rule, so the third is what makes this an order.
 */
function compareSteps(a: Step, b: Step): number {
  const audioFirst = (step: Step): number => (step.seat.about.source.kind === 'audio' ? 0 : 1);
  return (
    audioFirst(a) - audioFirst(b) ||
    b.gain * Math.max(0, a.price) - a.gain * Math.max(0, b.price) ||
    a.price - b.price ||
    (a.seat.about.source.id < b.seat.about.source.id ? -1 : 1)
  );
}
