/**
 * How good somebody's network is, in one of four words, from what the server measures of it. Pure.
 *
 * What will surprise you: a word is for people, so it must not flicker. It becomes worse when two measurements in a row say so,
 * and better when three do, held against stricter limits than those for becoming worse. `lost` is not measured here: it is said
 * of somebody whose way to the server is gone, and the first measurement after it decides at once.
 */
import type { Quality } from '../../signaling/messages/requests.ts';

/** What one look at a participant's two transports gives; null: not measured. */
export interface NetworkSample {
  /** Shares of packets lost, 0 to 1: to the participant, and from him. */
  readonly receiveLoss: number | null;
  readonly sendLoss: number | null;
  readonly rttMs: number | null;
  /** The estimate of what the way to him takes, and what is sent on it, bits per second. */
  readonly availableBps: number | null;
  readonly sentBps: number | null;
  /** Video streams that he is shown now. */
  readonly videos: number;
}

type Measured = Exclude<Quality, 'lost'>;

export interface QualityState {
  readonly quality: Quality;
  /** Measurements in a row that say something else, all better or all worse, and the mildest of them. */
  readonly differing: number;
  readonly toward: Measured;
}

interface Limits {
  readonly loss: number;
  readonly rttMs: number;
  /** Less than this while any video is shown; several small ones make the estimate no larger, so they are not counted. */
  readonly videoBps: number;
  /** Less than this part of what is sent. */
  readonly partOfSent: number;
}

/** Sound suffers audibly from a loss of a tenth; a talk does from a round trip of half a second. */
const POOR: Limits = { loss: 0.1, rttMs: 500, videoBps: 120_000, partOfSent: 0.6 };
/** Repairs still hide this, at the price of delay. */
const FAIR: Limits = { loss: 0.03, rttMs: 250, videoBps: 300_000, partOfSent: 0.9 };
/** To become better again a measurement has to be this much better than the limit. */
const MARGIN = 0.7;
const WORSE_AFTER = 2;
const BETTER_AFTER = 3;
const ORDER: readonly Measured[] = ['good', 'fair', 'poor'];

export const FIRST_QUALITY: QualityState = { quality: 'good', differing: 0, toward: 'good' };

/** What is known after one more measurement. */
export function nextQuality(state: QualityState, sample: NetworkSample): QualityState {
  const { quality } = state;
  if (quality === 'lost') return settled(measure(sample, 1));
  const now = measure(sample, 1);
  if (rank(now) > rank(quality)) return step(state, now, WORSE_AFTER);
  const surely = measure(sample, MARGIN);
  if (rank(surely) < rank(quality)) return step(state, surely, BETTER_AFTER);
  return settled(quality);
}

/** @param margin limits are this part of themselves: the smaller, the harder it is to be good */
function measure(sample: NetworkSample, margin: number): Measured {
  if (exceeds(sample, POOR, margin)) return 'poor';
  return exceeds(sample, FAIR, margin) ? 'fair' : 'good';
}

function exceeds(sample: NetworkSample, limits: Limits, margin: number): boolean {
  const { receiveLoss, sendLoss, rttMs, availableBps, sentBps, videos } = sample;
  const loss = Math.max(receiveLoss ?? 0, sendLoss ?? 0);
  if (loss > limits.loss * margin || (rttMs ?? 0) > limits.rttMs * margin) return true;
  if (availableBps === null || videos === 0) return false;
  const needed = Math.max(limits.videoBps, limits.partOfSent * (sentBps ?? 0));
  return availableBps < needed / margin;
}

function step(state: QualityState, measured: Measured, enough: number): QualityState {
  const { quality, differing, toward } = state;
  const sameWay = differing > 0 && rank(toward) > rank(quality) === rank(measured) > rank(quality);
  const mildest = sameWay && distance(toward, quality) < distance(measured, quality) ? toward : measured;
  const count = sameWay ? differing + 1 : 1;
  return count >= enough ? settled(mildest) : { quality, differing: count, toward: mildest };
}

function settled(quality: Measured): QualityState {
  return { quality, differing: 0, toward: quality };
}

function rank(quality: Quality): number {
  return quality === 'lost' ? ORDER.length : ORDER.indexOf(quality);
}

function distance(a: Quality, b: Quality): number {
  return Math.abs(rank(a) - rank(b));
}
