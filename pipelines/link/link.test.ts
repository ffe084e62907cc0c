/** One link against closed forms: what leaves when, what is refused, what is lost. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../seeded-random.ts';
import { type Delivery, Link, type LinkConfig, LinkConfigError, type Us, asUs, msToUs } from './link.ts';

interface Numbered {
  readonly bytes: number;
  readonly id: number;
}

const SEED = 7;
const TAIL: LinkConfig['queue'] = { discipline: 'drop-tail' };
const MBIT = 1e6;

function linkOf(config: Partial<LinkConfig>, seed = SEED): Link<Numbered> {
  const whole = { capacity: { kind: 'constant', bps: MBIT }, queue: TAIL, delayMs: 0, ...config } as const;
  return new Link<Numbered>(whole, seededRandom(seed));
}

/** Everything that comes out up to then, the link asked only when it says so. */
function drain(link: Link<Numbered>, untilUs = Infinity): Delivery<Numbered>[] {
  const all: Delivery<Numbered>[] = [];
  for (let nextUs = link.nextUs(); nextUs !== null && nextUs <= untilUs; nextUs = link.nextUs()) {
    all.push(...link.take(nextUs));
  }
  return all;
}

/** A train at a constant distance. */
function train(link: Link<Numbered>, count: number, everyUs: number, bytes = 1250): Delivery<Numbered>[] {
  const all: Delivery<Numbered>[] = [];
  for (let id = 0; id < count; id += 1) {
    const nowUs = asUs(id * everyUs);
    all.push(...link.take(nowUs));
    link.send({ bytes, id }, nowUs);
  }
  return [...all, ...drain(link)];
}

describe('capacity', () => {
  it('sends an idle link’s packet after its serialisation and the delay', () => {
    const link = linkOf({ delayMs: 20 });
    link.send({ bytes: 1250, id: 1 }, msToUs(5));
    expect(link.queueBytes(msToUs(5))).toBe(1250);
    expect(drain(link)).toEqual([{ packet: { bytes: 1250, id: 1 }, atUs: msToUs(35), duplicate: false }]);
    expect(link.nextUs()).toBeNull();
  });

  it('is used to the last bit by a queue that is never empty: constant and steps', () => {
    const steps = [
      { atMs: 0, bps: 1e6 },
      { atMs: 1000, bps: 0 },
      { atMs: 1500, bps: 4e6 },
      { atMs: 2000, bps: 0.5e6 },
    ];
    for (const capacity of [
      { kind: 'constant', bps: 3e6 },
      { kind: 'steps', steps },
    ] as const) {
      const link = linkOf({ capacity });
      for (let id = 0; id < 2000; id += 1) link.send({ bytes: 1000, id }, asUs(0));
      const delivered = drain(link, msToUs(3000));
      const bits = capacity.kind === 'constant' ? 9e6 : 1e6 + 0 + 2e6 + 0.5e6;
      expect(link.capacityBits(asUs(0), msToUs(3000))).toBeCloseTo(bits, 3);
      expect(delivered.length).toBe(Math.floor(bits / 8000 + 1e-9));
    }
  });

  it('goes on with a packet that a step finds half sent', () => {
    const steps = [
      { atMs: 0, bps: 1e6 },
      { atMs: 5, bps: 0 },
      { atMs: 25, bps: 2e6 },
    ];
    const link = linkOf({ capacity: { kind: 'steps', steps } });
    link.send({ bytes: 1250, id: 0 }, asUs(0)); // 10 000 bits: 5 ms at 1 Mbit/s, 20 ms of nothing, 2.5 ms
    expect(drain(link)[0]?.atUs).toBeCloseTo(27_500, 6);
  });

  it('that ends for good holds what is queued, and says that nothing more comes', () => {
    const steps = [
      { atMs: 0, bps: 1e6 },
      { atMs: 15, bps: 0 },
    ];
    const link = linkOf({ capacity: { kind: 'steps', steps } });
    for (let id = 0; id < 2; id += 1) link.send({ bytes: 1250, id }, asUs(0));
    expect(drain(link).length).toBe(1);
    expect(link.queueBytes(msToUs(100))).toBe(1250);
    expect(link.queueDelayUs(msToUs(100))).toBe(Infinity);
  });

  it('opportunities carry 1500 bytes: small packets share one, large ones need two, and an unused one is lost', () => {
    const link = linkOf({ capacity: { kind: 'trace', opportunitiesMs: [10, 20, 30, 40, 50, 60] } });
    const sizes = [500, 500, 500, 1500, 1600, 100];
    sizes.forEach((bytes, id) => link.send({ bytes, id }, asUs(0)));
    expect(drain(link).map(({ packet, atUs }) => [packet.id, atUs / 1000])).toEqual([
      [0, 10],
      [1, 10],
      [2, 10],
      [3, 20],
      [4, 40], // 1500 of its bytes at 30
      [5, 40],
    ]);
    link.send({ bytes: 1500, id: 6 }, msToUs(41)); // what the one at 40 had left is lost
    link.send({ bytes: 1500, id: 7 }, msToUs(60)); // too late for the one at 60
    expect(drain(link, msToUs(100)).map(({ packet, atUs }) => [packet.id, atUs / 1000])).toEqual([
      [6, 50],
      [7, 70], // the trace begins again
    ]);
  });
});

