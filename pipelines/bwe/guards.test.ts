/** The machines that look for what the queue does not tell: other flows, and loss. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../seeded-random.ts';
import { Competition, type CompetitionInput } from './competition.ts';
import { LossGuard } from './loss-guard.ts';

const STEP_US = 25_000;

/** Feedback every 25 ms; `queueUs` is asked with whether the sender drains its part. */
function follow(
  competition: Competition,
  fromUs: number,
  untilUs: number,
  queueUs: (drains: boolean, nowUs: number) => number,
  more: Partial<CompetitionInput> = {},
): void {
  for (let nowUs = fromUs; nowUs < untilUs; nowUs += STEP_US) {
    competition.onFeedback({
      nowUs,
      leastQueueUs: queueUs(competition.wantsDrain, nowUs),
      usualQueueUs: 15_000,
      usualBps: 4e6,
      ownQueueUs: 100_000,
      baseRoundTripUs: 50_000,
      receivedBytes: 5_000,
      lostPackets: 0,
      packetBytes: 1200,
      inFlightBytes: 20_000,
      volatility: 0.1,
      ...more,
    });
  }
}

describe('competition', () => {
  test('a long queue that stays when one lets go is somebody else’s', () => {
    const competition = new Competition();
    follow(competition, 0, 1e6, () => 10_000);
    expect(competition.windowBytes).toBeNull();
    follow(competition, 1e6, 3.5e6, () => 150_000);
    // Half of 4 Mbit/s for 50 ms and the queue.
    expect(competition.windowBytes).toBeGreaterThan(40_000);
  });

  test('one that goes with one’s own part is the link’s', () => {
    const competition = new Competition();
    follow(competition, 0, 30e6, (drains) => (drains ? 4_000 : 150_000));
    expect(competition.windowBytes).toBeNull();
  });

  test('neither an outage nor a wild link counts', () => {
    const wild = new Competition();
    follow(wild, 0, 30e6, () => 150_000, { volatility: 0.5 });
    expect(wild.windowBytes).toBeNull();
    const silent = new Competition();
    for (let at = 0; at < 30; at++) follow(silent, at * 2e6, at * 2e6 + 1e6, () => 150_000);
    expect(silent.windowBytes).toBeNull();
  });

  test('grows by about a packet a round trip, falls by 0.7 once for a burst of losses', () => {
    const competition = new Competition();
    follow(competition, 0, 3.5e6, () => 150_000);
    const before = competition.windowBytes ?? 0;
    follow(competition, 3.5e6, 3.6e6, () => 150_000);
    const grown = competition.windowBytes ?? 0;
    expect(grown).toBeGreaterThan(before);
    expect(grown - before).toBeLessThan(2_000);
    follow(competition, 3.6e6, 3.7e6, () => 150_000, { lostPackets: 3 });
    expect((competition.windowBytes ?? 0) / grown).toBeCloseTo(0.7, 1);
  });

  test('lets go after a while, and stays so where the other has gone', () => {
    const competition = new Competition();
    follow(competition, 0, 3.5e6, () => 150_000);
    follow(competition, 3.5e6, 60e6, (drains) => (drains ? 0 : 150_000));
    expect(competition.windowBytes).toBeNull();
  });
});

/** What a link without a visible queue loses: `usual` at random, and all above its capacity. */
function lossy(
  usual: number,
  capacityBps: number,
  seconds: number,
  seed: number,
): { guard: LossGuard; rates: number[] } {
  const guard = new LossGuard();
  const random = seededRandom(seed);
  const rates: number[] = [];
  const wantedBps = 3e6;
  for (let nowUs = 0; nowUs < seconds * 1e6; nowUs += STEP_US) {
    const bps = Math.min(wantedBps, guard.ceilingBps);
    const packets = Math.round((bps * STEP_US) / 8e6 / 1000);
    const over = Math.max(0, 1 - capacityBps / bps);
    let lost = 0;
    for (let i = 0; i < packets; i++) if (random.next() < usual + (1 - usual) * over) lost += 1;
    const received = packets - lost;
    guard.onFeedback({
      nowUs,
      received,
      lost,
      lostRuns: Math.ceil(lost / 1.2),
      receivedBytes: received * 1000,
      roundTripUs: 50_000,
      estimateBps: bps,
      isQueueSeen: false,
    });
    rates.push(bps);
  }
  return { guard, rates };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('loss', () => {
  test.each([1, 2, 3])('10 % that come whatever is sent are learned, and cost little (seed %i)', (seed) => {
    const { guard, rates } = lossy(0.1, Infinity, 60, seed);
    expect(guard.usualShare).toBeGreaterThan(0.05);
    expect(mean(rates.slice(400))).toBeGreaterThan(0.95 * 3e6);
  });

  test.each([1, 2, 3])('a policer becomes a ceiling near its rate (seed %i)', (seed) => {
    const { guard, rates } = lossy(0, 2e6, 60, seed);
    expect(guard.ceilingBps).toBeLessThan(2.3e6);
    expect(mean(rates.slice(400))).toBeGreaterThan(1.6e6);
    expect(mean(rates.slice(400))).toBeLessThan(2.2e6);
  });

  test('where a queue is seen, loss is left to it', () => {
    const guard = new LossGuard();
    for (let nowUs = 0; nowUs < 10e6; nowUs += STEP_US) {
      guard.onFeedback({
        nowUs,
        received: 8,
        lost: 4,
        lostRuns: 2,
        receivedBytes: 8_000,
        roundTripUs: 50_000,
        estimateBps: 3e6,
        isQueueSeen: true,
      });
    }
    expect(guard.ceilingBps).toBe(Infinity);
    expect(guard.usualShare).toBe(0);
  });

  test('what a full queue has lost, told of when it has gone, makes no ceiling', () => {
    const guard = new LossGuard();
    for (let nowUs = 0; nowUs < 8e6; nowUs += STEP_US) {
      const isQueueSeen = nowUs < 2e6;
      const lost = nowUs < 2.4e6 ? 4 : 0;
      guard.onFeedback({
        nowUs,
        received: 8,
        lost,
        lostRuns: Math.min(1, lost),
        receivedBytes: 8_000,
        roundTripUs: 50_000,
        estimateBps: 3e6,
        isQueueSeen,
      });
      expect(guard.ceilingBps).toBe(Infinity);
    }
  });
});
