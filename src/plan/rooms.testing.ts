/** Random rooms, and random events in a room's life, for property tests. */
import fc from 'fast-check';
import { participantId, sourceId } from './types.ts';
import type { CodecName, CodecPair, MediaKind, Plan, RoomSnapshot, SourceSnapshot } from './types.ts';

const AUDIO: readonly CodecName[] = ['opus', 'PCMU'];
const VIDEO: readonly CodecName[] = ['VP8', 'VP9', 'H264', 'AV1'];
const CODECS = { audio: AUDIO, video: VIDEO } as const;
const PAIRS: readonly CodecPair[] = [AUDIO, VIDEO].flatMap((codecs) =>
  codecs.flatMap((from) => codecs.filter((to) => to !== from).map((to) => ({ from, to }))),
);
const MAX_SOURCES = 5;
const MAX_PARTICIPANTS = 5;

/** A room with everything that may come and go in it, and what is there now. */
export interface World {
  readonly room: Omit<RoomSnapshot, 'current'>;
  readonly absentParticipants: ReadonlySet<number>;
}

const receives = fc.oneof(
  { weight: 3, arbitrary: fc.shuffledSubarray([...AUDIO, ...VIDEO], { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.shuffledSubarray([...AUDIO, ...VIDEO]) },
);
const sizes = fc.constantFrom(
  {},
  { width: 320, height: 180, frameRate: 15 },
  { width: 640, height: 360, frameRate: 15 },
  { width: 1280, height: 720, frameRate: 30 },
);
/** Mostly about as much as a few transcodes cost, so that it decides something. */
const budgets = fc.oneof(
  { weight: 1, arbitrary: fc.constant(Infinity) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 250 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 1500 }) },
);
const policies = fc.constantFrom<'allowed' | 'never'>('allowed', 'allowed', 'allowed', 'never');
const engines = fc.oneof(
  fc.constant([...PAIRS]),
  fc.subarray([...PAIRS]),
  fc.constant(PAIRS.filter(({ from, to }) => ['VP8', 'H264'].includes(from) && ['VP8', 'H264'].includes(to))),
);

/** What an owner can send includes what it sends, but for the rare restriction that has just come. */
function canSendOf(kind: MediaKind, sends: CodecName): fc.Arbitrary<readonly CodecName[]> {
  const some = fc.shuffledSubarray([...CODECS[kind]]);
  return fc.oneof(
    { weight: 4, arbitrary: some.map((codecs) => [...new Set([...codecs, sends])]) },
    { weight: 1, arbitrary: some },
  );
}

/** Mostly none. */
const troubles = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.record({ unshown: fc.subarray([...VIDEO]) }) },
  { weight: 1, arbitrary: fc.record({ small: fc.constant(true) }) },
);

const streams = fc
  .constantFrom<MediaKind>('audio', 'video', 'video')
  .chain((kind) => fc.tuple(fc.constant(kind), fc.constantFrom(...CODECS[kind])))
  .chain(([kind, sends]) =>
    fc.record({
      kind: fc.constant(kind),
      sends: fc.constant(sends),
      canSend: canSendOf(kind, sends),
      live: fc.constantFrom(true, true, true, true, false),
      size: sizes,
      ownerIndex: fc.nat(MAX_PARTICIPANTS - 1),
      watched: fc.array(fc.boolean(), { minLength: MAX_PARTICIPANTS, maxLength: MAX_PARTICIPANTS }),
      narrow: fc.array(fc.boolean(), { minLength: MAX_PARTICIPANTS, maxLength: MAX_PARTICIPANTS }),
      troubles: fc.array(troubles, { minLength: MAX_PARTICIPANTS, maxLength: MAX_PARTICIPANTS }),
    }),
  );

export const worlds: fc.Arbitrary<World> = fc
  .record({
    everybody: fc.array(receives, { minLength: 1, maxLength: MAX_PARTICIPANTS }),
    published: fc.array(streams, { maxLength: MAX_SOURCES }),
    policy: policies,
    transcodable: engines,
    limit: budgets,
  })
  .map(({ everybody, published, policy, transcodable, limit }) => {
    const participants = everybody.map((codecs, index) => ({
      id: participantId(`p${index}`),
      receives: codecs,
    }));
    const sources = published.map(({ kind, sends, canSend, live, size, ownerIndex }, index) => ({
      id: sourceId(`s${index}`),
      owner: participantId(`p${ownerIndex % participants.length}`),
      ...{ kind, sends, canSend, live },
      ...size,
    }));
    const subscriptions = sources.flatMap(({ id, owner }, index) =>
      participants.flatMap((participant, place) => {
        if (participant.id === owner || published[index]?.watched[place] !== true) return [];
        const narrow = published[index].narrow[place] === true;
        const trouble = published[index].troubles[place];
        return [{ subscriber: participant.id, source: id, ...(narrow ? { narrow } : {}), ...trouble }];
      }),
    );
    const budget = { transcodeCost: limit };
    const room = {
      participants,
      sources,
      subscriptions,
      policy: { transcoding: policy },
      transcodable,
      budget,
    };
    return { room, absentParticipants: new Set<number>() };
  });

/** The room without those who are absent now, their sources and their subscriptions. */
export function snapshotOf({ room, absentParticipants }: World, current?: Plan): RoomSnapshot {
  const here = new Set(
    room.participants.filter((_, index) => !absentParticipants.has(index)).map(({ id }) => id),
  );
  const sources = room.sources.filter(({ owner }) => here.has(owner));
  const published = new Set(sources.map(({ id }) => id));
  return {
    ...room,
    participants: room.participants.filter(({ id }) => here.has(id)),
    sources,
    subscriptions: room.subscriptions.filter(
      ({ subscriber, source }) => here.has(subscriber) && published.has(source),
    ),
    ...(current === undefined ? {} : { current }),
  };
}

