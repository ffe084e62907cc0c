/** Figures of what is received, over the time between two readings. Keeps the earlier sample of each stream. */
import type { types } from 'mediasoup-client';
import { codecName } from './capabilities.ts';
import type { Clock } from './clock.ts';
import type { RemoteStream } from './remote-stream.ts';
import {
  type PathFigures,
  type ReceivedLayer,
  type Sample,
  type StreamFigures,
  layerOf,
  readPath,
  readReceived,
} from './stats.ts';
import { readReport } from './stats-report.ts';

export interface ReceivedStats extends StreamFigures {
  readonly stream: RemoteStream;
  readonly codec: string;
  /** Null for sound. */
  readonly layer: ReceivedLayer | null;
}

interface Earlier {
  readonly sample: Sample;
  /** Every height of the picture so far. */
  readonly heights: ReadonlySet<number>;
}

/** No stream has more layers of its own; encoders that adapt make more heights, which tell nothing then. */
const MAX_HEIGHTS = 8;

export class ReceivedReader {
  readonly #clock: Clock;
  /** By consumer id. */
  #earlier = new Map<string, Earlier>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One report for all streams of the transport. */
  async read(
    transport: types.Transport,
    streams: readonly (readonly [RemoteStream, types.Consumer])[],
  ): Promise<{ received: ReceivedStats[]; path: PathFigures | null }> {
    const entries = readReport(await transport.getStats());
    const nowMs = this.#clock.nowMs();
    const next = new Map<string, Earlier>();
    const received = streams.flatMap(([stream, consumer]) => {
      const encoding = consumer.rtpParameters.encodings?.[0];
      if (encoding?.ssrc === undefined || consumer.closed) return [];
      const earlier = this.#earlier.get(consumer.id);
      const reading = readReceived(entries, encoding.ssrc, nowMs, earlier?.sample);
      if (reading === null) return [];
      const { figures, sample } = reading;
      const heights = new Set(earlier?.heights);
      if (figures.height !== null && heights.size < MAX_HEIGHTS) heights.add(figures.height);
      next.set(consumer.id, { sample, heights });
      const layer =
        consumer.kind === 'audio'
          ? null
          : layerOf(figures.height, heights, layerCount(encoding.scalabilityMode));
      return [{ stream, codec: codecName(consumer.rtpParameters), layer, ...figures }];
    });
    // Streams that are gone take their samples with them.
    this.#earlier = next;
    return { received, path: readPath(entries) };
  }
}

/** `L3T3` → 3: how many layers the server can choose from (W3C webrtc-svc, scalability modes). */
function layerCount(mode: string | undefined): number {
  return Number(/^[LS](\d)T\d/.exec(mode ?? '')?.[1] ?? 1);
}
