/**
 * Asks for probes where the application sends too little for the link to be seen, and reads them: packets sent faster than what is
 * believed, whose dispersion at the receiver shows whether they fit (packet trains, Dovrolis et al., 2001).
 *
 * When: at most every `INTERVAL_US`, only while less than half the estimate is sent and more is wanted.
 */
import type { PacketResult, Probe } from './types.ts';

const INTERVAL_US = 5_000_000;
const FACTOR = 2;
const SPAN_US = 40_000;
const MIN_PACKETS = 5;
/** A train says a little too much: the last of it need not have filled the link. */
const SHARE = 0.9;

interface Train {
  readonly bps: number;
  firstUs: number;
  firstBytes: number;
  lastUs: number;
  bytes: number;
  packets: number;
}

export class Probing {
  #nextId = 1;
  #askedUs = 0;
  readonly #trains = new Map<number, Train>();

  /** @returns a probe that is worth its bytes now */
  next(nowUs: number, estimateBps: number, sendingBps: number, wantedBps: number): Probe | null {
    if (
      nowUs - this.#askedUs < INTERVAL_US ||
      sendingBps > estimateBps / 2 ||
      wantedBps < 1.2 * estimateBps
    ) {
      return null;
    }
    this.#askedUs = nowUs;
    const bps = Math.min(FACTOR * estimateBps, wantedBps);
    const probe = { id: this.#nextId++, bps, bytes: Math.ceil((bps * SPAN_US) / 8e6) };
    this.#trains.set(probe.id, { bps, firstUs: 0, firstBytes: 0, lastUs: 0, bytes: 0, packets: 0 });
    this.#trains.delete(probe.id - 4);
    return probe;
  }

  /** @returns what a train has shown with this packet; null: nothing yet */
  onResult({ probeId, receivedUs, bytes }: PacketResult): number | null {
    const train = probeId === undefined ? undefined : this.#trains.get(probeId);
    if (train === undefined || receivedUs === null) return null;
    if (train.packets === 0) {
      train.firstUs = receivedUs;
      train.firstBytes = bytes;
    }
    train.lastUs = Math.max(train.lastUs, receivedUs);
    train.bytes += bytes;
    train.packets += 1;
    const spanUs = train.lastUs - train.firstUs;
    if (train.packets < MIN_PACKETS || spanUs <= 0) return null;
    const bps = ((train.bytes - train.firstBytes) * 8e6) / spanUs;
    return SHARE * Math.min(bps, train.bps);
  }
}
