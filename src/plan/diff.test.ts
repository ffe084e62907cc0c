/** Actions between plans: the plain cases, and then random histories in which carrying them out must break nothing. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { diffPlans } from './diff.ts';
import { plan } from './plan.ts';
import { histories, snapshotOf, worlds } from './rooms.testing.ts';
import { participantId, sourceId } from './types.ts';
import type { PlanAction } from './diff.ts';
import type { CodecName, Delivery, Plan, Transcode, Why } from './types.ts';

// Thousands of rooms: some seconds of computing, more where the machine is busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

const ANN = sourceId('ann-camera');
const BOB = participantId('bob');
const WHY: Why = { code: 'forwarded', args: {} };
const NOTHING: Plan = { switches: [], transcodes: [], deliveries: [], undeliverable: [] };

function delivery(from: CodecName, codec: CodecName, reason = `because ${from} and ${codec}`): Delivery {
  const via = from === codec ? 'forward' : 'transcode';
  return { source: ANN, subscriber: BOB, via, from, codec, size: 'whole', reason, why: WHY };
}

function transcode(from: CodecName, to: CodecName): Transcode {
  const reason = `because ${from} and ${to}`;
  return { source: ANN, from, to, size: 'whole', cost: 1, subscribers: [BOB], reason };
}

function refused(reason: string): Plan {
  return { ...NOTHING, undeliverable: [{ source: ANN, subscriber: BOB, code: 'budget', reason, why: WHY }] };
}

const forwarded: Plan = { ...NOTHING, deliveries: [delivery('VP8', 'VP8')] };
const transcoded: Plan = {
  ...NOTHING,
  transcodes: [transcode('VP8', 'H264')],
  deliveries: [delivery('VP8', 'H264')],
};

describe('from one plan to the next', () => {
  test('the same plan: nothing to do', () => {
    expect(diffPlans(transcoded, transcoded)).toEqual([]);
    expect(diffPlans(undefined, NOTHING)).toEqual([]);
  });

  test('from nothing: the transcode starts before what it makes is delivered', () => {
    expect(diffPlans(undefined, transcoded)).toEqual([
      { action: 'start-transcode', transcode: transcode('VP8', 'H264'), reason: 'because VP8 and H264' },
      { action: 'deliver', delivery: delivery('VP8', 'H264'), reason: 'because VP8 and H264' },
    ]);
  });

  test('make before break: a forward replaced by a transcode names the forward, and the other way round', () => {
    expect(diffPlans(forwarded, transcoded).map(({ action }) => action)).toEqual([
      'start-transcode',
      'redeliver',
    ]);
    expect(diffPlans(transcoded, forwarded)).toEqual([
      {
        action: 'redeliver',
        delivery: delivery('VP8', 'VP8'),
        replaces: delivery('VP8', 'H264'),
        reason: 'because VP8 and VP8',
      },
      {
        action: 'stop-transcode',
        transcode: transcode('VP8', 'H264'),
        reason: 'stopped VP8 → H.264: nobody needs it any more',
      },
    ]);
  });

  test('the same codec transcoded from another one is another stream', () => {
    const fromAv1 = {
      ...NOTHING,
      transcodes: [transcode('AV1', 'H264')],
      deliveries: [delivery('AV1', 'H264')],
    };
    expect(diffPlans(transcoded, fromAv1).map(({ action }) => action)).toEqual([
      'start-transcode',
      'redeliver',
      'stop-transcode',
    ]);
  });

  test('a subscriber who leaves', () => {
    expect(diffPlans(transcoded, NOTHING)).toEqual([
      {
        action: 'undeliver',
        delivery: delivery('VP8', 'H264'),
        reason: 'stopped H.264: no longer watched',
      },
      {
        action: 'stop-transcode',
        transcode: transcode('VP8', 'H264'),
        reason: 'stopped VP8 → H.264: nobody needs it any more',
      },
    ]);
  });

  test('a subscriber who loses a transcode reads why, and so does the log', () => {
    expect(diffPlans(transcoded, refused('not delivered: no budget')).map(({ reason }) => reason)).toEqual([
      'not delivered: no budget',
      'stopped VP8 → H.264: a subscriber is not delivered: no budget',
    ]);
  });

  test('new words for the same stream, or the same absence of one', () => {
    const reworded: Plan = { ...NOTHING, deliveries: [delivery('VP8', 'VP8', 'other words')] };
    const between = { source: ANN, subscriber: BOB };
    expect(diffPlans(forwarded, reworded)).toEqual([
      { action: 'explain', ...between, reason: 'other words' },
    ]);
    expect(diffPlans(refused('one'), refused('two'))).toEqual([
      { action: 'explain', ...between, reason: 'two' },
    ]);
    expect(diffPlans(undefined, refused('one'))).toEqual([{ action: 'explain', ...between, reason: 'one' }]);
    expect(diffPlans(refused('one'), refused('one'))).toEqual([]);
  });

  test('a switch is asked for once, and forgotten when it is done or asked for otherwise', () => {
    const toH264 = { source: ANN, from: 'VP8', to: 'H264', afterwards: [], reason: 'H.264 please' } as const;
    const toAv1 = { ...toH264, to: 'AV1', reason: 'AV1 please' } as const;
    const asking: Plan = { ...NOTHING, switches: [toH264] };
    expect(diffPlans(undefined, asking)).toEqual([
      { action: 'ask-switch', request: toH264, reason: 'H.264 please' },
    ]);
    expect(diffPlans(asking, { ...NOTHING, switches: [{ ...toH264, reason: 'other words' }] })).toEqual([]);
    expect(diffPlans(asking, { ...NOTHING, switches: [toAv1] }).map(({ action }) => action)).toEqual([
      'forget-switch',
      'ask-switch',
    ]);
    expect(diffPlans(asking, NOTHING)).toEqual([
      {
        action: 'forget-switch',
        forgotten: toH264,
        reason: 'the switch VP8 → H.264 is done or no longer needed',
      },
    ]);
  });
});

/** What a reconciler would have running, and refuses to do to it. */
class Running {
  readonly asked = new Set<string>();
  readonly transcodes = new Set<string>();
  readonly streams = new Map<string, string>();
  readonly words = new Map<string, string>();

