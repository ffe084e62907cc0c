/** Traces: what is refused, and that real ones let through what they say. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../seeded-random.ts';
import { Link, OPPORTUNITY_BITS, TraceError, asUs, msToUs, parseTrace } from '../link.ts';
import { TRACES } from '../../../test/signal/traces.ts';

const NAMES = existsSync(TRACES) ? readdirSync(TRACES).filter((name) => /\.(up|down)$/.test(name)) : [];

describe('parseTrace', () => {
  it('reads a line for an opportunity', () => {
    expect(parseTrace('0\n3\r\n3\n\n7\n')).toEqual({
      kind: 'trace',
      opportunitiesMs: Uint32Array.of(0, 3, 3, 7),
    });
  });

  it.each(['', '0\n0', '5\n4', '1.5', '-1', '1e3', '0x10', 'a', '99999999999'])('refuses %j', (text) => {
    expect(() => parseTrace(text)).toThrow(TraceError);
  });
});

describe.skipIf(NAMES.length === 0)('traces of ../shared (skipped where it is absent)', () => {
  it.each(NAMES)('%s: a full queue gets every opportunity of any window, over its end too', (name) => {
    const capacity = parseTrace(readFileSync(new URL(name, TRACES), 'utf8'));
    if (capacity.kind !== 'trace') throw new Error('no trace');
    const times = Array.from(capacity.opportunitiesMs);
    const periodMs = times.at(-1) ?? 0;
    const link = new Link({ capacity, queue: { discipline: 'drop-tail' }, delayMs: 0 }, seededRandom(1));
    const perPass = times.length;
    // More than two passes can take. In sizes that do not fit the opportunities.
    for (let sent = 0; sent < 3 * perPass; sent += 1) link.send({ bytes: 1000 + (sent % 2) * 500 }, asUs(0));
    const leftBy = (ms: number): number => {
      link.take(msToUs(ms));
      return link.counters.leftBytes * 8;
    };
    const countTo = (ms: number): number => {
      const passes = Math.floor(ms / periodMs);
      return passes * perPass + times.filter((at) => at <= ms - passes * periodMs).length;
    };
    const atStart = countTo(0);
    const random = seededRandom(3);
    let fromMs = 0;
    for (let window = 0; window < 40; window += 1) {
      const toMs = fromMs + random.integer(Math.floor(periodMs / 25));
      const opportunities = countTo(toMs) - countTo(fromMs);
      expect(link.capacityBits(msToUs(fromMs), msToUs(toMs))).toBe(opportunities * OPPORTUNITY_BITS);
      const missingBits = (countTo(toMs) - atStart) * OPPORTUNITY_BITS - leftBy(toMs);
      // Of the packet that is half sent.
      expect(missingBits).toBeGreaterThanOrEqual(0);
      expect(missingBits).toBeLessThan(1500 * 8);
      fromMs = toMs;
    }
  });
});
