import { describe, expect, it } from 'vitest';
import { type EncodeRate, ceilingBps } from '../bandwidth/encodeTarget.ts';
import type { WaySample } from '../bandwidth/proof.ts';
import type { WayEstimate } from '../bandwidth/types.ts';
import { createLogger } from '../observe/logger.ts';
import { type EncodeSize, type ParticipantId, participantId, sourceId } from '../plan/types.ts';
import type { Encoding } from '../sfu/encoding.ts';
import type { ViewSize } from '../sfu/viewLayer.ts';
import { VirtualClock } from '../time/virtualClock.ts';
import { Bandwidth, type BandwidthOptions, type SharedPicture, type Viewer } from './bandwidth.ts';
import type { Source } from './participant.ts';

const CEILING = ceilingBps(640, 360, 15);
const LARGE: ViewSize = { width: 640, height: 360 };

/** A stream to somebody, and what it was allowed last. */
class FakeStream {
  readonly id: string;
  readonly producerId: string;
  readonly layerCount: number;
  viewLayer: number | null = null;
  allowed: { readonly held: boolean; readonly layer: number | null } | null = null;
  priority = 1;

  constructor(id: string, producerId: string, layerCount = 1) {
    this.id = id;
    this.producerId = producerId;
    this.layerCount = layerCount;
  }

  allow(held: boolean, layer: number | null): Promise<void> {
    this.allowed = { held, layer };
    return Promise.resolve();
  }

  prefer(priority: number): Promise<void> {
    this.priority = priority;
    return Promise.resolve();
  }
}

interface Told {
  readonly to: string;
  readonly type: string;
  readonly payload: object;
}

/** A room of people who have no device: what they are told is written down. */
class Stage {
  readonly clock = new VirtualClock();
  readonly told: Told[] = [];
  readonly rates = new Map<string, readonly number[]>();
  readonly setRates: (readonly [string, Encoding, EncodeRate])[] = [];
  narrowings = 0;
  /** What is seen of every way. */
  sample: WaySample | null = null;
  readonly #outputs: BandwidthOptions['transcoders']['outputs'][number][] = [];
  speaker: ParticipantId | null = null;
  readonly #people = new Map<ParticipantId, Viewer & { readonly pictures: SharedPicture[] }>();
  readonly bandwidth: Bandwidth;

  constructor() {
    this.bandwidth = new Bandwidth({
      members: this.#people,
      transcoders: {
        outputs: this.#outputs,
        setRate: (producerId, encoding, rate) => this.setRates.push([producerId, encoding, rate]),
      },
      layers: { ratesOf: (producerId) => this.rates.get(producerId) ?? [] },
      measure: () => Promise.resolve(this.sample),
      onNarrow: () => (this.narrowings += 1),
      speaker: () => this.speaker,
      clock: this.clock,
      logger: createLogger('silent'),
    });
  }

  /** Somebody comes, whose way is limited to this; null: by nothing. */
  comes(name: string, availableBps: number | null): void {
    const id = participantId(name);
    const pictures: SharedPicture[] = [];
    this.#people.set(id, {
      pictures,
      participant: {
        id,
        way: wayOf(availableBps),
        notify: (type, payload) => this.told.push({ to: name, type, payload }),
      },
      deliveries: { pictures: () => pictures, counts: () => ({ videos: pictures.length, audios: 1 }) },
    });
  }

  way(name: string, availableBps: number | null): void {
    const person = this.#people.get(participantId(name));
    if (person !== undefined) person.participant.way = wayOf(availableBps);
  }

  /** Somebody sees somebody's camera. */
  sees(viewer: string, owner: string, stream: FakeStream, view: ViewSize | null = LARGE): FakeStream {
    this.#people.get(participantId(viewer))?.pictures.push({ stream, source: cameraOf(owner), view });
    return stream;
  }

  /** A camera is transcoded: the one producer becomes the other. */
  transcodes(producerId: string, outputProducerId: string, size: EncodeSize = 'whole'): void {
    const source = sourceId('ann:camera');
    this.#outputs.push({ producerId, sourceId: source, codec: 'H264', size, outputProducerId, active: true });
  }

  /** What somebody was told of one kind. */
  toldTo(to: string, op: string): readonly object[] {
    return this.told
      .filter((one) => one.to === to && 'op' in one.payload && one.payload.op === op)
      .map(({ payload }) => payload);
  }
}

