/**
 * Smaller encodes beside whole ones, for subscribers whose way is narrow: so that one bad network neither holds down the others nor
 * goes without a picture. From what the room's budget has left after everything else. Pure.
 *
 * What will surprise you:
 * - Where everybody who watches a transcode has a narrow way there is none: the whole encode follows them down. Where a whole one did
 *   not appear on the devices of all who watch it, only the smaller one is made.
 * - None is started while a switch is pending anywhere in the room, because what it will take is not spent yet. Those that run are
 *   the first to go on, so a plan that runs is planned again.
 */
import { smallerEncodeCost } from './cost.ts';
import { smallerReason, smallerTranscodeReason, wholeNotShownReason } from './reasons.ts';
import type { CodecName, Delivery, ParticipantId, Plan, RoomSnapshot, SourceId, Transcode } from './types.ts';

interface Candidate {
  readonly whole: Transcode;
  readonly narrow: ReadonlySet<ParticipantId>;
  /** Those of them on whose devices the whole one did not appear. */
  readonly forced: ReadonlySet<ParticipantId>;
  /** Nobody is left who takes the whole one. */
  readonly alone: boolean;
  readonly cost: number;
  readonly runs: boolean;
}

/** @param whole a plan in which every encode has the whole size */
export function withSmallerEncodes(room: RoomSnapshot, whole: Plan): Plan {
  const candidates = candidatesOf(room, whole);
  if (candidates.length === 0) return whole;
  let left = room.budget.transcodeCost - whole.transcodes.reduce((sum, { cost }) => sum + cost, 0);
  const granted = new Map<Transcode, Candidate>();
  // Sorted by source and codec already; those that run come first.
  for (const candidate of [
    ...candidates.filter(({ runs }) => runs),
    ...candidates.filter(({ runs }) => !runs),
  ]) {
    if ((!candidate.alone && candidate.cost > left) || (!candidate.runs && whole.switches.length > 0)) {
      continue;
    }
    if (!candidate.alone) left -= candidate.cost;
    granted.set(candidate.whole, candidate);
  }
  return {
    ...whole,
    transcodes: whole.transcodes.flatMap((transcode) => {
      const candidate = granted.get(transcode);
      return candidate === undefined ? [transcode] : split(candidate);
    }),
    deliveries: whole.deliveries.map((delivery) => {
      const candidate = [...granted.values()].find((one) => isOf(delivery, one));
      if (candidate === undefined) return delivery;
      const { from, codec, subscriber } = delivery;
      const grounds = candidate.forced.has(subscriber)
        ? wholeNotShownReason(from, codec)
        : smallerReason(from, codec);
      return { ...delivery, size: 'smaller', ...grounds };
    }),
  };
}

function candidatesOf(room: RoomSnapshot, { transcodes }: Plan): readonly Candidate[] {
  const narrowOf = new Map<SourceId, Set<ParticipantId>>();
  const forcedOf = new Map<SourceId, Set<ParticipantId>>();
  for (const { source, subscriber, narrow, small } of room.subscriptions) {
    if (small === true) forcedOf.set(source, (forcedOf.get(source) ?? new Set()).add(subscriber));
    if (small !== true && narrow !== true) continue;
    narrowOf.set(source, (narrowOf.get(source) ?? new Set()).add(subscriber));
  }
  return transcodes.flatMap((whole) => {
    const source = room.sources.find(({ id }) => id === whole.source);
    const narrow = new Set(whole.subscribers.filter((id) => narrowOf.get(whole.source)?.has(id) === true));
    const alone = narrow.size === whole.subscribers.length;
    const forced = forcedOf.get(whole.source) ?? new Set();
    if (source?.kind !== 'video' || narrow.size === 0) return [];
    if (alone && !whole.subscribers.every((id) => forced.has(id))) return [];
    const runs = runsSmaller(room, whole.source, whole.from, whole.to);
    return [{ whole, narrow, forced, alone, cost: smallerEncodeCost(source, whole.to), runs }];
  });
}

function runsSmaller(room: RoomSnapshot, source: SourceId, from: CodecName, to: CodecName): boolean {
  return (
    room.current?.transcodes.some(
      (one) => one.source === source && one.from === from && one.to === to && one.size === 'smaller',
    ) === true
  );
}

function isOf({ source, subscriber, via, codec }: Delivery, { whole, narrow }: Candidate): boolean {
  return via === 'transcode' && source === whole.source && codec === whole.to && narrow.has(subscriber);
}

/** One that is made alone is charged as the whole one in whose place it is. */
function split({ whole, narrow, alone, cost }: Candidate): readonly Transcode[] {
  const { from, to, subscribers } = whole;
  return [
    ...(alone ? [] : [{ ...whole, subscribers: subscribers.filter((id) => !narrow.has(id)) }]),
    {
      ...whole,
      size: 'smaller',
      cost: alone ? whole.cost : cost,
      subscribers: subscribers.filter((id) => narrow.has(id)),
      reason: smallerTranscodeReason(from, to, narrow.size),
    },
  ];
}
