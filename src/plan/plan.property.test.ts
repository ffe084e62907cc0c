/** What must hold in every room: thousands of random ones, from fixed seeds. */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { labelOf } from './codecs.ts';
import { smallerEncodeCost, transcodeCost } from './cost.ts';
import { plan } from './plan.ts';
import { histories, snapshotOf, switchesDone, worlds } from './rooms.testing.ts';
import type { CodecName, Plan, RoomSnapshot, SourceSnapshot, SubscriptionSnapshot } from './types.ts';

// Thousands of rooms: some seconds of computing, more where the machine is busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

const RUNS = { seed: 20_250_301, numRuns: 3000 };
const HISTORIES = { seed: 20_250_302, numRuns: 1500 };

function subscriptionOf(room: RoomSnapshot, source: string, subscriber: string): SubscriptionSnapshot {
  const found = room.subscriptions.find((one) => one.source === source && one.subscriber === subscriber);
  if (found === undefined) throw new Error(`The plan invents a subscription of ${subscriber} to ${source}.`);
  return found;
}

/** What somebody receives, and what of that appears of this source. */
function receivesOf(room: RoomSnapshot, source: string, subscriber: string): readonly CodecName[] {
  const { unshown = [] } = subscriptionOf(room, source, subscriber);
  const receives = room.participants.find(({ id }) => id === subscriber)?.receives ?? [];
  return receives.filter((codec) => !unshown.includes(codec));
}

function sourceOf(room: RoomSnapshot, source: string): SourceSnapshot {
  const found = room.sources.find(({ id }) => id === source);
  if (found === undefined) throw new Error(`The plan invents source ${source}.`);
  return found;
}

function canTranscode(room: RoomSnapshot, from: CodecName, to: CodecName): boolean {
  return (
    room.policy.transcoding === 'allowed' &&
    from !== to &&
    room.transcodable.some((pair) => pair.from === from && pair.to === to)
  );
}

function totalCost(made: Plan): number {
  return made.transcodes.reduce((sum, { cost }) => sum + cost, 0);
}

/** Everything that one plan, seen beside its room, must fulfil. */
function checkPlan(room: RoomSnapshot, made: Plan): void {
  checkCompleteness(room, made);
  checkDeliveries(room, made);
  checkTranscodes(room, made);
  checkSwitches(room, made);
  checkRefusals(room, made);
}

function checkCompleteness(room: RoomSnapshot, made: Plan): void {
  const pair = ({ source, subscriber }: { source: string; subscriber: string }): string =>
    `${source} ${subscriber}`;
  const answered = [...made.deliveries, ...made.undeliverable].map(pair);
  expect(answered.toSorted()).toEqual(room.subscriptions.map(pair).toSorted());
}

function checkDeliveries(room: RoomSnapshot, made: Plan): void {
  for (const { source: id, subscriber, via, from, codec, size, reason } of made.deliveries) {
    const source = sourceOf(room, id);
    const receives = receivesOf(room, id, subscriber);
    expect(source.live).toBe(true);
    expect(from).toBe(source.sends);
    expect(receives).toContain(codec);
    expect(reason).toContain(labelOf(codec));
    // Nothing is transcoded that could be forwarded.
    expect(via).toBe(receives.includes(source.sends) ? 'forward' : 'transcode');
    if (via === 'forward') expect(codec).toBe(source.sends);
    else {
      expect(made.transcodes).toContainEqual(expect.objectContaining({ source: id, from, to: codec, size }));
    }
    // Only a narrow way gets less than the others, and a device that shows no more.
    const { narrow = false, small = false } = subscriptionOf(room, id, subscriber);
    if (size === 'smaller') expect(via === 'transcode' && (narrow || small)).toBe(true);
  }
}