describe('queue', () => {
  it('waits as long as Lindley’s recursion says, deterministic arrivals and service', () => {
    // 1250 bytes take 10 ms and come every 8: packet n waits 2n ms.
    const delivered = train(linkOf({}), 50, 8000);
    delivered.forEach(({ packet, atUs }) =>
      expect(atUs).toBeCloseTo(packet.id * 8000 + packet.id * 2000 + 10_000, 4),
    );
  });

  it('waits as long as Pollaczek and Khinchine say, random arrivals and deterministic service (M/D/1)', () => {
    for (const load of [0.3, 0.6, 0.8]) {
      const [link, random] = [linkOf({}), seededRandom(SEED)];
      const count = 400_000;
      let [nowUs, waitedUs, asked] = [0, 0, 0];
      for (let id = 0; id < count; id += 1) {
        nowUs += (-Math.log(1 - random.next()) * 10_000) / load;
        waitedUs += link.queueDelayUs(asUs(nowUs));
        asked += 1;
        link.send({ bytes: 1250, id }, asUs(nowUs));
        link.take(asUs(nowUs));
      }
      const expectedUs = (load * 10_000) / (2 * (1 - load));
      expect(waitedUs / asked / expectedUs, `seed ${SEED}, load ${load}`).toBeCloseTo(1, 1);
    }
  });

  it('says beforehand what a packet then waits', () => {
    const link = linkOf({ delayMs: 3 });
    const random = seededRandom(SEED);
    const foreseenUs: number[] = [];
    const delivered: Delivery<Numbered>[] = [];
    let nowUs = 0;
    for (let id = 0; id < 500; id += 1) {
      nowUs += random.integer(16_000);
      foreseenUs.push(nowUs + link.queueDelayUs(asUs(nowUs)) + 10_000 + 3000);
      link.send({ bytes: 1250, id }, asUs(nowUs));
      delivered.push(...link.take(asUs(nowUs)));
    }
    delivered.push(...drain(link));
    expect(delivered.length).toBe(500);
    delivered.forEach(({ atUs }, id) => expect(atUs).toBeCloseTo(foreseenUs[id] ?? NaN, 3));
  });

  it('drop-tail refuses what does not fit in bytes', () => {
    const link = linkOf({ queue: { discipline: 'drop-tail', limitBytes: 3000 } });
    const outcomes = [1250, 1250, 600, 500, 1].map((bytes, id) => link.send({ bytes, id }, asUs(0)));
    expect(outcomes).toEqual(['queued', 'queued', 'queue-full', 'queued', 'queue-full']);
    expect(link.queueBytes(asUs(9999))).toBe(3000);
    expect(link.queueBytes(asUs(10_000))).toBe(1750);
    expect(link.counters).toMatchObject({ queueFull: 2, left: 1, leftBytes: 1250 });
  });

  it('drop-tail refuses what would wait too long in ms', () => {
    const link = linkOf({ queue: { discipline: 'drop-tail', limitMs: 25 } });
    const outcomes = [0, 1, 2, 3].map((id) => link.send({ bytes: 1250, id }, asUs(0)));
    expect(outcomes).toEqual(['queued', 'queued', 'queued', 'queue-full']); // they wait 0, 10, 20, 30 ms
    expect(link.send({ bytes: 1250, id: 4 }, msToUs(5))).toBe('queued'); // 25
  });

  it('drop-tail under overload: the queue stays at its limit, and the excess is refused', () => {
    const link = linkOf({ queue: { discipline: 'drop-tail', limitBytes: 12_500 } });
    const delivered = train(link, 10_000, 5000); // twice the capacity
    expect(link.counters.queueFull / 10_000).toBeCloseTo(0.5, 2);
    expect(delivered.length + link.counters.queueFull).toBe(10_000);
    const lateUs = delivered.slice(-100).map(({ packet, atUs }) => atUs - packet.id * 5000);
    expect(Math.max(...lateUs)).toBeCloseTo(100_000, 3);
  });

  it('CoDel brings a standing queue down to its target, where drop-tail leaves it', () => {
    const p50 = (discipline: 'codel' | 'drop-tail'): number => {
      const link = linkOf({ capacity: { kind: 'constant', bps: 10 * MBIT }, queue: { discipline } });
      // 5 % too much for a minute, each drop answered by nothing.
      const delivered = train(link, 63_000, 952);
      const late = delivered.slice(30_000).map(({ packet, atUs }) => atUs - packet.id * 952);
      return late.sort((a, b) => a - b)[Math.floor(late.length / 2)] ?? NaN;
    };
    expect(p50('drop-tail')).toBeGreaterThan(1_000_000);
    expect(p50('codel')).toBeLessThan(20_000);
  });
});

