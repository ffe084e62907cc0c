/** CoDel's control law, and where it keeps its hands off: RFC 8289 section 5. */
import { describe, expect, it } from 'vitest';
import { Codel, type CodelQueue } from './codel.ts';

interface Waiting {
  readonly enqueuedUs: number;
}

/** A queue in which every packet has waited as long as the test says. */
class AgedQueue implements CodelQueue<Waiting> {
  bytes = 100_000;
  ageUs = 0;
  nowUs = 0;
  shift(): Waiting {
    return { enqueuedUs: this.nowUs - this.ageUs };
  }
}

/** One packet a millisecond; when packets were dropped, in ms. */
function dropsMs(
  fromMs: number,
  toMs: number,
  queue: AgedQueue,
  codel: Codel<Waiting>,
  drops: number[],
): number[] {
  drops.length = 0;
  for (let ms = fromMs; ms < toMs; ms += 1) {
    queue.nowUs = ms * 1000;
    codel.dequeue(queue.nowUs, queue);
  }
  return [...drops];
}

function setUp(): { queue: AgedQueue; run: (fromMs: number, toMs: number) => number[] } {
  const queue = new AgedQueue();
  const drops: number[] = [];
  const codel = new Codel<Waiting>({ targetMs: 5, intervalMs: 100 }, () => drops.push(queue.nowUs / 1000));
  return { queue, run: (fromMs, toMs) => dropsMs(fromMs, toMs, queue, codel, drops) };
}

describe('CoDel', () => {
  it('drops after one interval above the target, then ever faster, as 1 / sqrt(count)', () => {
    const { queue, run } = setUp();
    queue.ageUs = 5000;
    const drops = run(1, 1200);
    let atMs = 1 + 100;
    const expected = [atMs];
    for (let count = 1; atMs + 100 / Math.sqrt(count) < 1199; count += 1) {
      atMs += 100 / Math.sqrt(count);
      expected.push(Math.ceil(atMs));
    }
    expect(drops).toEqual(expected);
    expect(drops.length).toBeGreaterThan(30);
  });

  it('keeps quiet below the target, and where no more than a packet is behind', () => {
    const { queue, run } = setUp();
    queue.ageUs = 4999;
    expect(run(1, 1000)).toEqual([]);
    queue.ageUs = 50_000;
    queue.bytes = 1500;
    expect(run(1000, 2000)).toEqual([]);
    queue.bytes = 1501;
    expect(run(2000, 3000).length).toBeGreaterThan(0);
  });

  it('begins anew where the delay was below the target for a moment', () => {
    const { queue, run } = setUp();
    queue.ageUs = 6000;
    run(1, 100);
    queue.ageUs = 1000;
    run(100, 101);
    queue.ageUs = 6000;
    expect(run(101, 201)).toEqual([]);
    expect(run(201, 202)).toEqual([201]);
  });

  it('takes up the rate of drops that it had, where it starts again soon', () => {
    const { queue, run } = setUp();
    queue.ageUs = 6000;
    const first = run(1, 1000);
    queue.ageUs = 0;
    run(1000, 1010);
    queue.ageUs = 6000;
    const second = run(1010, 1150);
    expect(second[0]).toBe(1110);
    // As many as before: the next comes after 100 / sqrt(count), and not after 100.
    expect((second[1] ?? NaN) - 1110).toBe(Math.ceil(100 / Math.sqrt(first.length - 1)));
    const late = setUp();
    late.queue.ageUs = 6000;
    late.run(1, 1000);
    late.queue.ageUs = 0;
    late.run(1000, 4000);
    late.queue.ageUs = 6000;
    expect(late.run(4000, 4300)).toEqual([4100, 4200, 4271]);
  });
});