function checkTranscodes(room: RoomSnapshot, made: Plan): void {
  const keys = made.transcodes.map(({ source, to, size }) => `${source} ${to} ${size}`);
  expect(new Set(keys).size).toBe(keys.length);
  expect(totalCost(made)).toBeLessThanOrEqual(room.budget.transcodeCost);
  for (const { source: id, from, to, size, cost, subscribers, reason } of made.transcodes) {
    const source = sourceOf(room, id);
    expect(canTranscode(room, from, to)).toBe(true);
    const besideWhole = made.transcodes.some(
      (one) => one.source === id && one.to === to && one.size === 'whole' && size === 'smaller',
    );
    expect(cost).toBe(besideWhole ? smallerEncodeCost(source, to) : transcodeCost(source, from, to));
    const served = made.deliveries.filter(
      (one) => one.source === id && one.codec === to && one.via === 'transcode' && one.size === size,
    );
    // Nothing runs that nobody watches.
    expect(subscribers.length).toBeGreaterThan(0);
    expect(subscribers).toEqual(served.map(({ subscriber }) => subscriber));
    expect(reason).toContain(labelOf(from));
    expect(reason).toContain(labelOf(to));
    // While a switch is pending, what runs may go on, and nothing starts.
    if (made.switches.some((request) => request.source === id)) {
      expect(room.current?.transcodes).toContainEqual(
        expect.objectContaining({ source: id, from, to, size }),
      );
    }
  }
}

function checkSwitches(room: RoomSnapshot, made: Plan): void {
  expect(new Set(made.switches.map(({ source }) => source)).size).toBe(made.switches.length);
  for (const { source: id, from, to, reason } of made.switches) {
    const source = sourceOf(room, id);
    expect(source.live && room.subscriptions.some((one) => one.source === id)).toBe(true);
    expect(from).toBe(source.sends);
    expect(to).not.toBe(from);
    expect(source.canSend).toContain(to);
    expect(reason).toContain(labelOf(from));
    expect(reason).toContain(labelOf(to));
  }
}

function checkRefusals(room: RoomSnapshot, made: Plan): void {
  for (const { source: id, subscriber, code, reason } of made.undeliverable) {
    const source = sourceOf(room, id);
    const receives = receivesOf(room, id, subscriber);
    const asked = made.switches.find((request) => request.source === id);
    expect(source.live && receives.includes(source.sends)).toBe(false);
    const aboutNow = ['not-live', 'receives-none', 'switch-pending'].includes(code);
    if (code !== 'shows-none') {
      expect(reason).toContain(labelOf(aboutNow ? source.sends : (asked?.to ?? source.sends)));
    }
    if (code === 'switch-pending') expect(asked).toBeDefined();
    if (code === 'transcoding-off') expect(room.policy.transcoding).toBe('never');
    if (code !== 'budget' || made.switches.length > 0) continue;
    // What the budget refused would not have fitted.
    for (const to of receives.filter((codec) => canTranscode(room, source.sends, codec))) {
      const withIt = totalCost(made) + transcodeCost(source, source.sends, to);
      expect(withIt).toBeGreaterThan(room.budget.transcodeCost);
    }
  }
}

/** By trying everything: the most subscribers of a source that can be served, and the least cost at which they are. */
function bestByForce(room: RoomSnapshot, source: SourceSnapshot): { served: number; cost: number } {
  const watchers = room.subscriptions
    .filter((one) => one.source === source.id)
    .map(({ subscriber }) => receivesOf(room, source.id, subscriber));
  let best = { served: -1, cost: Infinity };
  const assign = (sends: CodecName, index: number, served: number, used: ReadonlySet<CodecName>): void => {
    const receives = watchers[index];
    if (receives === undefined) {
      const cost = [...used].reduce((sum, to) => sum + transcodeCost(source, sends, to), 0);
      if (served > best.served || (served === best.served && cost < best.cost)) best = { served, cost };
      return;
    }
    assign(sends, index + 1, served, used);
    for (const codec of receives) {
      if (codec === sends) assign(sends, index + 1, served + 1, used);
      else if (canTranscode(room, sends, codec)) {
        assign(sends, index + 1, served + 1, new Set([...used, codec]));
      }
    }
  };
  for (const sends of source.canSend.length > 0 ? source.canSend : [source.sends]) {
    assign(sends, 0, 0, new Set());
  }
  return best;
}

