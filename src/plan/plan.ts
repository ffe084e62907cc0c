/**
 * `plan(room)`: who gets which source in which way, as a pure function. No clock, no state, no randomness; the order of the
 * snapshot's lists does not matter.
 *
 * For each source, what the owner should send and what is transcoded are chosen together: first so that as many
 * subscribers as possible get it, then so that the transcodes cost least, then so that nothing changes. Forwarding costs
 * nothing, so it is preferred to a switch only by the third rule, and a switch to a transcode by the second.
 *
 * What will surprise you:
 * - Where a switch is asked for, deliveries are those of the codec that is sent still. Transcodes that run go on
 *   meanwhile, and none is started (docs/decisions/003-planner.md says why). When the owner has refused, or has not
 *   switched in time, take the codec out of `canSend` and plan again.
 * - Smaller encodes for narrow ways come last, from what the budget has left (`smaller.ts`).
 * - Costs count whole transcodes at rest. While one replaces another, both run for a moment.
 */
import { shareBudget } from './budget.ts';
import { checkRoom } from './check.ts';
import { kindOf, placeOf } from './codecs.ts';
import { transcodeCost } from './cost.ts';
import { codecFor } from './options.ts';
import {
  forwardReason,
  notLive,
  notShownReason,
  notTranscodable,
  overBudget,
  receivesNone,
  sharedTranscodeReason,
  showsNone,
  switchPending,
  switchReason,
  transcodeReason,
  transcodingOff,
} from './reasons.ts';
import { withSmallerEncodes } from './smaller.ts';
import type { Choice } from './budget.ts';
import type { SourceCase, Watcher } from './options.ts';
import type { Refusal } from './reasons.ts';
import type {
  CodecName,
  Delivery,
  Plan,
  RoomSnapshot,
  SourceId,
  SourceSnapshot,
  SwitchRequest,
  Transcode,
  Undeliverable,
} from './types.ts';

/**
 * @throws InconsistentRoomError where the snapshot contradicts itself.
 */
export function plan(room: RoomSnapshot): Plan {
  checkRoom(room);
  const watchersOf = groupWatchers(room);
  const sources = room.sources.filter(({ id }) => watchersOf.has(id)).sort((a, b) => compareIds(a.id, b.id));
  const cases = sources
    .filter(({ live }) => live)
    .map((source) => caseOf(room, source, watchersOf.get(source.id) ?? []));
  const choices = new Map(
    shareBudget(cases, room.budget.transcodeCost).map((choice) => [choice.about.source.id, choice]),
  );
  const parts = sources.map((source) => {
    const choice = choices.get(source.id);
    return choice === undefined
      ? withoutStream(source, watchersOf.get(source.id) ?? [])
      : carryOut(room, choice);
  });
  return withSmallerEncodes(room, {
    switches: parts.flatMap(({ switches }) => switches),
    transcodes: parts.flatMap(({ transcodes }) => transcodes),
    deliveries: parts.flatMap(({ deliveries }) => deliveries),
    undeliverable: parts.flatMap(({ undeliverable }) => undeliverable),
  });
}

