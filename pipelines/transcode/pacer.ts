/**
 * Spreads very large frames a little, so that neither our socket's buffer nor the receiver's overruns on loopback. Pure.
 *
 * An ordinary frame leaves at once. With default kernel buffers (208 KiB, in which a 1200-byte datagram takes up about
 * 2.3 KiB) a receiver that is busy for a moment holds some 90 packets: hence the burst.
 */
const BURST_PACKETS = 64;
const PACKETS_PER_MS = 32;
/** No encoder within its rate limits comes near; beyond it whole frames are refused. */
const MAX_QUEUED_PACKETS = 4096;

interface QueuedFrame<Token> {
  readonly datagrams: readonly Uint8Array[];
  readonly token: Token;
  sent: number;
}

export interface PacedPackets<Token> {
  readonly datagrams: readonly Uint8Array[];
  /** The frames whose last packet is among them. */
  readonly finished: readonly Token[];
}

/** `Token` is handed back when a frame's last packet leaves. */
export class Pacer<Token> {
  #queue: QueuedFrame<Token>[] = [];
  #queuedPackets = 0;
  #credit = BURST_PACKETS;
  #creditAtMs = 0;

  /** @returns false where the queue is full: the frame is not taken. */
  enqueue(datagrams: readonly Uint8Array[], token: Token): boolean {
    if (this.#queuedPackets + datagrams.length > MAX_QUEUED_PACKETS) return false;
    this.#queue.push({ datagrams, token, sent: 0 });
    this.#queuedPackets += datagrams.length;
    return true;
  }

  /** @returns what is to be sent now. */
  take(nowMs: number): PacedPackets<Token> {
    this.#credit = Math.min(
      BURST_PACKETS,
      this.#credit + Math.max(0, nowMs - this.#creditAtMs) * PACKETS_PER_MS,
    );
    this.#creditAtMs = nowMs;
    const datagrams: Uint8Array[] = [];
    const finished: Token[] = [];
    for (let frame = this.#queue[0]; frame !== undefined && this.#credit >= 1; frame = this.#queue[0]) {
      const count = Math.min(Math.floor(this.#credit), frame.datagrams.length - frame.sent);
      datagrams.push(...frame.datagrams.slice(frame.sent, frame.sent + count));
      frame.sent += count;
      this.#credit -= count;
      if (frame.sent < frame.datagrams.length) break;
      finished.push(frame.token);
      this.#queue.shift();
    }
    this.#queuedPackets -= datagrams.length;
    return { datagrams, finished };
  }

  /** Infinity while the queue is empty. */
  get nextDeadlineMs(): number {
    return this.#queue.length === 0 ? Infinity : this.#creditAtMs + 1;
  }
}
