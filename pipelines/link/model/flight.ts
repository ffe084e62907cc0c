/** What has left the queue and has not arrived: almost all of it in order, and a heap for what overtakes or is overtaken. */
import { Ring } from './ring.ts';
import { NEVER_US, type Us } from './time.ts';

/** `Order` decides between two that arrive at the same moment: who was sent first. */
interface Arrival<T> {
  readonly item: T;
  readonly atUs: Us;
  readonly order: number;
}

export class Flight<T extends { readonly atUs: Us }> {
  readonly #inOrder = new Ring<Arrival<T>>();
  readonly #heap: Arrival<T>[] = [];
  #lastUs = 0;
  #order = 0;

  /** Behind all that were added this way. */
  get lastInOrderUs(): number {
    return this.#lastUs;
  }

  get nextUs(): Us {
    return this.#first()?.atUs ?? NEVER_US;
  }

  /** At any time: it goes to the heap where it is earlier than one before, or must not hold up those behind. */
  add(item: T, isStray: boolean): void {
    const arrival = { item, atUs: item.atUs, order: this.#order };
    this.#order += 1;
    if (isStray || item.atUs < this.#lastUs) {
      this.#sink(arrival);
      return;
    }
    this.#lastUs = item.atUs;
    this.#inOrder.push(arrival);
  }

  take(nowUs: number): T[] {
    const arrived: T[] = [];
    for (let next = this.#first(); next !== undefined && next.atUs <= nowUs; next = this.#first()) {
      if (next === this.#inOrder.first) this.#inOrder.shift();
      else this.#popHeap();
      arrived.push(next.item);
    }
    return arrived;
  }

  #first(): Arrival<T> | undefined {
    const [ordered, stray] = [this.#inOrder.first, this.#heap[0]];
    if (ordered === undefined || stray === undefined) return ordered ?? stray;
    return isBefore(stray, ordered) ? stray : ordered;
  }

  #sink(arrival: Arrival<T>): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(arrival);
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(arrival, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = arrival;
  }

  #popHeap(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      if (a === undefined) break;
      const [child, at] = b !== undefined && isBefore(b, a) ? [b, left + 1] : [a, left];
      if (!isBefore(child, last)) break;
      heap[index] = child;
      index = at;
    }
    heap[index] = last;
  }
}

function isBefore(a: Arrival<unknown>, b: Arrival<unknown>): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}
