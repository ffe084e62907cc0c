/** Which packets get lost on the way, by a seed. */
import type { SeededRandom } from '../../seeded-random.ts';
import type { LossConfig } from './config.ts';

/** Says of each packet in turn whether it is lost. */
export type LossModel = () => boolean;

/**
 * Bernoulli loss, or bursts after Gilbert ("Capacity of a burst-noise channel", Bell System Technical Journal 39, 1960; Elliott
 * generalised it in 1963): a good state that loses nothing, a bad one that loses everything. The bad state lasts
 * `meanBurstPackets` in the mean, and the good one as long as the share asks for.
 */
export function lossModel(config: LossConfig | undefined, random: SeededRandom): LossModel {
  if (config === undefined || config.share === 0) return () => false;
  if (config.kind === 'random') return () => random.next() < config.share;
  const leaveBad = 1 / config.meanBurstPackets;
  const leaveGood = (config.share * leaveBad) / (1 - config.share);
  // Begins in the long run, not in the good state: short runs would lose too little.
  let bad = random.next() < config.share;
  return () => {
    const lost = bad;
    bad = bad ? random.next() >= leaveBad : random.next() < leaveGood;
    return lost;
  };
}
