/** Figures of what is sent, over the time between two readings. Keeps the earlier sample of each stream. */
import type { types } from 'mediasoup-client';
import type { SourceName } from '../../signaling/messages/requests.ts';
import type { Clock } from './clock.ts';
import type { LiveProducer } from './producer-maker.ts';
import { type PathFigures, type Sample, type SentFigures, readPath, readSent } from './stats.ts';
import { readReport } from './stats-report.ts';

export interface SentStats extends SentFigures {
  readonly source: SourceName;
  readonly codec: string;
}

export class SentReader {
  readonly #clock: Clock;
  /** By the server's id of the producer. */
  #samples = new Map<string, Sample>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One report for all streams of the transport. */
  async read(
    transport: types.Transport,
    streams: readonly (readonly [SourceName, LiveProducer])[],
  ): Promise<{ sent: SentStats[]; path: PathFigures | null }> {
    const entries = readReport(await transport.getStats());
    const nowMs = this.#clock.nowMs();
    const samples = new Map<string, Sample>();
    const sent = streams.flatMap(([source, { producer, producerId, codec }]) => {
      const { mid } = producer.rtpParameters;
      if (mid === undefined) return [];
      const reading = readSent(entries, mid, nowMs, this.#samples.get(producerId));
      if (reading === null) return [];
      samples.set(producerId, reading.sample);
      return [{ source, codec, ...reading.figures }];
    });
    // Streams that are gone take their samples with them.
    this.#samples = samples;
    return { sent, path: readPath(entries) };
  }
}
