/**
 * How many bits an encode gets: what the slowest of its watchers can take, within what the picture can use.
 *
 * What will surprise you: one encode serves all who need that codec, so the slowest watcher decides; a watcher's share is his
 * estimate less what his sound needs, split evenly among the videos that he receives.
 */

export interface Watcher {
  /** mediasoup's estimate of what his network takes, bits per second; null: not measured yet. */
  readonly availableBps: number | null;
  readonly videos: number;
  readonly audios: number;
}

/** Below this a picture is no longer worth its bits; the watcher's network is then overloaded rather than his view lost. */
export const LOWEST_VIDEO_BPS = 100_000;
const AUDIO_BPS = 48_000;
/** Share of an estimate that is spent: the rest is for RTX, RTCP and the encoder's own variation. */
const USE = 0.9;
/**
 * A larger or faster picture needs more bits, but less than in proportion: the power of 0.75 is a rule of thumb of encoding
 * practice. The factor gives 2.5 Mbit/s for 1280x720 at 30, and 530 kbit/s for 640x360 at 15.
 */
const SIZE_EXPONENT = 0.75;
const BPS_FACTOR = 6.6;
const HIGHEST_VIDEO_BPS = 5_000_000;

/** @returns the most that a picture of this size and rate can use well, bits per second */
export function ceilingBps(width: number, height: number, frameRate: number): number {
  const wanted = Math.round(BPS_FACTOR * (width * height * frameRate) ** SIZE_EXPONENT);
  return Math.min(HIGHEST_VIDEO_BPS, Math.max(3 * LOWEST_VIDEO_BPS, wanted));
}

/**
 * @param ceiling from {@link ceilingBps}, bits per second
 * @returns the encoder's target, bits per second
 */
export function targetBps(watchers: readonly Watcher[], ceiling: number): number {
  let target = ceiling;
  for (const { availableBps, videos, audios } of watchers) {
    if (availableBps === null) continue;
    const share = (availableBps * USE - audios * AUDIO_BPS) / Math.max(1, videos);
    target = Math.min(target, share);
  }
  return Math.round(Math.max(LOWEST_VIDEO_BPS, target));
}
