import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { QueueModelEstimator } from './queue-model-estimator.ts';
import type { PacketResult } from './types.ts';
import { DEFAULT_LIMITS } from './types.ts';

const BYTES = 1000;
const HALF_TRIP_US = 25_000;

/** A sender that always has something, on a link of one rate that changes; answers every 25 ms. */
class Loop {
  readonly estimator = new QueueModelEstimator();
  nowUs = 0;
  #freeUs = 0;
  #credit = 0;
  #sequence = 0;
  /** With when a feedback can first tell of it. */
  #sent: (PacketResult & { readonly knownUs: number })[] = [];
  #answers: { readonly atUs: number; readonly packets: PacketResult[] }[] = [];
  readonly #lost: (sequence: number) => boolean;

  constructor(lost: (sequence: number) => boolean = () => false) {
    this.#lost = lost;
  }

  run(untilUs: number, bps: number, share = 1): void {
    for (; this.nowUs < untilUs; this.nowUs += 1000) {
      if (this.nowUs % 5000 === 0) this.estimator.onTick(this.nowUs);
      const { pacingBps, targetBps } = this.estimator.reading;
      this.#credit += ((share < 1 ? share * targetBps : pacingBps) * 1000) / 8e6;
      for (; this.#credit >= BYTES; this.#credit -= BYTES) this.#send(bps);
      if (this.nowUs % 25_000 === 0) {
        const packets = this.#sent.filter(({ knownUs }) => knownUs <= this.nowUs);
        this.#sent = this.#sent.filter(({ knownUs }) => knownUs > this.nowUs);
        if (packets.length > 0) this.#answers.push({ atUs: this.nowUs + HALF_TRIP_US, packets });
      }
      const due = this.#answers.filter(({ atUs }) => atUs <= this.nowUs);
      this.#answers = this.#answers.filter(({ atUs }) => atUs > this.nowUs);
      for (const { packets } of due) this.estimator.onFeedback(this.nowUs, packets);
    }
  }

  #send(bps: number): void {
    const packet = { sequence: this.#sequence++, bytes: BYTES, sentUs: this.nowUs, isCorrection: false };
    this.estimator.onSent(packet);
    if (this.#lost(packet.sequence)) {
      const knownUs = Math.max(this.#freeUs, this.nowUs) + HALF_TRIP_US;
      this.#sent.push({ ...packet, fate: 'lost', receivedUs: null, knownUs });
      return;
    }
    if (bps === 0) return;
    this.#freeUs = Math.max(this.#freeUs, this.nowUs) + (BYTES * 8e6) / bps;
    const receivedUs = this.#freeUs + HALF_TRIP_US;
    this.#sent.push({ ...packet, fate: 'received', receivedUs, knownUs: receivedUs });
  }
}

describe('the queue model estimator', () => {
  test('finds the rate from below, follows it down and up, and says so', () => {
    const loop = new Loop();
    expect(loop.estimator.reading).toMatchObject({ state: 'starting', estimateBps: DEFAULT_LIMITS.startBps });
    loop.run(5e6, 4e6);
    expect(loop.estimator.reading.estimateBps / 4e6).toBeCloseTo(1, 1);
    loop.run(6e6, 1e6);
    expect(loop.estimator.reading.estimateBps / 1e6).toBeCloseTo(1, 1);
    loop.run(9e6, 3e6);
    expect(loop.estimator.reading.estimateBps / 3e6).toBeCloseTo(1, 1);
    expect(['steady', 'growing', 'draining']).toContain(loop.estimator.reading.state);
  });

  test('stops when nothing is heard, tries again now and then, and goes on where it was', () => {
    const loop = new Loop();
    loop.run(5e6, 3e6);
    loop.run(5.4e6, 0);
    expect(loop.estimator.reading.pacingBps).toBe(0);
    loop.run(8e6, 0);
    expect(loop.estimator.reading).toMatchObject({ state: 'silent', estimateBps: DEFAULT_LIMITS.minBps });
    expect(loop.estimator.reading.pacingBps).toBeGreaterThan(0);
    expect(loop.estimator.reading.pacingBps).toBeLessThan(20_000);
  });

  test('an application that sends a third neither loses the estimate nor lets it run away', () => {
    const loop = new Loop();
    loop.run(5e6, 3e6);
    loop.run(20e6, 3e6, 0.3);
    expect(loop.estimator.reading.estimateBps).toBeGreaterThan(1e6);
    expect(loop.estimator.reading.estimateBps).toBeLessThan(6.5e6);
    expect(loop.estimator.nextProbe(20e6)).not.toBeNull();
    expect(loop.estimator.nextProbe(20e6)).toBeNull();
  });

  test('every tenth packet lost changes little', () => {
    const loop = new Loop((sequence) => sequence % 10 === 7);
    loop.run(10e6, 3e6);
    expect(loop.estimator.reading.estimateBps).toBeGreaterThan(2.7e6);
  });

  test('the target keeps to the demand and the limits', () => {
    const loop = new Loop();
    loop.run(5e6, 4e6);
    loop.estimator.setDemand(500_000);
    expect(loop.estimator.reading.targetBps).toBe(500_000);
    loop.estimator.setDemand(1);
    expect(loop.estimator.reading.targetBps).toBe(DEFAULT_LIMITS.minBps);
    expect(() => new QueueModelEstimator({ minBps: 10, startBps: 5, maxBps: 20 })).toThrow(RangeError);
  });

  test('the same input gives the same readings', () => {
    const readings = [0, 1].map(() => {
      const loop = new Loop((sequence) => sequence % 13 === 5);
      loop.run(4e6, 2.5e6);
      loop.run(6e6, 0.7e6);
      return loop.estimator.reading;
    });
    expect(readings[0]).toEqual(readings[1]);
  });

  test('whatever feedback says, rates are numbers, never negative and never above the maximum', () => {
    const time = fc.integer({ min: -5_000_000, max: 50_000_000 });
    const packet = fc.record({
      sequence: fc.integer({ min: 0, max: 5000 }),
      bytes: fc.integer({ min: 0, max: 70_000 }),
      sentUs: time,
      fate: fc.constantFrom('received' as const, 'lost' as const, 'untold' as const),
      isCorrection: fc.boolean(),
      arrivesUs: time,
    });
    const step = fc.record({
      gapUs: fc.integer({ min: 0, max: 3_000_000 }),
      sends: fc.boolean(),
      packets: fc.array(packet, { maxLength: 30 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const estimator = new QueueModelEstimator();
        let nowUs = 0;
        for (const { gapUs, sends, packets } of steps) {
          nowUs += gapUs;
          if (sends) estimator.onSent({ sequence: 1, bytes: 1200, sentUs: nowUs });
          estimator.onFeedback(
            nowUs,
            packets.map(({ arrivesUs, ...rest }) => ({
              ...rest,
              receivedUs: rest.fate === 'received' ? arrivesUs : null,
            })),
          );
          estimator.onTick(nowUs + 5_000);
          const { estimateBps, targetBps, pacingBps, congestionWindowBytes, reason } = estimator.reading;
          for (const bps of [estimateBps, targetBps]) {
            expect(bps).toBeGreaterThanOrEqual(DEFAULT_LIMITS.minBps);
            expect(bps).toBeLessThanOrEqual(DEFAULT_LIMITS.maxBps);
          }
          expect(pacingBps).toBeGreaterThanOrEqual(0);
          expect(pacingBps).toBeLessThanOrEqual(DEFAULT_LIMITS.maxBps);
          expect(congestionWindowBytes).toBeGreaterThan(0);
          expect(reason.length).toBeGreaterThan(10);
        }
      }),
      { seed: 9 },
    );
  });
});