  carryOut(step: PlanAction): void {
    expect(step.reason).not.toBe('');
    switch (step.action) {
      case 'ask-switch':
        expect(this.asked).not.toContain(switchName(step.request));
        this.asked.add(switchName(step.request));
        break;
      case 'forget-switch':
        expect(this.asked.delete(switchName(step.forgotten))).toBe(true);
        break;
      case 'start-transcode':
        expect(this.transcodes).not.toContain(transcodeName(step.transcode));
        this.transcodes.add(transcodeName(step.transcode));
        break;
      case 'deliver':
        expect(this.streams.has(pairName(step.delivery))).toBe(false);
        this.play(step.delivery);
        break;
      case 'redeliver':
        expect(this.streams.get(pairName(step.delivery))).toBe(streamName(step.replaces));
        expect(streamName(step.delivery)).not.toBe(streamName(step.replaces));
        this.play(step.delivery);
        break;
      case 'undeliver':
        expect(this.streams.get(pairName(step.delivery))).toBe(streamName(step.delivery));
        this.streams.delete(pairName(step.delivery));
        this.words.set(pairName(step.delivery), step.reason);
        break;
      case 'explain':
        expect(this.words.get(pairName(step))).not.toBe(step.reason);
        this.words.set(pairName(step), step.reason);
        break;
      case 'stop-transcode':
        expect([...this.streams.values()]).not.toContain(transcodeName(step.transcode));
        expect(this.transcodes.delete(transcodeName(step.transcode))).toBe(true);
        break;
    }
  }

  /** The tile of a source that is not watched any more is gone, with what stood on it. */
  forgetWordsBut(pairs: readonly string[]): void {
    for (const pair of this.words.keys()) if (!pairs.includes(pair)) this.words.delete(pair);
  }

  private play(playing: Delivery): void {
    if (playing.via === 'transcode') expect(this.transcodes).toContain(streamName(playing));
    this.streams.set(pairName(playing), streamName(playing));
    this.words.set(pairName(playing), playing.reason);
  }
}

const switchName = ({ source, to }: { source: string; to: string }): string => `${source} to ${to}`;
const transcodeName = ({ source, from, to, size }: Transcode): string => `${source} ${from}>${to} ${size}`;
const streamName = ({ source, from, codec, size }: Delivery): string => `${source} ${from}>${codec} ${size}`;
const pairName = ({ source, subscriber }: { source: string; subscriber: string }): string =>
  `${source} for ${subscriber}`;

test('carried out in order, the actions of any history turn each plan into the next and break nothing', () => {
  fc.assert(
    fc.property(worlds, histories, (start, events) => {
      let world = start;
      let current: Plan | undefined;
      const running = new Running();
      for (const event of [(): typeof world => world, ...events]) {
        world = event(world, current ?? NOTHING);
        const next = plan(snapshotOf(world, current));
        const actions = diffPlans(current, next);
        const names = actions.map(({ action }) => action);
        if (names.includes('stop-transcode')) {
          expect(names.lastIndexOf('start-transcode')).toBeLessThan(names.indexOf('stop-transcode'));
        }
        for (const step of actions) running.carryOut(step);
        expect(running.asked).toEqual(new Set(next.switches.map(switchName)));
        expect(running.transcodes).toEqual(new Set(next.transcodes.map(transcodeName)));
        expect(running.streams).toEqual(
          new Map(next.deliveries.map((playing) => [pairName(playing), streamName(playing)])),
        );
        const answers = [...next.deliveries, ...next.undeliverable];
        running.forgetWordsBut(answers.map(pairName));
        expect(running.words).toEqual(new Map(answers.map((answer) => [pairName(answer), answer.reason])));
        current = next;
      }
    }),
    { seed: 20_250_303, numRuns: 1500 },
  );
});
