/**
 * Which layers of a simulcast stream are being sent just now, read from how their byte counts grow. Pure.
 *
 * What will surprise you:
 * - A layer counts as gone only while a smaller one goes on. Where all stand still, the camera is covered, the screen does
 *   not change, or the network is away, and no choice of layer mends any of that.
 * - A layer that the publisher was told to stop is not gone: it is asleep, and says nothing. Wanted again it is believed to
 *   come until it has had time to, and its first bytes are believed at once.
 */

/** Three pictures of a stream at 8 a second: publishers send simulcast well above that. */
export const SILENT_AFTER_MS = 400;
/** A layer that comes back for less than this would only cause another change. */
export const BACK_AFTER_MS = 600;

/** A publisher that was asked for a layer again sends it within this: a round trip, and an encoder that starts. */
export const WAKE_MS = 1500;

interface Layer {
  bytes: number;
  grewAtMs: number;
  /** Since when it has been growing without a pause; null: it stands still. */
  aliveSinceMs: number | null;
  live: boolean;
  /** Not wanted: the publisher need not send it. */
  asleep: boolean;
  /** Wanted again, and nothing has come since. */
  waking: boolean;
}

export class LiveLayers {
  readonly #layers: Layer[] = [];
  /** A layer that never was there is no layer that went away. */
  #highestSeen = -1;

  /**
   * @param bytes received so far of each layer, from the smallest; 0: nothing yet
   * @param wanted how many layers, from the smallest, the publisher is asked to send
   * @returns the largest layer that is alive, or null where nothing is known against any
   */
  read(nowMs: number, bytes: readonly number[], wanted: number = bytes.length): number | null {
    for (const [index, count] of bytes.entries()) this.#update(index, count, index < wanted, nowMs);
    const smallestAlive = this.#layers.findIndex(({ aliveSinceMs }) => aliveSinceMs !== null);
    if (smallestAlive === -1) return null;
    for (const [index, layer] of this.#layers.entries()) {
      const { aliveSinceMs, asleep } = layer;
      if (asleep) continue;
      if (aliveSinceMs === null) {
        if (index > smallestAlive) layer.live = false;
      } else if (nowMs - aliveSinceMs >= BACK_AFTER_MS || index <= smallestAlive) {
        layer.live = true;
      }
    }
    const top = this.#layers.findLastIndex(({ live, asleep }) => live && !asleep);
    const expected = this.#layers.findLastIndex(({ asleep }) => !asleep);
    return top === -1 || top >= Math.min(expected, this.#highestSeen) ? null : top;
  }

  #update(index: number, bytes: number, wanted: boolean, nowMs: number): void {
    const known = this.#layers[index];
    if (known === undefined) {
      const sent = bytes > 0;
      this.#layers[index] = {
        bytes,
        grewAtMs: nowMs,
        aliveSinceMs: sent && wanted ? nowMs : null,
        live: sent || !wanted,
        asleep: !wanted,
        waking: false,
      };
      if (sent || !wanted) this.#highestSeen = Math.max(this.#highestSeen, index);
      return;
    }
    if (!wanted) {
      known.bytes = bytes;
      known.aliveSinceMs = null;
      known.live = true;
      known.asleep = true;
      return;
    }
    if (known.asleep) {
      known.asleep = false;
      known.grewAtMs = nowMs + WAKE_MS - SILENT_AFTER_MS;
      known.aliveSinceMs = nowMs;
      known.waking = true;
    }
    if (bytes !== known.bytes) {
      // Its first bytes, or the first since it is wanted again: it did not go away, so it need not prove itself.
      if (known.bytes === 0 || known.waking) known.live = true;
      known.waking = false;
      known.bytes = bytes;
      known.grewAtMs = nowMs;
      known.aliveSinceMs ??= nowMs;
      this.#highestSeen = Math.max(this.#highestSeen, index);
    } else if (nowMs - known.grewAtMs >= SILENT_AFTER_MS) {
      known.aliveSinceMs = null;
    }
  }
}
