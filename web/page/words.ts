/** Figures and codecs in words, as tiles show them. Pure. */

/** `H264` → `H.264`; others as they are. */
export function codecWords(codec: string): string {
  const known: Readonly<Record<string, string>> = { H264: 'H.264', opus: 'Opus' };
  return known[codec] ?? codec;
}

/** `forwarded`, or `transcoded VP8 → H.264`. */
export function deliveryWords(delivery: {
  readonly via: 'forward' | 'transcode';
  readonly from: string;
  readonly to: string;
}): string {
  return delivery.via === 'forward'
    ? 'forwarded'
    : `transcoded ${codecWords(delivery.from)} → ${codecWords(delivery.to)}`;
}

export function bitrateWords(bps: number | null): string {
  if (bps === null) return '–';
  return bps >= 1_000_000 ? `${(bps / 1_000_000).toFixed(2)} Mbit/s` : `${Math.round(bps / 1_000)} kbit/s`;
}

export function sizeWords(width: number | null, height: number | null): string {
  return width === null || height === null ? '–' : `${width} × ${height}`;
}

export function millisecondsWords(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

export function frameRateWords(rate: number | null): string {
  return rate === null ? '–' : `${Math.round(rate)} per second`;
}

/** Loss lately, and how many packets ever. */
export function lossWords(ratio: number, packets: number): string {
  return `${(ratio * 100).toFixed(1)} % (${packets} in all)`;
}

/** What stands for a person without a picture: the first letter or sign of the name. */
export function initialOf(name: string): string {
  const [first] = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(name.trim());
  return first?.segment.toLocaleUpperCase() ?? '?';
}
