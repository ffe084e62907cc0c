/**
 * How many bits could have left by when: a curve that never falls, and its two inverses.
 *
 * A queue's output is that of a server that reads bits off the curve (the service curve of network calculus: Le Boudec and Thiran, 2001,
 * chapter 1). One idea for all: a constant rate is a line, steps are bent lines, a trace is a staircase, an outage is a flat piece.
 *
 * What will surprise you: a trace's opportunity at time t is for packets that were there before t. One that comes at t waits for the
 * next, as in mahimahi.
 */
import type { Capacity, OutageConfig, RateStep } from './config.ts';
import { NEVER_US, US_PER_MS, US_PER_SECOND, type Us, asUs, msToUs } from './time.ts';

/** What one line of a trace lets through: a packet of the usual MTU, in bits. */
export const OPPORTUNITY_BITS = 1500 * 8;

export interface CapacityCurve {
  /** Bits that could have left from time 0 up to `us`, this moment included. */
  bitsBy(us: number): number;
  /** The first moment at which as many could have left; never, where a capacity ends. */
  leftByUs(bits: number): Us;
  /** The moment from which on more than that leave: when the next bit begins. */
  beginsUs(bits: number): Us;
}

/** @param outages in order, not overlapping */
export function capacityCurve(capacity: Capacity, outages: readonly OutageConfig[] = []): CapacityCurve {
  const curve = withoutOutages(capacity);
  return outages.length === 0 ? curve : new InterruptedCurve(curve, outages);
}

function withoutOutages(capacity: Capacity): CapacityCurve {
  switch (capacity.kind) {
    case 'constant':
      return new StepCurve([{ atMs: 0, bps: capacity.bps }]);
    case 'steps':
      return new StepCurve(capacity.steps);
    case 'trace':
      return new TraceCurve(capacity.opportunitiesMs);
  }
}

interface Segment {
  readonly fromUs: number;
  readonly bitsPerUs: number;
  readonly bitsBefore: number;
  readonly bitsAfter: number;
}

class StepCurve implements CapacityCurve {
  readonly #segments: readonly Segment[];

  constructor(steps: readonly RateStep[]) {
    let bits = 0;
    this.#segments = steps.map(({ atMs, bps }, index) => {
      const bitsPerUs = bps / US_PER_SECOND;
      const next = steps[index + 1];
      const bitsBefore = bits;
      bits += bps === 0 ? 0 : ((next?.atMs ?? Infinity) - atMs) * US_PER_MS * bitsPerUs;
      return { fromUs: atMs * US_PER_MS, bitsPerUs, bitsBefore, bitsAfter: bits };
    });
  }

  bitsBy(us: number): number {
    const next = firstWhere(this.#segments, ({ fromUs }) => fromUs > us);
    const segment = this.#segments[next - 1];
    return segment === undefined ? 0 : segment.bitsBefore + (us - segment.fromUs) * segment.bitsPerUs;
  }

  leftByUs(bits: number): Us {
    return this.#timeIn(
      firstWhere(this.#segments, ({ bitsAfter }) => bitsAfter >= bits),
      bits,
    );
  }

  beginsUs(bits: number): Us {
    return this.#timeIn(
      firstWhere(this.#segments, ({ bitsAfter }) => bitsAfter > bits),
      bits,
    );
  }

  #timeIn(index: number, bits: number): Us {
    const segment = this.#segments[index];
    if (segment === undefined) return NEVER_US;
    const { fromUs, bitsPerUs, bitsBefore } = segment;
    return asUs(bits === bitsBefore ? fromUs : fromUs + (bits - bitsBefore) / bitsPerUs);
  }
}

class TraceCurve implements CapacityCurve {
  readonly #opportunitiesMs: Uint32Array;
  /** By millisecond of one pass: opportunities up to it. */
  readonly #countBy: Uint32Array;
  readonly #periodMs: number;

  constructor(opportunitiesMs: ArrayLike<number>) {
    this.#opportunitiesMs = Uint32Array.from(opportunitiesMs);
    this.#periodMs = this.#opportunitiesMs.at(-1) ?? 0;
    this.#countBy = new Uint32Array(this.#periodMs + 1);
    for (const ms of this.#opportunitiesMs) this.#countBy[ms] = (this.#countBy[ms] ?? 0) + 1;
    for (let ms = 1; ms <= this.#periodMs; ms += 1) {
      this.#countBy[ms] = (this.#countBy[ms] ?? 0) + (this.#countBy[ms - 1] ?? 0);
    }
  }

  bitsBy(us: number): number {
    const ms = Math.floor(us / US_PER_MS);
    if (ms < 0) return 0;
    const passes = Math.floor(ms / this.#periodMs);
    const inPass = this.#countBy[ms - passes * this.#periodMs] ?? 0;
    return (passes * this.#opportunitiesMs.length + inPass) * OPPORTUNITY_BITS;
  }

  leftByUs(bits: number): Us {
    return this.#timeOf(Math.ceil(bits / OPPORTUNITY_BITS));
  }

  beginsUs(bits: number): Us {
    return this.#timeOf(Math.floor(bits / OPPORTUNITY_BITS) + 1);
  }

  /** @param count of opportunities; the time of the last of them */
  #timeOf(count: number): Us {
    if (count <= 0) return asUs(0);
    const passes = Math.floor((count - 1) / this.#opportunitiesMs.length);
    const inPass = this.#opportunitiesMs[count - 1 - passes * this.#opportunitiesMs.length] ?? 0;
    return msToUs(passes * this.#periodMs + inPass);
  }
}

interface Gap {
  /** What has left, at all, when it begins. */
  readonly level: number;
  /** What could have left in this gap and all before. */
  readonly missedBits: number;
  readonly fromUs: number;
  readonly toUs: number;
}

/** Another curve, of which nothing counts during outages. */
class InterruptedCurve implements CapacityCurve {
  readonly #curve: CapacityCurve;
  readonly #gaps: readonly Gap[];

  constructor(curve: CapacityCurve, outages: readonly OutageConfig[]) {
    this.#curve = curve;
    let missedBits = 0;
    this.#gaps = outages.map(({ fromMs, toMs }) => {
      const [fromUs, toUs] = [msToUs(fromMs), msToUs(toMs)];
      const before = curve.bitsBy(fromUs);
      const level = before - missedBits;
      missedBits += curve.bitsBy(toUs) - before;
      return { level, missedBits, fromUs, toUs };
    });
  }

  bitsBy(us: number): number {
    const gap = this.#gaps[firstWhere(this.#gaps, ({ fromUs }) => fromUs > us) - 1];
    if (gap === undefined) return this.#curve.bitsBy(us);
    return us < gap.toUs ? gap.level : this.#curve.bitsBy(us) - gap.missedBits;
  }

  leftByUs(bits: number): Us {
    const before = this.#gaps[firstWhere(this.#gaps, ({ level }) => level >= bits) - 1];
    return this.#after(before, this.#curve.leftByUs(bits + (before?.missedBits ?? 0)));
  }

  beginsUs(bits: number): Us {
    const before = this.#gaps[firstWhere(this.#gaps, ({ level }) => level > bits) - 1];
    return this.#after(before, this.#curve.beginsUs(bits + (before?.missedBits ?? 0)));
  }

  /** Rounding must not let anything leave inside a gap. */
  #after(gap: Gap | undefined, us: Us): Us {
    return gap === undefined ? us : asUs(Math.max(us, gap.toUs));
  }
}

/** @returns the first index at which it holds, where it holds for all after; the length where it never does */
function firstWhere<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item === undefined || holds(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
