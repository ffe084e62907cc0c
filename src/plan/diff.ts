/**
 * What to do to get from one plan to the next, in an order that breaks nothing that works: ask, start, deliver, replace,
 * take away, and only then stop.
 *
 * What will surprise you:
 * - The list is an order, not a schedule. Whoever carries it out waits, for each delivery from a transcode, until that
 *   transcode has produced its first picture, and stops a transcode once the deliveries that replace its own have arrived.
 * - A delivery is the same while its stream is the same. A change of words alone is an `explain`.
 */
import { forgetReason, noLongerWatched, stopReason } from './reasons.ts';
import type {
  Delivery,
  ParticipantId,
  Plan,
  SourceId,
  SwitchRequest,
  Transcode,
  Undeliverable,
} from './types.ts';

export type PlanAction =
  /** The request in the earlier plan is done or not wanted any more: wait for it no longer. */
  | { readonly action: 'forget-switch'; readonly forgotten: SwitchRequest; readonly reason: string }
  | { readonly action: 'ask-switch'; readonly request: SwitchRequest; readonly reason: string }
  | { readonly action: 'start-transcode'; readonly transcode: Transcode; readonly reason: string }
  | { readonly action: 'deliver'; readonly delivery: Delivery; readonly reason: string }
  | {
      readonly action: 'redeliver';
      readonly delivery: Delivery;
      /** Ends when `delivery` has something to show. */
      readonly replaces: Delivery;
      readonly reason: string;
    }
  | { readonly action: 'undeliver'; readonly delivery: Delivery; readonly reason: string }
  /** Nothing about the streams: the subscriber's tile has something new to say. */
  | {
      readonly action: 'explain';
      readonly source: SourceId;
      readonly subscriber: ParticipantId;
      readonly reason: string;
    }
  | { readonly action: 'stop-transcode'; readonly transcode: Transcode; readonly reason: string };

const NOTHING: Plan = { switches: [], transcodes: [], deliveries: [], undeliverable: [] };

type Between = Pick<Delivery, 'source' | 'subscriber'>;

/** The length keeps any two ids apart, whatever they contain. */
const key = (source: SourceId, rest: string): string => `${source.length} ${source} ${rest}`;
const switchKey = ({ source, to }: SwitchRequest): string => key(source, to);
const transcodeKey = ({ source, from, to, size }: Transcode): string => key(source, `${from} ${to} ${size}`);
/** Names a source on its way to a subscriber, as the key of a map. */
export const betweenKey = ({ source, subscriber }: Between): string => key(source, subscriber);

/**
 * @param previous what runs now; absent: nothing does.
 * @returns actions in the order in which to begin them; empty where nothing changes.
 */
export function diffPlans(previous: Plan | undefined, next: Plan): readonly PlanAction[] {
  const before = previous ?? NOTHING;
  return [
    ...absent(before.switches, next.switches, switchKey).map((forgotten): PlanAction => ({
      action: 'forget-switch',
      forgotten,
      reason: forgetReason(forgotten),
    })),
    ...absent(next.switches, before.switches, switchKey).map((request): PlanAction => ({
      action: 'ask-switch',
      request,
      reason: request.reason,
    })),
    ...absent(next.transcodes, before.transcodes, transcodeKey).map((transcode): PlanAction => ({
      action: 'start-transcode',
      transcode,
      reason: transcode.reason,
    })),
    ...changedDeliveries(before, next),
    ...endedDeliveries(before, next),
    ...newWords(before, next),
    ...stoppedTranscodes(before, next),
  ];
}

/** Items of `a` whose key is not in `b`. */
function absent<T>(a: readonly T[], b: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const known = new Set(b.map(keyOf));
  return a.filter((item) => !known.has(keyOf(item)));
}

/** Deliveries first that begin, then those that replace another. */
function changedDeliveries(before: Plan, next: Plan): readonly PlanAction[] {
  const earlier = byPair(before.deliveries);
  const begun: PlanAction[] = [];
  const replaced: PlanAction[] = [];
  for (const delivery of next.deliveries) {
    const { reason } = delivery;
    const replaces = earlier.get(betweenKey(delivery));
    if (replaces === undefined) begun.push({ action: 'deliver', delivery, reason });
    else if (!sameStream(replaces, delivery)) {
      replaced.push({ action: 'redeliver', delivery, replaces, reason });
    }
  }
  return [...begun, ...replaced];
}

function endedDeliveries(before: Plan, next: Plan): readonly PlanAction[] {
  const refusals = byPair(next.undeliverable);
  return absent<Delivery>(before.deliveries, next.deliveries, betweenKey).map((delivery) => {
    const reason = refusals.get(betweenKey(delivery))?.reason ?? noLongerWatched(delivery.codec);
    return { action: 'undeliver', delivery, reason };
  });
}

/** What an `undeliver` or a (re)delivery says already is not said twice. */
function newWords(before: Plan, next: Plan): readonly PlanAction[] {
  const delivered = byPair(before.deliveries);
  const refused = byPair(before.undeliverable);
  const reworded = next.deliveries.filter((delivery) => {
    const earlier = delivered.get(betweenKey(delivery));
    return earlier !== undefined && sameStream(earlier, delivery) && earlier.reason !== delivery.reason;
  });
  const refusedNow = next.undeliverable.filter((undeliverable) => {
    const pair = betweenKey(undeliverable);
    return !delivered.has(pair) && refused.get(pair)?.reason !== undeliverable.reason;
  });
  return [...reworded, ...refusedNow].map(explain);
}

function explain({ source, subscriber, reason }: Delivery | Undeliverable): PlanAction {
  return { action: 'explain', source, subscriber, reason };
}

function stoppedTranscodes(before: Plan, next: Plan): readonly PlanAction[] {
  const refusals = byPair(next.undeliverable);
  return absent(before.transcodes, next.transcodes, transcodeKey).map((transcode) => {
    const lost = transcode.subscribers
      .map((subscriber) => refusals.get(betweenKey({ source: transcode.source, subscriber })))
      .find((refused) => refused !== undefined);
    return { action: 'stop-transcode', transcode, reason: stopReason(transcode, lost?.reason) };
  });
}

function byPair<T extends Between>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [betweenKey(item), item]));
}

/** A transcode to the same codec from another one, or in another size, is another stream. */
function sameStream(a: Delivery, b: Delivery): boolean {
  return a.via === b.via && a.from === b.from && a.codec === b.codec && a.size === b.size;
}
