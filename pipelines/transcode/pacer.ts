/**
 * Spreads what would leave in a burst. Pure, with the clock as an argument. Two reasons, two bounds:
 * - Very large frames, so that neither our socket's buffer nor the receiver's overruns on loopback. With default kernel buffers
 *   (208 KiB, in which a 1200-byte datagram takes up about 2.3 KiB) a receiver that is busy for a moment holds some 90 packets.
 * - Key frames of an output whose watchers have narrow ways: mediasoup passes on what comes at once, and a narrow way loses the
 *   end of a burst, or delays sound behind it. Such an output gets a rate (after the leaky bucket of draft-ietf-rmcat-gcc-02,
 *   section 4: 2.5 times the target), and a burst of {@link BURST_MS} of it, in which ordinary frames leave at once.
 *
 * What will surprise you: frames of one output leave in order and whole; outputs do not wait for each other's rates.
 */
const BURST_PACKETS = 64;
const PACKETS_PER_MS = 32;
/** No encoder within its rate limits comes near; beyond it whole frames are refused. */
const MAX_QUEUED_PACKETS = 4096;
/** Of an output's pacing rate. At 2.5 times the target this is a tenth of a second's worth of picture. */
const BURST_MS = 40;

interface QueuedFrame<Token> {
  readonly datagrams: readonly Uint8Array[];
  readonly token: Token;
  sent: number;
}

interface Lane<Token> {
  readonly frames: QueuedFrame<Token>[];
  /** Bytes a millisecond; null: no bound of its own. */
  bytesPerMs: number | null;
  creditBytes: number;
}

export interface PacedPackets<Token> {
  readonly datagrams: readonly Uint8Array[];
  /** The frames whose last packet is among them. */
  readonly finished: readonly Token[];
}

/** `Token` is handed back when a frame's last packet leaves. */
export class Pacer<Token> {
  readonly #lanes = new Map<string, Lane<Token>>();
  #queuedPackets = 0;
  #credit = BURST_PACKETS;
  #creditAtMs = 0;

  /**
   * @param lane the output
   * @param paceBps what it may send at beyond a small burst; null: at once
   */
  setRate(lane: string, paceBps: number | null): void {
    const found = this.#lane(lane);
    const bytesPerMs = paceBps === null ? null : paceBps / 8000;
    if (found.bytesPerMs === null && bytesPerMs !== null) found.creditBytes = bytesPerMs * BURST_MS;
    found.bytesPerMs = bytesPerMs;
  }

  /** Forgets an output with what it still had to send. */
  remove(lane: string): void {
    for (const { datagrams, sent } of this.#lanes.get(lane)?.frames ?? []) {
      this.#queuedPackets -= datagrams.length - sent;
    }
    this.#lanes.delete(lane);
  }

  /** @returns false where the queue is full: the frame is not taken. */
  enqueue(lane: string, datagrams: readonly Uint8Array[], token: Token): boolean {
    if (this.#queuedPackets + datagrams.length > MAX_QUEUED_PACKETS) return false;
    this.#lane(lane).frames.push({ datagrams, token, sent: 0 });
    this.#queuedPackets += datagrams.length;
    return true;
  }

  /** @returns what is to be sent now. */
  take(nowMs: number): PacedPackets<Token> {
    const elapsedMs = Math.max(0, nowMs - this.#creditAtMs);
    this.#credit = Math.min(BURST_PACKETS, this.#credit + elapsedMs * PACKETS_PER_MS);
    this.#creditAtMs = nowMs;
    const datagrams: Uint8Array[] = [];
    const finished: Token[] = [];
    for (const lane of this.#lanes.values()) {
      if (lane.bytesPerMs !== null) {
        const most = lane.bytesPerMs * BURST_MS;
        lane.creditBytes = Math.min(most, lane.creditBytes + elapsedMs * lane.bytesPerMs);
      }
      this.#takeFrom(lane, datagrams, finished);
    }
    this.#queuedPackets -= datagrams.length;
    return { datagrams, finished };
  }

  /** Infinity while nothing waits. */
  get nextDeadlineMs(): number {
    let nextMs = Infinity;
    for (const { frames, bytesPerMs, creditBytes } of this.#lanes.values()) {
      if (frames.length === 0) continue;
      const owedMs = bytesPerMs === null || creditBytes > 0 ? 0 : -creditBytes / bytesPerMs;
      nextMs = Math.min(nextMs, this.#creditAtMs + Math.max(1, owedMs));
    }
    return nextMs;
  }

  /** A packet leaves while any credit is there, and is paid for afterwards: no packet is too large to leave. */
  #takeFrom(lane: Lane<Token>, datagrams: Uint8Array[], finished: Token[]): void {
    for (let frame = lane.frames[0]; frame !== undefined; frame = lane.frames[0]) {
      for (; frame.sent < frame.datagrams.length; frame.sent++) {
        const datagram = frame.datagrams[frame.sent];
        if (datagram === undefined || this.#credit < 1) return;
        if (lane.bytesPerMs !== null) {
          if (lane.creditBytes <= 0) return;
          lane.creditBytes -= datagram.length;
        }
        this.#credit -= 1;
        datagrams.push(datagram);
      }
      finished.push(frame.token);
      lane.frames.shift();
    }
  }

  #lane(name: string): Lane<Token> {
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = { frames: [], bytesPerMs: null, creditBytes: 0 };
      this.#lanes.set(name, lane);
    }
    return lane;
  }
}