describe('loss', () => {
  /** 0 for what arrived, 1 for what was lost. */
  function fates(config: Partial<LinkConfig>, count: number, seed = SEED): number[] {
    const link = linkOf(config, seed);
    return Array.from({ length: count }, (_, id) =>
      link.send({ bytes: 100, id }, msToUs(id)) === 'lost' ? 1 : 0,
    );
  }

  it('at random loses the given share: within 4 standard deviations', () => {
    const [count, share] = [200_000, 0.03];
    const lost = fates({ loss: { kind: 'random', share } }, count).reduce((sum, fate) => sum + fate, 0);
    const deviation = Math.sqrt(count * share * (1 - share));
    expect(Math.abs(lost - count * share), `seed ${SEED}`).toBeLessThan(4 * deviation);
  });

  it('in bursts loses the given share, in bursts whose lengths are geometric with the given mean', () => {
    const [count, share, meanBurstPackets] = [1_000_000, 0.02, 5];
    const all = fates({ loss: { kind: 'gilbert-elliott', share, meanBurstPackets } }, count);
    const bursts: number[] = [];
    all.forEach((fate, id) => {
      if (fate === 1 && all[id - 1] !== 1) bursts.push(0);
      if (fate === 1) bursts[bursts.length - 1] = (bursts.at(-1) ?? 0) + 1;
    });
    const lost = bursts.reduce((sum, length) => sum + length, 0);
    // Bursts are independent; a geometric length has the variance m (m - 1).
    const deviation = Math.sqrt((meanBurstPackets * (meanBurstPackets - 1)) / bursts.length);
    expect(Math.abs(lost / bursts.length - meanBurstPackets), `seed ${SEED}`).toBeLessThan(4 * deviation);
    // The share: correlated over (p + q), so the variance is larger by (2 - p - q) / (p + q).
    const mix = 1 / meanBurstPackets + share / (meanBurstPackets * (1 - share));
    const shareDeviation = Math.sqrt(((share * (1 - share)) / count) * ((2 - mix) / mix));
    expect(Math.abs(lost / count - share), `seed ${SEED}`).toBeLessThan(4 * shareDeviation);
    // P(length > k) = (1 - 1/m)^k, the survival of each length within 4 standard deviations.
    for (let k = 1; k <= 15; k += 1) {
      const survival = (1 - 1 / meanBurstPackets) ** k;
      const seen = bursts.filter((length) => length > k).length / bursts.length;
      const ofBinomial = Math.sqrt((survival * (1 - survival)) / bursts.length);
      expect(Math.abs(seen - survival), `seed ${SEED}, longer than ${k}`).toBeLessThan(4 * ofBinomial);
    }
  });

  it('is the same for the same seed, whatever else the link does', () => {
    const loss = { kind: 'random', share: 0.1 } as const;
    const plain = fates({ loss }, 2000);
    expect(fates({ loss, jitter: { maxMs: 5 }, duplicate: { share: 0.1 } }, 2000)).toEqual(plain);
    expect(fates({ loss }, 2000, SEED + 1)).not.toEqual(plain);
  });
});

