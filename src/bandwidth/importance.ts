/**
 * How much a stream matters to whoever receives it: what is shared on a screen first, then whoever speaks, then by the size
 * that it is shown at. Pure.
 */
import type { ViewSize } from '../sfu/viewLayer.ts';
import { isHidden } from '../sfu/viewLayer.ts';

export interface Watched {
  readonly id: string;
  readonly source: 'camera' | 'screen';
  /** Its owner is heard most just now. */
  readonly speaks: boolean;
  /** How large it is shown, in device pixels; null: not said yet, and taken for the largest. */
  readonly view: ViewSize | null;
}

export interface Importance {
  readonly id: string;
  /** For the split: twice the weight is worth about twice the bits. */
  readonly weight: number;
  /** For mediasoup, 1 to 255: what is left after everybody's smallest layer goes to the highest first. */
  readonly priority: number;
}

const SCREEN = 4;
const SPEAKER = 2;
/** Of the weight, whatever the size: a small tile is a face all the same. */
const BASE = 0.25;
/** mediasoup's priority for each unit of weight; the largest weight is that of a screen. */
const PRIORITY_STEP = 60;

/**
 * @param streams all pictures of one participant; hidden ones are left out
 * @returns in the same order
 */
export function importanceOf(streams: readonly Watched[]): readonly Importance[] {
  const shown = streams.filter(({ view }) => !isHidden(view));
  const largest = Math.max(1, ...shown.map(({ view }) => areaOf(view)));
  return shown.map(({ id, source, speaks, view }) => {
    const size = view === null ? 1 : areaOf(view) / largest;
    const weight = (source === 'screen' ? SCREEN : speaks ? SPEAKER : 1) * (BASE + (1 - BASE) * size);
    return { id, weight, priority: Math.max(1, Math.min(255, Math.round(weight * PRIORITY_STEP))) };
  });
}

function areaOf(view: ViewSize | null): number {
  return view === null ? 0 : view.width * view.height;
}
