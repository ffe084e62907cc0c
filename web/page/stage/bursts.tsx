/** Reactions of one person, rising over his tile. Only this view is drawn again for one. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Reaction } from '../../sdk/index.ts';
import type { StageCall } from './director.ts';
import { ReactionSign } from './reaction-sign.tsx';

export interface BurstsProps {
  readonly call: Pick<StageCall, 'on' | 'participantId'>;
  /** Null: oneself. */
  readonly participantId: string | null;
}

interface Burst {
  readonly id: number;
  readonly reaction: Reaction;
}

/** As long as the animation in the style sheet. */
export const BURST_MS = 2_800;
/** Somebody who presses on and on does not fill the screen. */
const MOST = 6;

export function Bursts({ call, participantId }: BurstsProps): JSX.Element | null {
  const [bursts, setBursts] = useState<readonly Burst[]>([]);
  useEffect(() => {
    const timers = new Set<number>();
    let next = 0;
    const off = call.on('reaction', (event) => {
      if (event.participantId !== (participantId ?? call.participantId)) return;
      const burst: Burst = { id: next++, reaction: event.reaction };
      setBursts((before) => [...before.slice(1 - MOST), burst]);
      const timer = window.setTimeout(() => {
        timers.delete(timer);
        setBursts((before) => before.filter(({ id }) => id !== burst.id));
      }, BURST_MS);
      timers.add(timer);
    });
    return () => {
      off();
      for (const timer of timers) window.clearTimeout(timer);
    };
  }, [call, participantId]);
  if (bursts.length === 0) return null;
  return (
    <div class="bursts" aria-hidden="true">
      {bursts.map(({ id, reaction }) => (
        <span key={id} class="burst" data-lane={id % 5} data-reaction={reaction}>
          <ReactionSign reaction={reaction} />
        </span>
      ))}
    </div>
  );
}
