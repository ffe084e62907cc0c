/**
 * The pictures of one participant that come and do not appear: one ladder for each source, and what its steps change. Whoever holds this
 * asks for key frames, and for another look at the room.
 */
import type { SourceId } from '../plan/types.ts';
import type { Logger } from '../observe/logger.ts';
import { codecName } from '../sfu/routerCodecs.ts';
import type { Clock } from '../time/clock.ts';
import type { DeliveredStream } from './deliveredStream.ts';
import { type Participant, type Source, receivableCodecs } from './participant.ts';
import { type StallEvidence, StallLadder, type StallStep, stallGrounds } from './stallLadder.ts';

export interface StallsOptions {
  readonly participant: Participant;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Climb {
  readonly ladder: StallLadder;
  /** How often each step was taken. */
  readonly steps: Map<StallStep, number>;
}

export interface StallReading {
  readonly source: SourceId;
  readonly step: StallStep;
  readonly count: number;
}

export class Stalls {
  readonly #options: StallsOptions;
  readonly #climbs = new Map<SourceId, Climb>();

  constructor(options: StallsOptions) {
    this.#options = options;
  }

  /**
   * The device decodes nothing of this stream.
   * @returns what is done about it, and the words; null: nothing now
   */
  complain(
    { id }: Source,
    stream: DeliveredStream,
    evidence: StallEvidence,
  ): ({ readonly step: StallStep } & ReturnType<typeof stallGrounds>) | null {
    const { participant, clock, logger } = this.#options;
    const codec = codecName(stream.consumer.rtpParameters.codecs[0]?.mimeType ?? '');
    if (codec === null || stream.consumer.kind === 'audio') return null;
    const climb = this.#climbs.get(id) ?? { ladder: new StallLadder(), steps: new Map<StallStep, number>() };
    this.#climbs.set(id, climb);
    const { codecs, small } = participant.unshown.get(id) ?? { codecs: [], small: false };
    const step = climb.ladder.stalled(clock.nowMs(), evidence, {
      canLower: stream.canLower,
      hasOtherCodec: receivableCodecs(participant).some(
        (one) => one !== 'opus' && one !== codec && !codecs.includes(one),
      ),
      canShrink: stream.delivery.via === 'transcode' && !small,
    });
    if (step === null) return null;
    climb.steps.set(step, (climb.steps.get(step) ?? 0) + 1);
    if (step === 'lower-layer') stream.lower();
    if (step === 'smaller') participant.unshown.set(id, { codecs, small: true });
    if (step === 'other-codec' || step === 'given-up') {
      participant.unshown.set(id, { codecs: [...codecs, codec], small });
    }
    const grounds = stallGrounds(step, codec);
    logger.warn({ participantId: participant.id, sourceId: id, step, ...evidence }, grounds.reason);
    return { step, ...grounds };
  }

  /** For the metrics. */
  get readings(): readonly StallReading[] {
    return [...this.#climbs].flatMap(([source, { steps }]) =>
      [...steps].map(([step, count]) => ({ source, step, count })),
    );
  }

  /** The source is gone: another one under its name is tried anew. */
  forget(source: SourceId): void {
    this.#climbs.delete(source);
    this.#options.participant.unshown.delete(source);
  }
}
