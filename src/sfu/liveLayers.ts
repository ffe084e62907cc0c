/**
 * Which layers of a simulcast stream are being sent just now, read from how their byte counts grow. Pure.
 *
 * What will surprise you: a layer counts as gone only while a smaller one goes on. Where all stand still, the camera is
 * covered, the screen does not change, or the network is away, and no choice of layer mends any of that.
 */

/** Three pictures of a stream at 8 a second: publishers send simulcast well above that. */
export const SILENT_AFTER_MS = 400;
/** A layer that comes back for less than this would only cause another change. */
export const BACK_AFTER_MS = 600;

interface Layer {
  bytes: number;
  grewAtMs: number;
  /** Since when it has been growing without a pause; null: it stands still. */
  aliveSinceMs: number | null;
  live: boolean;
}

export class LiveLayers {
  readonly #layers: Layer[] = [];
  /** A layer that never was there is no layer that went away. */
  #highestSeen = -1;

  /**
   * @param bytes received so far of each layer, from the smallest; 0: nothing yet
   * @returns the largest layer that is alive, or null where nothing is known against any
   */
  read(nowMs: number, bytes: readonly number[]): number | null {
    for (const [index, count] of bytes.entries()) this.#update(index, count, nowMs);
    const smallestAlive = this.#layers.findIndex(({ aliveSinceMs }) => aliveSinceMs !== null);
    if (smallestAlive === -1) return null;
    for (const [index, layer] of this.#layers.entries()) {
      const { aliveSinceMs } = layer;
      if (aliveSinceMs === null) {
        if (index > smallestAlive) layer.live = false;
      } else if (nowMs - aliveSinceMs >= BACK_AFTER_MS || index <= smallestAlive) {
        layer.live = true;
      }
    }
    const top = this.#layers.findLastIndex(({ live }) => live);
    return top === -1 || top >= this.#highestSeen ? null : top;
  }

  #update(index: number, bytes: number, nowMs: number): void {
    const known = this.#layers[index];
    if (known === undefined) {
      const sent = bytes > 0;
      this.#layers[index] = { bytes, grewAtMs: nowMs, aliveSinceMs: sent ? nowMs : null, live: sent };
      if (sent) this.#highestSeen = Math.max(this.#highestSeen, index);
      return;
    }
    if (bytes !== known.bytes) {
      // Its first bytes: it was not away, so it need not prove itself.
      if (known.bytes === 0) known.live = true;
      known.bytes = bytes;
      known.grewAtMs = nowMs;
      known.aliveSinceMs ??= nowMs;
      this.#highestSeen = Math.max(this.#highestSeen, index);
    } else if (nowMs - known.grewAtMs >= SILENT_AFTER_MS) {
      known.aliveSinceMs = null;
    }
  }
}
