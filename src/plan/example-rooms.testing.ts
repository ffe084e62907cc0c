/** Small rooms by name, and plans in short, for tests that people read. */
import { transcodeCost } from './cost.ts';
import { participantId, sourceId } from './types.ts';
import type {
  CodecName,
  CodecPair,
  ParticipantId,
  Plan,
  RoomSnapshot,
  SourceId,
  SourceSnapshot,
} from './types.ts';

export const BOTH_WAYS: readonly CodecPair[] = [
  { from: 'VP8', to: 'H264' },
  { from: 'H264', to: 'VP8' },
];
export const SIZE = { width: 640, height: 360, frameRate: 15 };
export const VP8_TO_H264 = transcodeCost({ kind: 'video', ...SIZE }, 'VP8', 'H264');

export const person = (name: string): ParticipantId => participantId(name);
export const camera = (name: string): SourceId => sourceId(`${name}-camera`);

export interface Sender {
  readonly sends: CodecName;
  readonly canSend: readonly CodecName[];
  readonly live?: boolean;
}

/** Senders by name, receivers by name; every receiver watches every sender but itself. */
export function room(
  senders: Readonly<Record<string, Sender>>,
  receivers: Readonly<Record<string, readonly CodecName[]>>,
  more: Partial<RoomSnapshot> = {},
): RoomSnapshot {
  const names = [...new Set([...Object.keys(senders), ...Object.keys(receivers)])];
  const sources = Object.entries(senders).map(([name, sender]): SourceSnapshot => ({
    id: camera(name),
    owner: person(name),
    kind: 'video',
    live: true,
    ...SIZE,
    ...sender,
  }));
  return {
    participants: names.map((name) => ({ id: person(name), receives: receivers[name] ?? [] })),
    sources,
    subscriptions: Object.keys(receivers).flatMap((name) =>
      sources
        .filter(({ owner }) => owner !== person(name))
        .map(({ id }) => ({ subscriber: person(name), source: id })),
    ),
    policy: { transcoding: 'allowed' },
    transcodable: BOTH_WAYS,
    budget: { transcodeCost: Infinity },
    ...more,
  };
}

/** `ann>bob VP8` forwarded, `ann>bob VP8>H264` transcoded, `ann>bob VP8>h264` in a smaller size, `ann>bob -budget` not delivered, `ann VP8?H264` asked. */
export function brief(made: Plan): readonly string[] {
  const name = (source: SourceId): string => source.replace('-camera', '');
  return [
    ...made.switches.map(({ source, from, to }) => `${name(source)} ${from}?${to}`),
    ...made.deliveries.map(({ source, subscriber, via, from, codec, size }) =>
      via === 'forward'
        ? `${name(source)}>${subscriber} ${codec}`
        : `${name(source)}>${subscriber} ${from}>${size === 'whole' ? codec : codec.toLowerCase()}`,
    ),
    ...made.undeliverable.map(({ source, subscriber, code }) => `${name(source)}>${subscriber} -${code}`),
  ];
}

export const AUTO: Sender = { sends: 'VP8', canSend: ['VP8', 'H264'] };
export const VP8_ONLY: Sender = { sends: 'VP8', canSend: ['VP8'] };
export const H264_ONLY: Sender = { sends: 'H264', canSend: ['H264'] };
