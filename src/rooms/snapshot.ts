/** What the planner is shown of a room. Pure. */
import type { ParticipantId, Plan, RoomSnapshot, SourceId } from '../plan/types.ts';
import { type Participant, receivableCodecs, sendableCodecs } from './participant.ts';

export interface RoomPolicy {
  readonly transcoding: 'allowed' | 'never';
  readonly transcodeBudgetMilliCores: number;
}

/**
 * @param participants everybody in the room; each is shown every source of the others, while his device is there
 * @param transcodable what the media workers can do; none where there are none
 * @param isNarrow whose way takes less of a source than an encode for the others would bring
 * @param current the plan that was carried out last
 */
export function snapshotOf(
  participants: Iterable<Participant>,
  policy: RoomPolicy,
  transcodable: RoomSnapshot['transcodable'],
  isNarrow: (subscriber: ParticipantId, source: SourceId) => boolean,
  current: Plan | null,
): RoomSnapshot {
  const everybody = [...participants];
  const sources = everybody.flatMap((owner) =>
    [...owner.sources.values()].map((source) => ({ owner, source })),
  );
  return {
    participants: everybody.map((one) => ({ id: one.id, receives: receivableCodecs(one) })),
    sources: sources.map(({ owner, source }) => ({
      id: source.id,
      owner: owner.id,
      kind: source.kind,
      sends: source.sends,
      canSend: sendableCodecs(owner, source.kind),
      live: source.producer !== null,
      ...(source.width === undefined ? {} : { width: source.width }),
      ...(source.height === undefined ? {} : { height: source.height }),
      ...(source.frameRate === undefined ? {} : { frameRate: source.frameRate }),
    })),
    subscriptions: sources.flatMap(({ source }) =>
      everybody
        .filter(({ id, absent }) => id !== source.owner && !absent)
        .map(({ id, unshown }) => ({
          subscriber: id,
          source: source.id,
          narrow: isNarrow(id, source.id),
          unshown: unshown.get(source.id)?.codecs ?? [],
          small: unshown.get(source.id)?.small ?? false,
        })),
    ),
    policy: { transcoding: policy.transcoding },
    transcodable,
    budget: { transcodeCost: policy.transcodeBudgetMilliCores },
    ...(current === null ? {} : { current }),
  };
}
