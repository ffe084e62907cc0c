/** Figures and codecs in words, as tiles and their details show them. Pure. */
import type { Translate } from '../words/translate.ts';

const LABELS: Readonly<Record<string, string>> = { H264: 'H.264', opus: 'Opus' };

/** As people write it: `H264` → `H.264`; others as they are. */
export function codecLabel(codec: string): string {
  return LABELS[codec] ?? codec;
}

const NONE = '–';

export function bitrateWords(t: Translate, bps: number | null): string {
  if (bps === null || Number.isNaN(bps)) return NONE;
  return bps >= 1_000_000
    ? t('details.mbps', { value: t.number(bps / 1_000_000, 2) })
    : t('details.kbps', { value: t.number(bps / 1_000) });
}

export function sizeWords(width: number | null, height: number | null): string {
  return width === null || height === null ? NONE : `${width} × ${height}`;
}

export function msWords(t: Translate, ms: number | null): string {
  if (ms === null || Number.isNaN(ms)) return NONE;
  return t('details.ms', { value: t.number(ms, ms < 10 ? 1 : 0) });
}

export function frameRateWords(t: Translate, rate: number | null): string {
  return rate === null || Number.isNaN(rate) ? NONE : t('details.fps', { value: t.number(rate) });
}

/** The same where there is little room. */
export function fpsWords(t: Translate, rate: number | null): string {
  return rate === null || Number.isNaN(rate) ? NONE : t('details.fps.short', { value: t.number(rate) });
}

export function percentWords(t: Translate, ratio: number | null): string {
  return ratio === null || Number.isNaN(ratio)
    ? NONE
    : t('details.percent', { value: t.number(ratio * 100, 1) });
}

/** Loss lately, and how many packets ever. */
export function lossWords(t: Translate, ratio: number, packets: number): string {
  return t('details.loss.value', { share: percentWords(t, ratio), packets: t.number(packets) });
}

/** What stands for a person without a picture: the first letters of the first two words of the name. */
export function initialsOf(name: string): string {
  const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  const letters = name
    .trim()
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => graphemes.segment(word)[Symbol.iterator]().next().value?.segment ?? '');
  const joined = letters.join('').toLocaleUpperCase();
  return joined === '' ? '?' : joined;
}

/** One of `count` tints for a name; the same name has the same one everywhere. */
export function tintOf(name: string, count: number): number {
  let hash = 0;
  for (const sign of name) hash = (hash * 31 + (sign.codePointAt(0) ?? 0)) % 65_521;
  return hash % count;
}
