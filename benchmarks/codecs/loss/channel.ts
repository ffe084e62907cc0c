/** Channels that lose packets, each the same for the same seed. */
import { seededRandom } from '../../../codecs/conformance/pictures.ts';

/** Says of each packet in turn whether it is lost. */
export type Channel = () => boolean;

/** Each packet is lost on its own. @param share 0 to 1 */
export function randomLoss(share: number, seed: number): Channel {
  const random = seededRandom(seed);
  return () => random() < share;
}

/**
 * Losses in bursts: a good state that loses nothing and a bad one that loses everything (Gilbert, "Capacity of a burst-noise channel",
 * Bell System Technical Journal 39, 1960; Elliott's generalisation of 1963 gives both states a loss rate, here 0 and 1).
 * @param share of all packets in the long run, below 1
 * @param burst mean length of a burst in packets, at least 1
 */
export function burstLoss(share: number, burst: number, seed: number): Channel {
  const random = seededRandom(seed);
  const leaveBad = 1 / burst;
  const leaveGood = (share * leaveBad) / (1 - share);
  let bad = false;
  return () => {
    bad = bad ? random() >= leaveBad : random() < leaveGood;
    return bad;
  };
}
