/**
 * Lets packets leave no faster than the estimator allows: a token bucket with one queue for each priority.
 *
 * Sound leaves at once and is charged for, so that it only delays what is less urgent. Retransmissions come before new pictures, pictures
 * before padding. Within its priority everything leaves in order, so that a key frame of many packets is spread over as long as the rate
 * needs, and nothing overtakes it but sound and retransmissions.
 *
 * What will surprise you: the bucket may go below zero by one packet (a packet is sent whole as soon as there is any credit), or by what
 * sound took. A frame is taken whole or refused whole: half a frame would be of no use.
 */

export type PacketPriority = 'audio' | 'retransmission' | 'video';

export interface PacedPacket<Token> {
  readonly bytes: number;
  readonly token: Token;
}

export interface PacerLimits {
  /** What the queue may hold, in time at the present target. @default 500 */
  readonly maxQueueMs: number;
  /** What it may hold whatever the target. @default 20_000: a key frame on a slow link */
  readonly minQueueBytes: number;
  /** How much may leave in one go after a pause, in time at the present rate. @default 5 */
  readonly burstMs: number;
}

export const DEFAULT_PACER_LIMITS: PacerLimits = { maxQueueMs: 500, minQueueBytes: 20_000, burstMs: 5 };

/** Rates as the estimator says them (`EstimatorReading`), and what is in flight. */
export interface PacerRates {
  readonly pacingBps: number;
  readonly targetBps: number;
  /** What the congestion window leaves; Infinity where there is none. */
  readonly windowBytes: number;
}

/** A queue that is read by an index and cut off now and then: no array is shifted for each packet. */
class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  drop(): void {
    this.#head += 1;
    if (this.#head < 1024 && this.#head < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}

export class Pacer<Token> {
  readonly #limits: PacerLimits;
  readonly #audio = new Fifo<PacedPacket<Token>>();
  readonly #retransmissions = new Fifo<PacedPacket<Token>>();
  readonly #video = new Fifo<PacedPacket<Token>>();
  #queuedBytes = 0;
  #creditBytes = 0;
  #creditUs: number | null = null;
  #rates: PacerRates = { pacingBps: 0, targetBps: 0, windowBytes: 0 };

  constructor(limits: PacerLimits = DEFAULT_PACER_LIMITS) {
    this.#limits = limits;
  }

  /** All priorities together. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** How long what is queued needs at the target. */
  get queueMs(): number {
    return this.#queuedBytes === 0 ? 0 : (this.#queuedBytes * 8000) / Math.max(1, this.#rates.targetBps);
  }

  /** Rates from `nowUs` on. What was earned until then was earned at the old ones. */
  setRates(rates: PacerRates, nowUs: number): void {
    this.#earn(nowUs);
    this.#rates = rates;
  }

  /**
   * @param packets of one frame, or one packet; all or none of them are taken
   * @returns false where the queue has no room: the encoder is ahead of the network by more than is of use
   */
  enqueue(priority: PacketPriority, packets: readonly PacedPacket<Token>[]): boolean {
    const bytes = packets.reduce((sum, packet) => sum + packet.bytes, 0);
    const { maxQueueMs, minQueueBytes } = this.#limits;
    const limitBytes = Math.max(minQueueBytes, (this.#rates.targetBps * maxQueueMs) / 8000);
    // Whatever is alone in the queue is taken: else a frame above the limit could never leave.
    if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > limitBytes) return false;
    const queue = this.#queueOf(priority);
    for (const packet of packets) queue.push(packet);
    this.#queuedBytes += bytes;
    return true;
  }

  /**
   * @param padding makes what fills the rate where nothing is queued; undefined: it stays unfilled
   * @returns what is to be sent now, in order
   */
  take(nowUs: number, padding?: () => PacedPacket<Token>): PacedPacket<Token>[] {
    this.#earn(nowUs);
    const taken: PacedPacket<Token>[] = [];
    let windowBytes = this.#rates.windowBytes;
    const send = (packet: PacedPacket<Token>): void => {
      taken.push(packet);
      this.#creditBytes -= packet.bytes;
      windowBytes -= packet.bytes;
    };
    for (let packet = this.#audio.first; packet !== undefined; packet = this.#audio.first) {
      this.#audio.drop();
      this.#queuedBytes -= packet.bytes;
      send(packet);
    }
    while (this.#creditBytes > 0 && windowBytes > 0) {
      const queue = this.#retransmissions.first === undefined ? this.#video : this.#retransmissions;
      const packet = queue.first;
      if (packet !== undefined) {
        queue.drop();
        this.#queuedBytes -= packet.bytes;
        send(packet);
      } else if (padding !== undefined) send(padding());
      else break;
    }
    this.#rates = { ...this.#rates, windowBytes };
    return taken;
  }

  /**
   * When `take` should next be called where rates stay as they are; Infinity: not before they change or something is queued.
   * @param fills whether padding is to be sent where nothing is queued
   */
  nextUs(fills = false): number {
    const { pacingBps, windowBytes } = this.#rates;
    if (this.#audio.first !== undefined) return this.#creditUs ?? 0;
    const waits = this.#video.first !== undefined || this.#retransmissions.first !== undefined || fills;
    if (!waits || pacingBps <= 0 || windowBytes <= 0) return Infinity;
    const missingBytes = Math.max(0, -this.#creditBytes);
    return (this.#creditUs ?? 0) + Math.floor((missingBytes * 8e6) / pacingBps) + 1;
  }

  /** Nothing that was queued is of use any more, as after a long outage. */
  clear(): void {
    for (const queue of [this.#audio, this.#retransmissions, this.#video]) queue.clear();
    this.#queuedBytes = 0;
  }

  #queueOf(priority: PacketPriority): Fifo<PacedPacket<Token>> {
    switch (priority) {
      case 'audio':
        return this.#audio;
      case 'retransmission':
        return this.#retransmissions;
      case 'video':
        return this.#video;
    }
  }

  #earn(nowUs: number): void {
    const sinceUs = Math.max(0, nowUs - (this.#creditUs ?? nowUs));
    this.#creditUs = Math.max(nowUs, this.#creditUs ?? nowUs);
    const { pacingBps } = this.#rates;
    const burstBytes = Math.max(1, (pacingBps * this.#limits.burstMs) / 8000);
    this.#creditBytes = Math.min(burstBytes, this.#creditBytes + (pacingBps * sinceUs) / 8e6);
  }
}
