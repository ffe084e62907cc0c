/** The figures of a tile as rows of words. Pure. */
import type { CallStats, CallStatsEvent, PathFigures, StreamShare } from '../../sdk/index.ts';
import type { Key, Translate } from '../words/translate.ts';
import type { Member } from './cast.ts';
import { bitrateWords, codecLabel, frameRateWords, lossWords, msWords, sizeWords } from './figure-words.ts';
import type { Figures } from './stats-hub.ts';
import { whyWords } from './why-words.ts';

type Sent = CallStats['sent'][number];

export interface Row {
  /** Stays the same in every language. */
  readonly field: string;
  readonly label: string;
  readonly value: string;
}

export interface DetailsInput {
  readonly video: Figures | null;
  readonly sound: Figures | null;
  /** The path that they came or went. */
  readonly path: PathFigures | null;
  readonly network: CallStatsEvent | null;
}

const NONE = '–';

/** The rows, most asked for first. */
export function detailRows(t: Translate, member: Member, input: DetailsInput): Row[] {
  const { video, sound, path, network } = input;
  const row = (field: string, key: Key, value: string): Row => ({ field, label: t(key), value });
  const sent = video !== null && isSent(video) ? video : null;
  const estimateBps = sent === null ? (network?.receive_available_bps ?? null) : sent.availableOutgoingBps;
  return [
    row('path', 'details.path', pathWords(t, member)),
    row('reason', 'details.reason', reasonWords(t, member)),
    row('codec', 'details.codec', video === null ? t('details.codec.none') : codecLabel(video.codec)),
    row('layer', 'details.layer', layerWords(t, video)),
    row('size', 'details.size', video === null ? NONE : sizeWords(video.width, video.height)),
    row('rate', 'details.rate', frameRateWords(t, video?.frameRate ?? null)),
    row('bitrate', 'details.bitrate', bitrateWords(t, video?.bitrateBps ?? null)),
    row('loss', 'details.loss', video === null ? NONE : lossWords(t, video.lossRatio, video.packetsLost)),
    row('rtt', 'details.rtt', msWords(t, video?.rttMs ?? sound?.rttMs ?? path?.rttMs ?? null)),
    row('jitter', 'details.jitter', msWords(t, video?.jitterMs ?? null)),
    row('estimate', 'details.estimate', bitrateWords(t, estimateBps)),
    ...(member.self ? [] : [row('share', 'details.share', shareWords(t, member.share))]),
    ...(member.self
      ? [row('limit', 'details.limit', t(`details.limit.${sent?.limitedBy ?? 'none'}`))]
      : [
          row('buffer', 'details.buffer', msWords(t, video?.jitterBufferMs ?? null)),
          row('freezes', 'details.freezes', freezeWords(t, video)),
        ]),
    row('network', 'details.network', networkWords(t, path)),
    row('sound', 'details.sound', soundWords(t, sound)),
  ];
}

/** How a picture reaches the viewer: the badge of its tile. */
export function pathWords(t: Translate, member: Member): string {
  if (member.self) return t(member.source === 'screen' ? 'details.path.own-screen' : 'details.path.own');
  return badgeWords(t, member);
}

/** The badge on a tile; empty where there is nothing to say. */
export function badgeWords(t: Translate, member: Member): string {
  if (member.self) {
    return member.sentCodec === null
      ? t('details.badge.not-sending')
      : t('details.badge.sending', { codec: codecLabel(member.sentCodec) });
  }
  if (member.state === 'unavailable') return t('details.badge.unavailable');
  const { delivery } = member;
  if (delivery === null) return '';
  return delivery.via === 'forward'
    ? t('details.badge.forwarded')
    : t('details.badge.transcoded', { from: codecLabel(delivery.from), to: codecLabel(delivery.to) });
}

/** Why it comes that way. */
export function reasonWords(t: Translate, member: Member): string {
  if (member.self) return t(member.sentCodec === null ? 'details.own.not-sending' : 'details.own.sending');
  if (member.unavailable !== null) return whyWords(t, member.why, member.unavailable);
  return member.delivery === null ? '' : whyWords(t, member.delivery.why, member.delivery.reason);
}

/** What one's own network takes of the picture. */
export function shareWords(t: Translate, share: StreamShare | null): string {
  return share === null ? t('details.share.whole') : whyWords(t, share.why, share.reason);
}

function isSent(figures: Figures): figures is Sent {
  return 'source' in figures;
}

function layerWords(t: Translate, video: Figures | null): string {
  if (video === null) return NONE;
  if (isSent(video)) {
    const words = video.layers.map(({ rid, active, width, height, bitrateBps }) => {
      if (!active) return t('details.layer.unwatched', { rid: rid ?? '' });
      return `${rid === null ? '' : `${rid}: `}${sizeWords(width, height)}, ${bitrateWords(t, bitrateBps)}`;
    });
    return words.length === 0 ? NONE : words.join('; ');
  }
  if (video.layer === null) return NONE;
  const { index, count } = video.layer;
  return index === null
    ? t('details.layer.unknown', { count })
    : t('details.layer.value', { index: index + 1, count });
}

function freezeWords(t: Translate, video: Figures | null): string {
  if (video === null) return NONE;
  if (video.freezeCount === 0) return t.number(0);
  return t('details.freezes.value', {
    count: video.freezeCount,
    seconds: t.number(video.freezeMs / 1_000, 1),
  });
}

function networkWords(t: Translate, path: PathFigures | null): string {
  if (path === null) return NONE;
  const protocol = path.protocol?.toUpperCase() ?? '?';
  return t(path.relayed ? 'details.network.relayed' : 'details.network.direct', { protocol });
}

function soundWords(t: Translate, sound: Figures | null): string {
  if (sound === null) return t('details.codec.none');
  return t('details.sound.value', {
    codec: codecLabel(sound.codec),
    bitrate: bitrateWords(t, sound.bitrateBps),
    loss: lossWords(t, sound.lossRatio, sound.packetsLost),
  });
}