/** By code unit, so that the order does not depend on a locale. */
function compareIds(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function groupWatchers(room: RoomSnapshot): ReadonlyMap<SourceId, readonly Watcher[]> {
  const participants = new Map(room.participants.map((participant) => [participant.id, participant]));
  const kinds = new Map(room.sources.map(({ id, kind }) => [id, kind]));
  const groups = new Map<SourceId, Watcher[]>();
  const sorted = [...room.subscriptions].sort((a, b) => compareIds(a.subscriber, b.subscriber));
  for (const { subscriber, source, unshown = [] } of sorted) {
    const receives = (participants.get(subscriber)?.receives ?? []).filter(
      (codec) => kindOf(codec) === kinds.get(source),
    );
    const watcher = {
      id: subscriber,
      receives: receives.filter((codec) => !unshown.includes(codec)),
      unshown: receives.filter((codec) => unshown.includes(codec)),
    };
    const group = groups.get(source);
    if (group === undefined) groups.set(source, [watcher]);
    else group.push(watcher);
  }
  return groups;
}

function caseOf(room: RoomSnapshot, source: SourceSnapshot, watchers: readonly Watcher[]): SourceCase {
  const targetsOf = (from: CodecName): readonly CodecName[] =>
    room.policy.transcoding === 'never' ? [] : engineTargets(room, from);
  const running =
    room.current?.transcodes.filter(({ source: of, size }) => of === source.id && size === 'whole') ?? [];
  const asked = room.current?.switches.find((request) => request.source === source.id);
  const runningCost = running.reduce((sum, { from, to }) => sum + transcodeCost(source, from, to), 0);
  const promised = asked?.afterwards.map((to) => transcodeCost(source, asked.to, to)) ?? [];
  return {
    source,
    watchers,
    targetsOf,
    running: running
      .filter(({ from, to }) => from === source.sends && targetsOf(from).includes(to))
      .map(({ to }) => to),
    askedFor: asked?.to,
    familiar: new Set([...running.map(({ to }) => to), ...(asked?.afterwards ?? [])]),
    heldCost: Math.max(
      runningCost,
      promised.reduce((sum, cost) => sum + cost, 0),
    ),
  };
}

function engineTargets(room: RoomSnapshot, from: CodecName): readonly CodecName[] {
  const targets = room.transcodable
    .filter((pair) => pair.from === from && pair.to !== from)
    .map(({ to }) => to);
  return [...new Set(targets)].sort((a, b) => placeOf(a) - placeOf(b));
}

function withoutStream(source: SourceSnapshot, watchers: readonly Watcher[]): Plan {
  const undeliverable = watchers.map(({ id }) => ({ source: source.id, subscriber: id, ...notLive(source) }));
  return { switches: [], transcodes: [], deliveries: [], undeliverable };
}

function carryOut(room: RoomSnapshot, choice: Choice): Plan {
  const { source, watchers } = choice.about;
  const now = choice.meanwhile ?? choice.option;
  const deliveries: Delivery[] = [];
  const undeliverable: Undeliverable[] = [];
  for (const watcher of watchers) {
    const between = { source: source.id, subscriber: watcher.id };
    const codec = codecFor(watcher.receives, now);
    if (codec === undefined) undeliverable.push({ ...between, ...refuse(room, choice, watcher) });
    else deliveries.push({ ...between, ...deliver(choice, watcher, codec) });
  }
  const transcodes = now.transcodes.map((to) => transcodeOf(choice, to, deliveries));
  return { switches: askedOf(choice), transcodes, deliveries, undeliverable };
}

function deliver(
  { about: { source }, option }: Choice,
  { receives, unshown }: Watcher,
  codec: CodecName,
): Omit<Delivery, 'source' | 'subscriber'> {
  if (codec === source.sends) {
    return { via: 'forward', from: codec, codec, size: 'whole', ...forwardReason(source, option.sends) };
  }
  const grounds =
    unshown.includes(source.sends) && option.sends === source.sends
      ? notShownReason(source, codec)
      : transcodeReason(source, codec, option.sends, receives);
  return { via: 'transcode', from: source.sends, codec, size: 'whole', ...grounds };
}

function transcodeOf(choice: Choice, to: CodecName, deliveries: readonly Delivery[]): Transcode {
  const { source } = choice.about;
  const subscribers = deliveries.filter(({ codec }) => codec === to).map(({ subscriber }) => subscriber);
  return {
    source: source.id,
    from: source.sends,
    to,
    size: 'whole',
    cost: transcodeCost(source, source.sends, to),
    subscribers,
    reason: sharedTranscodeReason(source, to, choice.option.sends, subscribers.length),
  };
}

function askedOf({ about: { source, watchers }, option }: Choice): readonly SwitchRequest[] {
  if (option.sends === source.sends) return [];
  const forwarded = watchers.filter(({ receives }) => receives.includes(option.sends)).length;
  const reason = switchReason(source, option, forwarded, watchers.length);
  return [{ source: source.id, from: source.sends, to: option.sends, afterwards: option.transcodes, reason }];
}

/** Why this subscriber gets nothing now. */
function refuse(room: RoomSnapshot, { about, option }: Choice, { receives, unshown }: Watcher): Refusal {
  const { source } = about;
  if (receives.length === 0) return unshown.length === 0 ? receivesNone(source) : showsNone(unshown);
  // Nothing now, but something under the option aimed at: then the switch to it is what is waited for.
  const afterwards = codecFor(receives, option);
  if (afterwards !== undefined) return switchPending(source, option.sends, afterwards);
  const [cheapest] = engineTargets(room, option.sends)
    .filter((to) => receives.includes(to))
    .map((to) => ({ to, cost: transcodeCost(source, option.sends, to) }))
    .sort((a, b) => a.cost - b.cost);
  if (cheapest === undefined) return notTranscodable(source, option.sends, receives);
  if (room.policy.transcoding === 'never') return transcodingOff(source, option.sends, receives);
  return overBudget(source, option.sends, receives, cheapest, room.budget.transcodeCost);
}