/** Something that happens in a room, given the plan that runs. */
export type RoomEvent = (world: World, running: Plan) => World;

function withSources(world: World, change: (source: SourceSnapshot, index: number) => SourceSnapshot): World {
  return { ...world, room: { ...world.room, sources: world.room.sources.map(change) } };
}

/** Every owner who was asked to switch has done so. */
export const switchesDone: RoomEvent = (world, running) =>
  withSources(world, (source) => {
    const asked = running.switches.find((request) => request.source === source.id);
    return asked === undefined ? source : { ...source, sends: asked.to };
  });

/** Every owner who was asked to switch has said that it cannot. */
const switchesRefused: RoomEvent = (world, running) =>
  withSources(world, (source) => {
    const asked = running.switches.find((request) => request.source === source.id);
    return asked === undefined
      ? source
      : { ...source, canSend: source.canSend.filter((codec) => codec !== asked.to) };
  });

const toggleSubscription = fc.tuple(fc.nat(), fc.nat()).map(([who, what]): RoomEvent => (world) => {
  const { participants, sources, subscriptions } = world.room;
  const subscriber = participants[who % participants.length];
  const source = sources[what % Math.max(1, sources.length)];
  if (subscriber === undefined || source === undefined || source.owner === subscriber.id) return world;
  const others = subscriptions.filter((one) => one.subscriber !== subscriber.id || one.source !== source.id);
  const added =
    others.length < subscriptions.length ? [] : [{ subscriber: subscriber.id, source: source.id }];
  return { ...world, room: { ...world.room, subscriptions: [...others, ...added] } };
});

const joinOrLeave = fc.nat(MAX_PARTICIPANTS - 1).map((index): RoomEvent => (world) => {
  const absentParticipants = new Set(world.absentParticipants);
  if (!absentParticipants.delete(index)) absentParticipants.add(index);
  return { ...world, absentParticipants };
});

const restrictReceiving = fc
  .tuple(fc.nat(MAX_PARTICIPANTS - 1), receives)
  .map(([who, codecs]): RoomEvent => (world) => {
    const participants = world.room.participants.map((participant, index) =>
      index === who ? { ...participant, receives: codecs } : participant,
    );
    return { ...world, room: { ...world.room, participants } };
  });

const changeSource = fc
  .record({
    which: fc.nat(MAX_SOURCES - 1),
    live: fc.constantFrom(undefined, undefined, true, false),
    size: fc.option(sizes, { nil: undefined }),
    canSend: fc.option(fc.shuffledSubarray([...AUDIO, ...VIDEO]), { nil: undefined }),
  })
  .map(
    ({ which, live, size, canSend }): RoomEvent =>
      (world) =>
        withSources(world, (source, index) => {
          if (index !== which) return source;
          const kept = canSend?.filter((codec) => CODECS[source.kind].includes(codec));
          return { ...source, ...size, live: live ?? source.live, canSend: kept ?? source.canSend };
        }),
  );

/** Somebody's way becomes narrow, or wide again. */
const changeWay = fc.nat().map((which): RoomEvent => (world) => {
  const { subscriptions } = world.room;
  const changed = subscriptions.map((one, index) =>
    index === which % Math.max(1, subscriptions.length) ? { ...one, narrow: one.narrow !== true } : one,
  );
  return { ...world, room: { ...world.room, subscriptions: changed } };
});

/** A picture does not appear with somebody, or what was tried for him is forgotten. */
const changeTrouble = fc.tuple(fc.nat(), troubles).map(([which, trouble]): RoomEvent => (world) => {
  const { subscriptions } = world.room;
  const changed = subscriptions.map(({ subscriber, source, ...rest }, index) =>
    index === which % Math.max(1, subscriptions.length)
      ? { subscriber, source, ...(rest.narrow === true ? { narrow: true } : {}), ...trouble }
      : { subscriber, source, ...rest },
  );
  return { ...world, room: { ...world.room, subscriptions: changed } };
});

/** An owner sends something else by itself, asked or not. */
const switchesByItself = fc.tuple(fc.nat(MAX_SOURCES - 1), fc.nat()).map(
  ([which, codec]): RoomEvent =>
    (world) =>
      withSources(world, (source, index) => {
        const codecs = CODECS[source.kind];
        return index === which ? { ...source, sends: codecs[codec % codecs.length] ?? source.sends } : source;
      }),
);

const changeRules = fc
  .record({ policy: policies, transcodable: engines, limit: budgets })
  .map(({ policy, transcodable, limit }): RoomEvent => (world) => ({
    ...world,
    room: {
      ...world.room,
      policy: { transcoding: policy },
      transcodable,
      budget: { transcodeCost: limit },
    },
  }));

export const histories: fc.Arbitrary<readonly RoomEvent[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(switchesDone, switchesRefused) },
    { weight: 4, arbitrary: toggleSubscription },
    { weight: 2, arbitrary: joinOrLeave },
    { weight: 2, arbitrary: restrictReceiving },
    { weight: 2, arbitrary: changeSource },
    { weight: 1, arbitrary: switchesByItself },
    { weight: 2, arbitrary: changeWay },
    { weight: 1, arbitrary: changeTrouble },
    { weight: 1, arbitrary: changeRules },
  ),
  { minLength: 1, maxLength: 12 },
);
