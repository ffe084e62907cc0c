/**
 * At which rate each encode of a room runs that several people watch: transcodes are told, and publishers with one layer are asked.
 *
 * What will surprise you: a publisher is asked only when the rate differs by so much that he would notice, or when he may have all
 * of it back. One that does not listen costs nobody but himself.
 */
import type { Bps } from '../../codecs/types.ts';
import { type EncodeRate, RisingTarget, paceBps, sharedTargetBps } from '../bandwidth/encodeTarget.ts';
import type { Logger } from '../observe/logger.ts';
import type { EncodeReading } from '../observe/metrics.ts';
import type { ParticipantId, SourceId } from '../plan/types.ts';
import type { Participant, Source } from './participant.ts';
import type { Transcoders } from './transcoders.ts';

export interface EncodeRatesOptions {
  readonly members: ReadonlyMap<ParticipantId, { readonly participant: Pick<Participant, 'notify'> }>;
  readonly transcoders: Pick<Transcoders, 'setRate'>;
  readonly logger: Logger;
}

/** What a room's transcodes give just now, by the producer that carries it. */
export type Outputs = ReadonlyMap<string, Transcoders['outputs'][number]>;

export function outputsOf(transcoders: Pick<Transcoders, 'outputs'>): Outputs {
  return new Map(transcoders.outputs.map((output) => [output.outputProducerId, output]));
}

/** An encode, and what those who watch it can take. */
export interface WatchedEncode {
  readonly source: Source;
  /** The most that it can use. */
  readonly ceilingBps: Bps;
  /** Of each watcher, bits per second; null: his way sets no limit. */
  readonly shares: (number | null)[];
}

interface Encode {
  readonly sourceId: SourceId;
  readonly target: RisingTarget;
  /** Of a publisher: what he was asked for last; null: nothing yet. */
  askedBps: number | null;
}

/** A rate that differs by less is the same, to publishers and to people. */
const NOTICED = 0.12;

export class EncodeRates {
  readonly #options: EncodeRatesOptions;
  /** By producer. */
  readonly #encodes = new Map<string, Encode>();

  constructor(options: EncodeRatesOptions) {
    this.#options = options;
  }

  /**
   * @param watched every encode that somebody watches and that can follow a rate, by producer; others are forgotten
   * @returns the target of each, by producer
   */
  follow(
    nowMs: number,
    watched: ReadonlyMap<string, WatchedEncode>,
    outputs: Outputs,
  ): ReadonlyMap<string, Bps> {
    for (const id of this.#encodes.keys()) if (!watched.has(id)) this.#encodes.delete(id);
    const targets = new Map<string, Bps>();
    for (const [producerId, one] of watched) {
      const { source, ceilingBps, shares } = one;
      const encode = this.#encodes.get(producerId) ?? {
        sourceId: source.id,
        target: new RisingTarget(),
        askedBps: null,
      };
      this.#encodes.set(producerId, encode);
      const target = encode.target.next(nowMs, sharedTargetBps(shares, ceilingBps));
      targets.set(producerId, target);
      const output = outputs.get(producerId);
      if (output === undefined) {
        this.#ask(producerId, one, encode, target);
        continue;
      }
      const isNarrow = shares.some((share) => share !== null);
      const rate: EncodeRate = { targetBps: target, paceBps: isNarrow ? paceBps(target) : null };
      const { codec, size } = output;
      this.#options.transcoders.setRate(output.producerId, { codec, size }, rate);
    }
    return targets;
  }

  /** Every encode whose rate is followed, for the metrics. */
  readings(outputs: Outputs): readonly Omit<EncodeReading, 'call'>[] {
    return [...this.#encodes].map(([producerId, { sourceId, target }]) => {
      const output = outputs.get(producerId);
      const targetBps = target.bps ?? 0;
      return output === undefined
        ? { source: sourceId, by: 'publisher', codec: '', size: 'whole', targetBps }
        : { source: sourceId, by: 'transcode', codec: output.codec, size: output.size, targetBps };
    });
  }

  close(): void {
    this.#encodes.clear();
  }

  #ask(producerId: string, { source, ceilingBps }: WatchedEncode, encode: Encode, target: Bps): void {
    const { members, logger } = this.#options;
    const before = encode.askedBps ?? ceilingBps;
    const isBack = target === ceilingBps && before !== ceilingBps;
    if (!isBack && !differs(target, before)) return;
    encode.askedBps = target;
    logger.debug({ sourceId: source.id, producerId, maxBps: target }, 'rate asked for');
    members
      .get(source.owner)
      ?.participant.notify('CALL_OFFER', { op: 'rate', producer_id: producerId, max_bps: target });
  }
}

/** Whether one rate is noticeably another than the other. */
export function differs(a: number, b: number): boolean {
  return Math.abs(a - b) > NOTICED * Math.max(a, b, 1);
}
