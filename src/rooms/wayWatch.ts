/** Looks twice a second at each way that is a limit, and remembers what it was seen to take, and what it suffers. Other ways cost nothing. */
import { WayProof, type WaySample } from '../bandwidth/proof.ts';
import { StormRelief } from '../bandwidth/storm.ts';
import type { WayEstimate } from '../bandwidth/types.ts';
import type { Logger } from '../observe/logger.ts';
import type { ParticipantId } from '../plan/types.ts';
import type { Clock } from '../time/clock.ts';

export interface WayWatchOptions {
  readonly members: ReadonlyMap<ParticipantId, { readonly participant: { readonly way: WayEstimate } }>;
  /** Looks at somebody's way now; null: there is nothing to see. */
  readonly measure: (id: ParticipantId) => Promise<WaySample | null>;
  /** From now on no picture shall go somebody's way, for a moment. */
  readonly onRelief: (id: ParticipantId) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is seen of somebody's way while it is a limit. */
interface Watched {
  readonly proof: WayProof;
  readonly relief: StormRelief;
  measuring: boolean;
  measuredAtMs: number;
}

const MEASURE_INTERVAL_MS = 500;

export class WayWatch {
  readonly #options: WayWatchOptions;
  readonly #watched = new Map<ParticipantId, Watched>();

  constructor(options: WayWatchOptions) {
    this.#options = options;
  }

  /** To be called twice a second: measures what is due, and forgets ways that are no limit any more. */
  look(nowMs: number): void {
    const { members } = this.#options;
    for (const id of this.#watched.keys()) {
      if (members.get(id)?.participant.way.isLimit !== true) this.#watched.delete(id);
    }
    for (const [id, { participant }] of members) {
      if (!participant.way.isLimit) continue;
      const watched = this.#watched.get(id) ?? {
        proof: new WayProof(),
        relief: new StormRelief(),
        measuring: false,
        measuredAtMs: -Infinity,
      };
      this.#watched.set(id, watched);
      if (!watched.measuring && nowMs - watched.measuredAtMs >= MEASURE_INTERVAL_MS) {
        this.#measure(nowMs, id, watched);
      }
    }
  }

  /** What somebody's way was seen to take, sound included, bits per second; null: nothing was seen of late. */
  provenBps(nowMs: number, id: ParticipantId): number | null {
    return this.#watched.get(id)?.proof.provenBps(nowMs) ?? null;
  }

  /** Whether no picture shall go that way just now, because most of what goes there goes for the second time. */
  isRelieved(nowMs: number, id: ParticipantId): boolean {
    return this.#watched.get(id)?.relief.active(nowMs) === true;
  }

  close(): void {
    this.#watched.clear();
  }

  #measure(nowMs: number, id: ParticipantId, watched: Watched): void {
    const { measure, onRelief, clock, logger } = this.#options;
    watched.measuring = true;
    watched.measuredAtMs = nowMs;
    measure(id)
      .then((sample) => {
        if (sample === null) return;
        watched.proof.look(clock.nowMs(), sample);
        const before = watched.relief.active(clock.nowMs());
        watched.relief.look(clock.nowMs(), sample);
        if (!before && watched.relief.active(clock.nowMs()) && this.#watched.get(id) === watched) {
          logger.info(
            { participantId: id, ...sample },
            'most of what is sent is sent again: pictures wait for a moment',
          );
          onRelief(id);
        }
      })
      .catch((error: unknown) =>
        logger.warn({ participantId: id, error: String(error) }, 'a way was not measured'),
      )
      .finally(() => {
        watched.measuring = false;
      });
  }
}
