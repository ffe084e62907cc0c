/** What the planner knows of each codec: its kind and how people write it. The order here breaks ties. */
import type { CodecName, MediaKind } from './types.ts';

interface CodecFacts {
  readonly kind: MediaKind;
  readonly label: string;
}

const FACTS: Readonly<Record<CodecName, CodecFacts>> = {
  opus: { kind: 'audio', label: 'Opus' },
  PCMU: { kind: 'audio', label: 'PCMU' },
  VP8: { kind: 'video', label: 'VP8' },
  VP9: { kind: 'video', label: 'VP9' },
  H264: { kind: 'video', label: 'H.264' },
  AV1: { kind: 'video', label: 'AV1' },
};

const ORDER: readonly CodecName[] = ['opus', 'PCMU', 'VP8', 'VP9', 'H264', 'AV1'];

export function kindOf(codec: CodecName): MediaKind {
  return FACTS[codec].kind;
}

/** As a person writes it: `H.264`, not `H264`. */
export function labelOf(codec: CodecName): string {
  return FACTS[codec].label;
}

/** Its place in a fixed order of all codecs, which settles what nothing else does. */
export function placeOf(codec: CodecName): number {
  return ORDER.indexOf(codec);
}
