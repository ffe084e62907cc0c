/**
 * The server's figures in the Prometheus text format: who is in calls, what their ways take, how that is shared and what is encoded.
 *
 * What will surprise you: figures are read when they are asked for, nothing is counted between. Series of a call end with it, so a
 * scraper sees people and streams that are there now and no others.
 */
import { Gauge, Registry } from 'prom-client';

/** One participant's way, and how it is shared. */
export interface WayReading {
  readonly call: string;
  readonly participant: string;
  /** mediasoup's estimate, bits per second; null: none yet. */
  readonly availableBps: number | null;
  readonly isLimit: boolean;
  /** What was seen to arrive, while the way is a limit; null: nothing. */
  readonly provenBps: number | null;
  readonly shares: readonly ShareReading[];
}

export interface ShareReading {
  readonly source: string;
  /** Bits per second; null: as much as it needs. */
  readonly bps: number | null;
  readonly held: boolean;
  /** The code of the reason (docs/protocol/reasons.md). */
  readonly why: string;
}

/** An encode whose rate is followed: a transcode, or a publisher with one layer. */
export interface EncodeReading {
  readonly call: string;
  readonly source: string;
  /** `transcode` or `publisher`. */
  readonly by: string;
  readonly codec: string;
  readonly size: string;
  readonly targetBps: number;
}

/** What was done for a picture that came to a participant and did not appear. */
export interface StallReading {
  readonly call: string;
  readonly participant: string;
  readonly source: string;
  /** As in the codes `stalled-…` (docs/protocol/reasons.md). */
  readonly step: string;
  readonly count: number;
}

export interface Readings {
  readonly rooms: number;
  readonly participants: number;
  readonly ways: readonly WayReading[];
  readonly encodes: readonly EncodeReading[];
  readonly stalls: readonly StallReading[];
}

const WAY = ['call', 'participant'] as const;
const SHARE = [...WAY, 'source', 'why'] as const;
const STALL = [...WAY, 'source', 'step'] as const;
const ENCODE = ['call', 'source', 'by', 'codec', 'size'] as const;

export class Metrics {
  readonly #registry = new Registry();
  readonly #read: () => Readings;
  readonly #rooms = this.#gauge('commucat_rooms', 'Calls that go on');
  readonly #participants = this.#gauge('commucat_participants', 'People in calls');
  readonly #available = this.#gauge(
    'commucat_way_available_bps',
    'Estimate of the way to a participant',
    WAY,
  );
  readonly #limits = this.#gauge('commucat_way_is_limit', '1 where the estimate limits what is sent', WAY);
  readonly #proven = this.#gauge('commucat_way_proven_bps', 'What was seen to arrive on a limited way', WAY);
  readonly #shares = this.#gauge('commucat_share_bps', 'What a picture gets of a limited way', SHARE);
  readonly #held = this.#gauge('commucat_share_held', '1 where a picture is held back', SHARE);
  readonly #targets = this.#gauge('commucat_encode_target_bps', 'Rate that an encode is asked for', ENCODE);

  readonly #stalls = this.#gauge(
    'commucat_stall_steps',
    'Steps taken for a picture that came and did not appear, since the participant joined',
    STALL,
  );

  constructor(read: () => Readings) {
    this.#read = read;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  render(): Promise<string> {
    this.#registry.resetMetrics();
    const { rooms, participants, ways, encodes, stalls } = this.#read();
    this.#rooms.set(rooms);
    this.#participants.set(participants);
    for (const { call, participant, availableBps, isLimit, provenBps, shares } of ways) {
      const way = { call, participant };
      if (availableBps !== null) this.#available.set(way, availableBps);
      this.#limits.set(way, isLimit ? 1 : 0);
      if (provenBps !== null) this.#proven.set(way, provenBps);
      for (const { source, bps, held, why } of shares) {
        if (bps !== null) this.#shares.set({ ...way, source, why }, bps);
        this.#held.set({ ...way, source, why }, held ? 1 : 0);
      }
    }
    for (const { count, ...stall } of stalls) this.#stalls.set({ ...stall }, count);
    for (const { targetBps, ...encode } of encodes) this.#targets.set({ ...encode }, targetBps);
    return this.#registry.metrics();
  }

  #gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }
}
