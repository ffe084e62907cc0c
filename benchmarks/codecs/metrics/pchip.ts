/**
 * Piecewise cubic Hermite interpolation that keeps monotone data monotone (Fritsch and Carlson, SIAM Journal on Numerical Analysis 17(2),
 * 1980; slopes by the weighted harmonic mean, end slopes by the three-point formula with their signs kept), and its exact integral.
 */

export interface Knot {
  readonly x: number;
  readonly y: number;
}

interface Piece {
  readonly start: number;
  readonly length: number;
  /** Of powers of the distance from the start. */
  readonly factors: readonly [number, number, number, number];
}

export class Pchip {
  readonly first: number;
  readonly last: number;
  readonly #pieces: readonly Piece[];

  /** @throws RangeError for fewer than two knots, or places that do not grow */
  constructor(knots: readonly Knot[]) {
    const spans = knots.slice(1).map((knot, at) => {
      const from = knots[at] ?? knot;
      return { from, length: knot.x - from.x, slope: (knot.y - from.y) / (knot.x - from.x) };
    });
    if (spans.length === 0) throw new RangeError('a curve needs two points');
    if (!spans.every(({ length }) => length > 0)) throw new RangeError('the places of a curve must grow');
    const slopes = knotSlopes(spans);
    this.#pieces = spans.map(({ from, length, slope }, at) => {
      const [left = 0, right = 0] = slopes.slice(at, at + 2);
      return {
        start: from.x,
        length,
        factors: [
          from.y,
          left,
          (3 * slope - 2 * left - right) / length,
          (left + right - 2 * slope) / (length * length),
        ],
      };
    });
    this.first = knots[0]?.x ?? 0;
    this.last = knots.at(-1)?.x ?? 0;
  }

  /** @throws RangeError outside of the knots */
  at(x: number): number {
    this.#check(x, x);
    const piece = this.#pieces.findLast(({ start }) => start <= x) ?? this.#pieces[0];
    if (piece === undefined) throw new RangeError('no piece');
    const [a, b, c, d] = piece.factors;
    const t = x - piece.start;
    return a + t * (b + t * (c + t * d));
  }

  /** @throws RangeError outside of the knots */
  integral(from: number, to: number): number {
    this.#check(from, to);
    let sum = 0;
    for (const { start, length, factors } of this.#pieces) {
      const [a, b, c, d] = factors;
      const antiderivative = (t: number): number => t * (a + t * (b / 2 + t * (c / 3 + (t * d) / 4)));
      const low = Math.min(Math.max(from - start, 0), length);
      const high = Math.min(Math.max(to - start, 0), length);
      sum += antiderivative(high) - antiderivative(low);
    }
    return sum;
  }

  #check(from: number, to: number): void {
    if (!(from >= this.first && to <= this.last && from <= to)) {
      throw new RangeError(`${from} to ${to} is not inside ${this.first} to ${this.last}`);
    }
  }
}

type Span = { readonly length: number; readonly slope: number };

function knotSlopes(spans: readonly Span[]): readonly number[] {
  const [first] = spans;
  const last = spans.at(-1);
  if (first === undefined || last === undefined) return [];
  if (spans.length === 1) return [first.slope, first.slope];
  const inner = spans.slice(1).map((right, at) => innerSlope(spans[at] ?? right, right));
  return [endSlope(first, spans[1] ?? first), ...inner, endSlope(last, spans.at(-2) ?? last)];
}

function innerSlope(left: Span, right: Span): number {
  if (left.slope * right.slope <= 0) return 0;
  const leftWeight = 2 * right.length + left.length;
  const rightWeight = right.length + 2 * left.length;
  return (leftWeight + rightWeight) / (leftWeight / left.slope + rightWeight / right.slope);
}

function endSlope(end: Span, next: Span): number {
  const slope =
    ((2 * end.length + next.length) * end.slope - end.length * next.slope) / (end.length + next.length);
  if (slope * end.slope <= 0) return 0;
  if (end.slope * next.slope <= 0 && Math.abs(slope) > 3 * Math.abs(end.slope)) return 3 * end.slope;
  return slope;
}
