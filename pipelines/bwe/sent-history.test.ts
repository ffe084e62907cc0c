import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TransportFeedback } from '../rtp/rtcp-types.ts';
import { FeedbackRecorder } from './feedback-recorder.ts';
import { SentHistory } from './sent-history.ts';

const feedback = (
  baseSequenceNumber: number,
  deltas250Us: readonly (number | null)[],
): TransportFeedback => ({
  type: 'transport-feedback',
  senderSsrc: 1,
  mediaSsrc: 2,
  baseSequenceNumber: baseSequenceNumber & 0xffff,
  referenceTime64Ms: 10,
  feedbackCount: 0,
  deltas250Us,
});

function historyOf(packets: number): SentHistory {
  const history = new SentHistory();
  for (let i = 0; i < packets; i++) history.add(100, i * 1000);
  return history;
}

const told = (history: SentHistory, ...args: Parameters<typeof feedback>): string[] =>
  history
    .match(feedback(...args))
    .map(({ sequence, fate, isCorrection }) => `${sequence} ${fate}${isCorrection ? ' after all' : ''}`);

describe('the history of what was sent', () => {
  test('times are 64 ms steps and 250 us ticks; what is missing in between is lost, at the end not yet', () => {
    const history = historyOf(5);
    const results = history.match(feedback(0, [4, null, 8, null]));
    expect(results.map(({ sequence, fate, receivedUs }) => [sequence, fate, receivedUs])).toEqual([
      [0, 'received', 641_000],
      [1, 'lost', null],
      [2, 'received', 643_000],
    ]);
    expect(history.inFlightBytes).toBe(200);
  });

  test('what was thought lost may have been late; said again it is passed over', () => {
    const history = historyOf(4);
    told(history, 0, [1, null, 1]);
    expect(told(history, 1, [3])).toEqual(['1 received after all']);
    expect(told(history, 0, [1, 1, 1])).toEqual([]);
    expect(history.inFlightBytes).toBe(100);
  });

  test('where a feedback was lost its packets leave the flight untold, and are told if it was only late', () => {
    const history = historyOf(6);
    expect(told(history, 3, [1])).toEqual(['0 untold', '1 untold', '2 untold', '3 received']);
    expect(history.inFlightBytes).toBe(200);
    expect(told(history, 0, [1, null, 1])).toEqual([
      '0 received after all',
      '1 lost after all',
      '2 received after all',
    ]);
    expect(history.inFlightBytes).toBe(200);
  });

  test('packets that were never sent are passed over', () => {
    expect(told(new SentHistory(), 0, [1, 1])).toEqual([]);
    expect(told(historyOf(2), 1, [1, 1, 1])).toEqual(['0 untold', '1 received']);
  });

  test('sequence numbers count on over the wrap', () => {
    const history = historyOf(65_540);
    expect(told(history, 65_534, [1, 1, 1, 1]).filter((line) => line.includes('received'))).toEqual([
      '65534 received',
      '65535 received',
      '65536 received',
      '65537 received',
    ]);
  });

  test('giving up tells what is older, once', () => {
    const history = historyOf(4);
    expect(history.expire(2000).map(({ sequence, fate }) => [sequence, fate])).toEqual([
      [0, 'lost'],
      [1, 'lost'],
    ]);
    expect(history.expire(2000)).toEqual([]);
    expect(history.inFlightBytes).toBe(200);
  });

  test('whatever comes back, what is in flight is what nobody spoke of, and memory is bounded', () => {
    const any = fc.record({
      base: fc.integer({ min: 0, max: 0xffff }),
      deltas: fc.array(fc.option(fc.integer({ min: -300, max: 300 })), { minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 30 }), fc.integer({ min: 1, max: 9000 }), (list, packets) => {
        const history = historyOf(packets);
        const seen = new Set<number>();
        for (const { base, deltas } of list) {
          for (const { sequence, isCorrection } of history.match(feedback(base, deltas))) {
            expect(seen.has(sequence)).toBe(isCorrection);
            seen.add(sequence);
          }
        }
        expect(history.size).toBeLessThanOrEqual(4096);
        expect(history.inFlightBytes).toBe((Math.min(packets, 4096) - seen.size) * 100);
      }),
      { seed: 6, numRuns: 60 },
    );
  });
});

describe('recorder and history together', () => {
  test('every arrival is told once, with its time to 250 us, whatever is lost or comes late on the way', () => {
    const step = fc.record({
      lost: fc.boolean(),
      lateUs: fc.integer({ min: 0, max: 4_000 }),
      gapUs: fc.integer({ min: 100, max: 30_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
        const history = new SentHistory();
        const recorder = new FeedbackRecorder(1, 2);
        const arrivals: { sequence: number; atUs: number }[] = [];
        let nowUs = 0;
        for (const { lost, lateUs, gapUs } of steps) {
          nowUs += gapUs;
          const { sequence } = history.add(500, nowUs);
          if (!lost) arrivals.push({ sequence, atUs: nowUs + lateUs });
        }
        arrivals.sort((a, b) => a.atUs - b.atUs);
        const toldUs = new Map<number, number>();
        const take = (atUs: number): void => {
          for (const result of recorder.take(atUs).flatMap((one) => history.match(one))) {
            if (result.receivedUs !== null) toldUs.set(result.sequence, result.receivedUs);
          }
        };
        for (const { sequence, atUs } of arrivals) {
          if (recorder.dueUs <= atUs) take(atUs);
          recorder.onPacket(sequence & 0xffff, 500, atUs);
        }
        take(nowUs + 100_000);
        expect([...toldUs.keys()].sort((a, b) => a - b)).toEqual(
          arrivals.map(({ sequence }) => sequence).sort((a, b) => a - b),
        );
        for (const { sequence, atUs } of arrivals) {
          expect(Math.abs((toldUs.get(sequence) ?? NaN) - atUs)).toBeLessThanOrEqual(125);
        }
      }),
      { seed: 7, numRuns: 80 },
    );
  });

  test('a pause that no delta can hold begins a new feedback', () => {
    const recorder = new FeedbackRecorder(1, 2);
    recorder.onPacket(0, 100, 0);
    recorder.onPacket(1, 100, 20_000_000);
    expect(recorder.take(20_000_001).map(({ baseSequenceNumber }) => baseSequenceNumber)).toEqual([0, 1]);
    expect(recorder.take(20_100_000)).toEqual([]);
  });

  test('feedback is due every 25 ms where much comes, every 50 where little does', () => {
    const due = (bytes: number): number => {
      const recorder = new FeedbackRecorder(1, 2);
      for (let i = 0; i < 10; i++) recorder.onPacket(i, bytes, i * 10_000);
      recorder.take(100_000);
      return recorder.dueUs - 100_000;
    };
    expect(due(1200)).toBe(25_000);
    expect(due(100)).toBe(50_000);
    expect(due(400)).toBeGreaterThan(25_000);
    expect(due(400)).toBeLessThan(50_000);
  });
});
