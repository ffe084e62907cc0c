/**
 * Why a picture comes at the rate at which it comes, in the two forms of all reasons here: a sentence, and a code with what
 * stands in it (docs/protocol/reasons.md).
 */
import type { Why } from '../../signaling/messages/notifications.ts';

/** Every code with the names of its arguments; rates are in kbit/s. */
export const SHARE_ARGUMENTS = {
  'share-whole': [],
  'share-limited': ['share', 'available', 'pictures'],
  'share-held': ['available', 'pictures'],
} as const satisfies Record<string, readonly string[]>;

export interface ShareGrounds {
  readonly reason: string;
  readonly why: Why;
}

/** The way sets no limit. */
export const WHOLE: ShareGrounds = {
  reason: 'your network takes more than this picture needs',
  why: { code: 'share-whole', args: {} },
};

/**
 * @param pictures among how many the way is shared
 */
export function limited(shareBps: number, availableBps: number, pictures: number): ShareGrounds {
  const [share, available] = [kilobits(shareBps), kilobits(availableBps)];
  return {
    reason: `your network takes ${available} kbit/s, of which this picture gets ${share}${among(pictures)}`,
    why: { code: 'share-limited', args: { share, available, pictures } },
  };
}

export function heldBack(availableBps: number, pictures: number): ShareGrounds {
  const available = kilobits(availableBps);
  return {
    reason: `your network takes ${available} kbit/s: this picture waits, so that sound and what matters more go on${among(pictures)}`,
    why: { code: 'share-held', args: { available, pictures } },
  };
}

function among(pictures: number): string {
  return pictures > 1 ? ` (${pictures} pictures share it)` : '';
}

function kilobits(bps: number): number {
  return Math.round(bps / 1000);
}
