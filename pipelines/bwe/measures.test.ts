/** The parts that read the path: base delay, service rate, headroom, probes. */
import { describe, expect, test } from 'vitest';
import { Headroom } from './headroom.ts';
import { PathDelay } from './path-delay.ts';
import { Probing } from './probing.ts';
import { type Arrival, ServiceMeter } from './service-rate.ts';
import { TUNING } from './tuning.ts';

/** Packets through a queue with one rate; the receiver's clock is 77 s ahead. */
function through(bps: number, delayUs: number, sentUs: readonly number[], bytes = 1000): Arrival[] {
  let freeUs = 0;
  return sentUs.map((atUs) => {
    freeUs = Math.max(freeUs, atUs) + (bytes * 8e6) / bps;
    return { bytes, sentUs: atUs, receivedUs: freeUs + delayUs + 77_000_000 };
  });
}

describe('base delay', () => {
  test('the smallest counts, both ways; a queue is what is above it', () => {
    const path = new PathDelay();
    for (const queueUs of [5_000, 0, 9_000]) path.onPacket(1_000, 1_000 + 20_000 + queueUs + 77e6, 100_000);
    path.onFeedback(80_000 + 77e6, 100_000);
    path.onFeedback(80_000 + 77e6, 103_000);
    expect(path.baseRoundTripUs).toBeCloseTo(40_000, 0);
    expect(path.queueUs(0, 29_000 + 77e6)).toBeCloseTo(9_000, 0);
    expect(path.queueUs(0, 77e6)).toBe(0);
  });

  test('a longer route is believed after half a minute, a shorter one at once', () => {
    const path = new PathDelay();
    path.onPacket(0, 20_000, 0);
    for (let s = 1; s <= 29; s++) path.onPacket(0, 50_000, s * 1e6);
    expect(path.baseForwardUs).toBeCloseTo(20_000 + 29 * 60, 6);
    path.onPacket(0, 50_000, 30e6);
    expect(path.baseForwardUs).toBeLessThanOrEqual(50_000);
    expect(path.baseForwardUs).toBeGreaterThan(48_000);
    path.onPacket(0, 10_000, 31e6);
    expect(path.baseForwardUs).toBe(10_000);
  });
});

describe('clocks that run apart', () => {
  test.each([-50e-6, 0, 50e-6])('by %d do not look like a queue', (drift) => {
    const path = new PathDelay();
    let worstUs = 0;
    for (let atUs = 0; atUs < 120e6; atUs += 20_000) {
      const receivedUs = 77e6 + (atUs + 20_000) * (1 + drift);
      path.onPacket(atUs, receivedUs, atUs + 40_000);
      worstUs = Math.max(worstUs, path.queueUs(atUs, receivedUs));
    }
    expect(worstUs).toBeLessThan(100);
  });
});

describe('service rate', () => {
  const bursts = Array.from({ length: 10 }, (_, burst) =>
    Array.from({ length: 10 }, (_, i) => burst * 33_000 + i * 100),
  ).flat();

  test('bursts at a tenth of the link still show its whole rate', () => {
    const arrivals = through(10e6, 20_000, bursts);
    const meter = new ServiceMeter();
    const base = 77e6 + 20_000 + 800;
    meter.onBatch(arrivals.slice(0, 1), base, 500);
    const load = meter.onBatch(arrivals.slice(1), base, 500);
    expect(meter.rate(1e6, 5)?.bps).toBeCloseTo(10e6, -4);
    expect(load.bytes).toBe(99_000);
    expect(load.queuedBytes).toBeGreaterThan(70_000);
    expect(load.busyUs / load.spanUs).toBeLessThan(0.3);
  });

  test('nothing waits on a link that is faster than what is sent', () => {
    const sent = Array.from({ length: 50 }, (_, i) => i * 2_000);
    const meter = new ServiceMeter();
    const load = meter.onBatch(through(10e6, 20_000, sent), 77e6 + 20_800, 500);
    expect(load.queuedBytes).toBe(0);
    expect(meter.rate(1e6, 5)).toBeNull();
  });

  test('a link that stood still for 200 ms was slow, for whoever wants to count that whole', () => {
    const arrivals = through(8e6, 20_000, [0, 1, 2, 3, 4, 5, 6, 7]).map((arrival, i) =>
      i < 4 ? arrival : { ...arrival, receivedUs: arrival.receivedUs + 200_000 },
    );
    const meter = new ServiceMeter();
    meter.onBatch(arrivals, 77e6 + 21_000, 500);
    expect(meter.rate(1e6, 8)?.bps).toBeLessThan(1e6);
    expect(meter.rate(1e6, 8, 5_000)?.bps).toBeGreaterThan(3e6);
    expect(meter.rate(2_500, 2)?.bps).toBeCloseTo(8e6, -5);
  });
});

describe('headroom', () => {
  const after = (fast: (i: number) => number): number => {
    const headroom = new Headroom(TUNING);
    for (let i = 0; i < 4000; i++) headroom.onReading(fast(i), 1e6, 25_000);
    return headroom.factor;
  };

  test('all of a steady link, less of one that scatters, more of one that comes and goes', () => {
    const steady = after(() => 1e6);
    const scattered = after((i) => (i % 2 === 0 ? 1.15e6 : 0.87e6));
    const wild = after((i) => (i % 2 === 0 ? 2.6e6 : 0.38e6));
    expect(steady).toBe(1);
    expect(scattered).toBeLessThan(0.9);
    expect(wild).toBeGreaterThan(1);
    expect(wild).toBeLessThanOrEqual(TUNING.maxHeadroom);
  });

  test('a rate of nothing counts as little, not as infinitely wild', () => {
    expect(Number.isFinite(after(() => 0))).toBe(true);
  });
});

describe('probing', () => {
  test('asks only where less is sent than is believed, more is wanted, and not too often', () => {
    const probing = new Probing();
    expect(probing.next(6e6, 1e6, 0.9e6, 9e6)).toBeNull();
    expect(probing.next(6e6, 1e6, 0.1e6, 1e6)).toBeNull();
    const probe = probing.next(6e6, 1e6, 0.1e6, 9e6);
    expect(probe).toMatchObject({ bps: 2e6 });
    expect(probing.next(7e6, 1e6, 0.1e6, 9e6)).toBeNull();
    expect(probing.next(11.1e6, 1e6, 0.1e6, 1.5e6)).toMatchObject({ bps: 1.5e6 });
  });

  test('reads a train by its dispersion, and no more than was sent', () => {
    const read = (linkBps: number): number | null => {
      const probing = new Probing();
      const probe = probing.next(6e6, 1e6, 0, 9e6);
      const gapUs = 8000e6 / (probe?.bps ?? 1);
      const sent = Array.from({ length: 8 }, (_, i) => Math.round(i * gapUs));
      return through(linkBps, 0, sent).reduce<number | null>(
        (shown, arrival, sequence) =>
          probing.onResult({
            ...arrival,
            sequence,
            probeId: probe?.id,
            fate: 'received',
            isCorrection: false,
          }) ?? shown,
        null,
      );
    };
    expect(read(1.4e6)).toBeCloseTo(0.9 * 1.4e6, -4);
    expect(read(20e6)).toBeCloseTo(0.9 * 2e6, -4);
  });
});
