/** In which order people are listed, and what each one's marks say. Pure. */
import type { Participant } from '../../../sdk/index.ts';

/** Raised hands first, the longest raised before the others; then everybody by place. */
export function inOrder(people: readonly Participant[]): readonly Participant[] {
  return [...people].sort(
    (a, b) =>
      (a.hand_raised_at ?? Infinity) - (b.hand_raised_at ?? Infinity) ||
      a.joined_at - b.joined_at ||
      (a.participant_id < b.participant_id ? -1 : 1),
  );
}

export interface Marks {
  readonly speaks: boolean;
  readonly shows: boolean;
  readonly shares: boolean;
}

/** Whether microphone and camera are on, and whether the screen is shared. */
export function marksOf({ sources }: Participant): Marks {
  const live = (name: string): boolean => sources.some(({ source, paused }) => source === name && !paused);
  return { speaks: live('microphone'), shows: live('camera'), shares: live('screen') };
}