function wayOf(availableBps: number | null): WayEstimate {
  return { availableBps, isLimit: availableBps !== null, sinceMs: 0 };
}

function cameraOf(owner: string): Source {
  return {
    id: sourceId(`${owner}:camera`),
    owner: participantId(owner),
    name: 'camera',
    kind: 'video',
    producer: null,
    retiring: [],
    sends: 'VP8',
    paused: false,
    width: 640,
    height: 360,
    frameRate: 15,
  };
}

describe('the bandwidth of a room', () => {
  it('leaves alone what nothing limits', () => {
    const stage = new Stage();
    stage.comes('ann', null);
    stage.comes('ben', null);
    const stream = stage.sees('ben', 'ann', new FakeStream('c', 'p'));
    stage.clock.advance(10_000);
    expect(stage.told).toEqual([]);
    expect(stream.allowed).toEqual({ held: false, layer: null });
    stage.bandwidth.close();
  });

  it('asks a publisher with one layer for what his only viewer can take, and for all of it again afterwards', () => {
    const stage = new Stage();
    stage.comes('ann', null);
    stage.comes('ben', 300_000);
    stage.sees('ben', 'ann', new FakeStream('c', 'p'));
    stage.clock.advance(500);
    const wanted = 300_000 * 0.9;
    expect(stage.toldTo('ann', 'rate')).toEqual([{ op: 'rate', producer_id: 'p', max_bps: wanted }]);
    expect(stage.toldTo('ben', 'share')).toMatchObject([
      {
        consumer_id: 'c',
        bps: wanted,
        held: false,
        why: { code: 'share-limited', args: { available: 270 } },
      },
    ]);
    stage.way('ben', null);
    stage.clock.advance(10_000);
    const asked = stage.toldTo('ann', 'rate').map((one) => ('max_bps' in one ? Number(one.max_bps) : 0));
    expect(asked.at(-1)).toBe(CEILING);
    expect(asked).toEqual([...asked].sort((a, b) => a - b));
    expect(asked.length).toBeGreaterThan(3);
    expect(stage.toldTo('ben', 'share').at(-1)).toMatchObject({ bps: null, why: { code: 'share-whole' } });
    stage.bandwidth.close();
  });

  it('does not let one bad network hold down the others: who has less than the floor is held back', () => {
    const stage = new Stage();
    for (const [name, bps] of [
      ['ann', null],
      ['ben', 2_000_000],
      ['cy', 90_000],
    ] as const) {
      stage.comes(name, bps);
    }
    const good = stage.sees('ben', 'ann', new FakeStream('good', 'p'));
    const bad = stage.sees('cy', 'ann', new FakeStream('bad', 'p'));
    stage.clock.advance(15_000);
    expect(good.allowed?.held).toBe(false);
    expect(bad.allowed?.held).toBe(true);
    expect(stage.toldTo('ann', 'rate')).toEqual([]);
    expect(stage.toldTo('cy', 'share').at(-1)).toMatchObject({ held: true, why: { code: 'share-held' } });
    stage.way('cy', 1_000_000);
    stage.clock.advance(500);
    expect(bad.allowed?.held).toBe(false);
    stage.bandwidth.close();
  });

  it('sends no picture for a moment where most of what is sent is sent again, without a word', async () => {
    const stage = new Stage();
    stage.comes('ann', null);
    stage.comes('ben', 600_000);
    const stream = stage.sees('ben', 'ann', new FakeStream('c', 'p'));
    const calm = { sentBps: 400_000, totalBps: 440_000, resentBps: 40_000, loss: 0.1, rttMs: 500 };
    const held: boolean[] = [];
    for (let look = 0; look < 6; look += 1) {
      stage.sample = look === 1 ? { ...calm, totalBps: 2_300_000, resentBps: 1_900_000 } : calm;
      stage.clock.advance(500);
      // What was measured is there.
      await new Promise(setImmediate);
      held.push(stream.allowed?.held === true);
    }
    expect(held).toEqual([false, true, true, false, false, false]);
    expect(stage.toldTo('ben', 'share').some((one) => 'held' in one && one.held === true)).toBe(false);
    stage.bandwidth.close();
  });

  it('lets two people on bad networks see each other at little', () => {
    const stage = new Stage();
    stage.comes('ann', 110_000);
    stage.comes('ben', 110_000);
    const there = stage.sees('ben', 'ann', new FakeStream('there', 'p'));
    const back = stage.sees('ann', 'ben', new FakeStream('back', 'q'));
    stage.clock.advance(5000);
    expect([there.allowed?.held, back.allowed?.held]).toEqual([false, false]);
    expect(stage.toldTo('ann', 'rate')).toEqual([{ op: 'rate', producer_id: 'p', max_bps: 100_000 }]);
    stage.bandwidth.close();
  });

  it('has a transcode follow its viewers, and spreads its bursts where a way is narrow', () => {
    const stage = new Stage();
    stage.comes('ben', 400_000);
    stage.sees('ben', 'ann', new FakeStream('c', 'derived'));
    stage.transcodes('p', 'derived');
    stage.clock.advance(500);
    stage.way('ben', null);
    stage.clock.advance(500);
    const [narrow, wide] = stage.setRates;
    expect(narrow).toEqual(['p', { codec: 'H264', size: 'whole' }, { targetBps: 360_000, paceBps: 900_000 }]);
    expect(wide?.[2].paceBps).toBeNull();
    stage.bandwidth.close();
  });

  it('allows the layer of simulcast that fits beside the rest, and prefers the speaker', () => {
    const stage = new Stage();
    for (const name of ['ann', 'ben']) stage.comes(name, null);
    stage.comes('cy', 900_000);
    stage.speaker = participantId('ann');
    stage.rates.set('p', [120_000, 500_000]);
    stage.rates.set('q', [120_000, 500_000]);
    const speaker = stage.sees('cy', 'ann', new FakeStream('speaker', 'p', 2));
    const other = stage.sees('cy', 'ben', new FakeStream('other', 'q', 2));
    stage.clock.advance(500);
    expect(speaker.allowed).toEqual({ held: false, layer: null });
    expect(other.allowed).toEqual({ held: false, layer: 0 });
    expect(speaker.priority).toBeGreaterThan(other.priority);
    stage.bandwidth.close();
  });

  it('says who needs a smaller encode than the others, and when he no longer does', () => {
    const stage = new Stage();
    stage.comes('ben', 2_000_000);
    stage.comes('cy', 130_000);
    stage.sees('ben', 'ann', new FakeStream('good', 'derived'));
    stage.sees('cy', 'ann', new FakeStream('bad', 'derived'));
    stage.transcodes('p', 'derived');
    const isNarrow = (name: string): boolean =>
      stage.bandwidth.isNarrow(participantId(name), sourceId('ann:camera'));
    stage.clock.advance(1000);
    expect([isNarrow('ben'), isNarrow('cy'), stage.narrowings]).toEqual([false, true, 1]);
    stage.way('cy', 1_500_000);
    stage.clock.advance(4500);
    expect(isNarrow('cy')).toBe(true);
    stage.clock.advance(1000);
    expect([isNarrow('cy'), stage.narrowings]).toEqual([false, 2]);
    stage.bandwidth.close();
  });

  it('has a smaller encode follow those who watch it, up to what its size can use', () => {
    const stage = new Stage();
    stage.comes('cy', 1_500_000);
    stage.sees('cy', 'ann', new FakeStream('c', 'small'));
    stage.transcodes('p', 'small', 'smaller');
    stage.clock.advance(500);
    const most = ceilingBps(320, 180, 15);
    expect(stage.setRates[0]?.[2].targetBps).toBe(most);
    stage.bandwidth.close();
  });

  it('ends with its room', () => {
    const stage = new Stage();
    stage.bandwidth.close();
    expect(stage.clock.pendingTasks).toBe(0);
  });
});