describe('delay', () => {
  const fast = { capacity: { kind: 'constant', bps: 1e9 }, delayMs: 50 } as const;

  it('jitters uniformly, and never reorders', () => {
    const late = train(linkOf({ ...fast, jitter: { maxMs: 10 } }), 100_000, 20_000).map(
      ({ packet, atUs }) => atUs - packet.id * 20_000 - 50_010,
    );
    const mean = late.reduce((sum, us) => sum + us, 0) / late.length;
    expect(Math.abs(mean - 5000), `seed ${SEED}`).toBeLessThan((4 * 10_000) / Math.sqrt(12 * late.length));
    expect(Math.min(...late.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    const close = train(linkOf({ ...fast, jitter: { maxMs: 10 } }), 5000, 1000);
    expect(close.map(({ packet }) => packet.id)).toEqual(Array.from({ length: 5000 }, (_, id) => id));
    expect(close.every(({ atUs }, index) => atUs >= (close[index - 1]?.atUs ?? 0))).toBe(true);
  });

  it('jitters after a normal curve that is cut off', () => {
    const late = train(linkOf({ ...fast, jitter: { maxMs: 12, shape: 'normal' } }), 50_000, 20_000).map(
      ({ packet, atUs }) => atUs - packet.id * 20_000 - 50_010,
    );
    const within = late.filter((us) => Math.abs(us - 6000) < 2000).length / late.length;
    expect(within, `seed ${SEED}`).toBeCloseTo(0.6845, 1); // 1 standard deviation, of a curve cut at 3
    expect(late.every((us) => us >= -1e-3 && us <= 12_001)).toBe(true);
  });

  it('reorders by jitter where that is asked for, and delivers in order of arrival', () => {
    const out = train(linkOf({ ...fast, jitter: { maxMs: 10, mayReorder: true } }), 5000, 1000);
    expect(out.length).toBe(5000);
    expect(out.every(({ atUs }, index) => atUs >= (out[index - 1]?.atUs ?? 0))).toBe(true);
    expect(
      out.filter(({ packet }, index) => packet.id < (out[index - 1]?.packet.id ?? 0)).length,
    ).toBeGreaterThan(500);
    out.forEach(({ packet, atUs }) => {
      expect(atUs - packet.id * 1000).toBeGreaterThanOrEqual(50_009);
      expect(atUs - packet.id * 1000).toBeLessThanOrEqual(60_011);
    });
  });

  it('makes a share of packets late, and nobody waits for them', () => {
    const out = train(linkOf({ ...fast, reorder: { share: 0.1, lateMs: 7 } }), 20_000, 1000);
    const late = out.filter(({ packet, atUs }) => atUs - packet.id * 1000 > 51_000);
    expect(Math.abs(late.length - 2000), `seed ${SEED}`).toBeLessThan(4 * Math.sqrt(20_000 * 0.1 * 0.9));
    late.forEach(({ packet, atUs }) => expect(atUs - packet.id * 1000).toBeCloseTo(57_010, 3));
  });

  it('brings a share of packets twice, the copy marked', () => {
    const out = train(linkOf({ ...fast, duplicate: { share: 0.05, afterMs: 2 } }), 20_000, 1000);
    const copies = out.filter(({ duplicate }) => duplicate);
    expect(Math.abs(copies.length - 1000), `seed ${SEED}`).toBeLessThan(4 * Math.sqrt(20_000 * 0.05 * 0.95));
    expect(out.length).toBe(20_000 + copies.length);
    copies.forEach(({ packet, atUs }) => expect(atUs - packet.id * 1000).toBeCloseTo(52_010, 3));
  });
});

describe('outages', () => {
  it('held: the queue waits, and leaves when the link is back', () => {
    const link = linkOf({ outages: [{ fromMs: 25, toMs: 100, packets: 'held' }] });
    const outcomes = [0, 1, 2, 3].map((id) => link.send({ bytes: 1250, id }, asUs(0)));
    expect(outcomes.every((outcome) => outcome === 'queued')).toBe(true);
    expect(link.send({ bytes: 1250, id: 4 }, msToUs(50))).toBe('queued');
    const leftMs = drain(link).map(({ atUs }) => Math.round(atUs) / 1000);
    expect(leftMs).toEqual([10, 20, 105, 115, 125]); // the third was half sent
    expect(link.capacityBits(asUs(0), msToUs(200))).toBeCloseTo(125_000, 6);
    expect(link.capacityBits(msToUs(30), msToUs(99))).toBe(0);
  });

  it('lost: what is queued is gone, what is sent is lost, and what was on its way arrives', () => {
    const link = linkOf({ delayMs: 40, outages: [{ fromMs: 25, toMs: 100, packets: 'lost' }] });
    for (let id = 0; id < 4; id += 1) link.send({ bytes: 1250, id }, asUs(0));
    expect(link.send({ bytes: 1250, id: 4 }, msToUs(25))).toBe('dead');
    expect(link.queueBytes(msToUs(25))).toBe(0);
    expect(link.take(msToUs(99)).map(({ packet, atUs }) => [packet.id, atUs / 1000])).toEqual([
      [0, 50],
      [1, 60],
    ]);
    expect(link.send({ bytes: 1250, id: 5 }, msToUs(100))).toBe('queued');
    expect(drain(link).map(({ packet, atUs }) => [packet.id, Math.round(atUs) / 1000])).toEqual([[5, 150]]);
    expect(link.counters).toMatchObject({ dead: 3, left: 3 });
  });
});

describe('a link', () => {
  it('answers the same, however often it is asked', () => {
    const config: Partial<LinkConfig> = {
      capacity: { kind: 'trace', opportunitiesMs: [3, 3, 9, 14, 30, 31, 31, 60] },
      queue: { discipline: 'codel', limitBytes: 60_000 },
      delayMs: 12,
      jitter: { maxMs: 4 },
      loss: { kind: 'gilbert-elliott', share: 0.05, meanBurstPackets: 3 },
      reorder: { share: 0.02, lateMs: 9 },
      duplicate: { share: 0.02 },
      outages: [
        { fromMs: 4000, toMs: 4500, packets: 'held' },
        { fromMs: 6000, toMs: 6500, packets: 'lost' },
      ],
    };
    const run = (stepMs: number): Delivery<Numbered>[] => {
      const [link, random] = [linkOf(config), seededRandom(SEED)];
      const all: Delivery<Numbered>[] = [];
      for (let ms = 0; ms < 12_000; ms += 1) {
        for (let left = random.integer(3); left > 0; left -= 1) {
          link.send({ bytes: 100 + random.integer(1300), id: ms }, msToUs(ms));
        }
        if (ms % stepMs === 0) all.push(...link.take(msToUs(ms)));
      }
      return [...all, ...drain(link)];
    };
    const often = run(1);
    expect(often.length).toBeGreaterThan(1000);
    expect(run(977)).toEqual(often);
  });

  it('loses nothing out of sight: every packet has one fate', () => {
    const link = linkOf({
      queue: { discipline: 'codel', limitBytes: 20_000 },
      loss: { kind: 'random', share: 0.1 },
      outages: [{ fromMs: 3000, toMs: 3500, packets: 'lost' }],
    });
    const delivered = train(link, 2000, 4000);
    const { lost, queueFull, dead, dropped, left } = link.counters;
    expect(Math.min(lost, queueFull, dead, dropped, left)).toBeGreaterThan(0);
    expect(lost + queueFull + dead + dropped + left).toBe(2000);
    expect(delivered.length).toBe(left);
  });

  it('refuses time that goes back, or is none', () => {
    const link = linkOf({});
    link.take(asUs(10));
    expect(() => link.send({ bytes: 1, id: 0 }, asUs(9))).toThrow(RangeError);
    expect(() => link.take(asUs(NaN) satisfies Us)).toThrow(RangeError);
  });

  it.each<[string, Partial<LinkConfig>]>([
    ['no rate', { capacity: { kind: 'constant', bps: 0 } }],
    ['no steps', { capacity: { kind: 'steps', steps: [] } }],
    ['a late first step', { capacity: { kind: 'steps', steps: [{ atMs: 1, bps: 1 }] } }],
    ['a trace that goes back', { capacity: { kind: 'trace', opportunitiesMs: [2, 1] } }],
    ['a trace without length', { capacity: { kind: 'trace', opportunitiesMs: [0] } }],
    ['a share above 1', { loss: { kind: 'random', share: 1.1 } }],
    ['bursts too short', { loss: { kind: 'gilbert-elliott', share: 0.9, meanBurstPackets: 2 } }],
    ['a negative delay', { delayMs: -1 }],
    ['a queue of nothing', { queue: { discipline: 'drop-tail', limitBytes: 0 } }],
    ['an empty outage', { outages: [{ fromMs: 5, toMs: 5, packets: 'held' }] }],
  ])('that cannot be is refused: %s', (_, config) => {
    expect(() => linkOf(config)).toThrow(LinkConfigError);
  });
});