test('every plan is complete, forwards what it can, runs nothing for nobody, and gives its reasons', () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const room = snapshotOf(world);
      checkPlan(room, plan(room));
    }),
    RUNS,
  );
});

test('without a limit, everybody who can be served is, once the switches are done, at the least cost', () => {
  fc.assert(
    fc.property(worlds, (drawn) => {
      const world = { ...drawn, room: { ...drawn.room, budget: { transcodeCost: Infinity } } };
      const first = plan(snapshotOf(world));
      const settled = snapshotOf(switchesDone(world, first), first);
      const made = plan(settled);
      for (const source of settled.sources.filter(({ live }) => live)) {
        if (!settled.subscriptions.some((one) => one.source === source.id)) continue;
        const best = bestByForce(settled, source);
        const transcodes = made.transcodes.filter(
          ({ source: of, to, size }) =>
            of === source.id &&
            (size === 'whole' ||
              !made.transcodes.some((one) => one.source === of && one.to === to && one.size === 'whole')),
        );
        expect(made.deliveries.filter((one) => one.source === source.id)).toHaveLength(best.served);
        expect(transcodes.reduce((sum, { cost }) => sum + cost, 0)).toBe(best.cost);
      }
      expect(made.undeliverable.filter(({ code }) => code === 'budget')).toEqual([]);
    }),
    { ...RUNS, numRuns: 2000 },
  );
});

test('the order of the lists does not matter', () => {
  const shuffled = <T>(items: readonly T[]): fc.Arbitrary<T[]> =>
    fc.shuffledSubarray([...items], { minLength: items.length });
  const pairs = worlds.chain((world) => {
    const room = snapshotOf(world);
    const lists = fc.record({
      participants: shuffled(room.participants),
      sources: shuffled(room.sources),
      subscriptions: shuffled(room.subscriptions),
      transcodable: shuffled(room.transcodable),
    });
    return fc.tuple(fc.constant(room), lists);
  });
  fc.assert(
    fc.property(pairs, ([room, lists]) => {
      const made = plan(room);
      expect(plan({ ...room, ...lists })).toEqual(made);
      const current: Plan = {
        switches: made.switches.toReversed(),
        transcodes: made.transcodes.toReversed(),
        deliveries: made.deliveries.toReversed(),
        undeliverable: made.undeliverable.toReversed(),
      };
      expect(plan({ ...room, ...lists, current })).toEqual(made);
    }),
    RUNS,
  );
});

test('a plan that runs is planned again, and one round of switches settles a room', () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const first = plan(snapshotOf(world));
      expect(plan(snapshotOf(world, first))).toEqual(first);
      const switched = switchesDone(world, first);
      const second = plan(snapshotOf(switched, first));
      expect(second.switches).toEqual([]);
      expect(plan(snapshotOf(switched, second))).toEqual(second);
    }),
    RUNS,
  );
});

test('through a history of joins, leaves, restrictions and limits, every plan holds and is stable', () => {
  fc.assert(
    fc.property(worlds, histories, (start, events) => {
      let world = start;
      let running = plan(snapshotOf(world));
      for (const event of events) {
        world = event(world, running);
        const room = snapshotOf(world, running);
        const next = plan(room);
        checkPlan(room, next);
        expect(plan(snapshotOf(world, next))).toEqual(next);
        running = next;
      }
      // What a pending switch holds may go to another source once it is free, so a tight budget may take more rounds.
      const mostRounds = Number.isFinite(world.room.budget.transcodeCost) ? world.room.sources.length + 1 : 1;
      let rounds = 0;
      while (running.switches.length > 0) {
        rounds += 1;
        expect(rounds).toBeLessThanOrEqual(mostRounds);
        world = switchesDone(world, running);
        running = plan(snapshotOf(world, running));
      }
    }),
    HISTORIES,
  );
});
